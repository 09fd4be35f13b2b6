"""A shopper's own data to take along: a page to read, and a file for programs."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from app.deps import CurrentUser, Db
from app.errors import N_, Message, Words
from app.i18n import gettext, say_message, words, yuan
from app.models.base import utcnow
from app.services.my_data import SECTIONS, read_rows
from app.services.my_data.labels import LABELS, WORDED, WORDS
from app.templating import day_and_time, render, render_block

router = APIRouter(prefix="/axf/mine")

PAGE = "mine/data_file.html"
YES, NO, NOTHING = N_("Yes"), N_("No"), "—"


@router.get("/data/")
async def show_data(request: Request, _: CurrentUser) -> HTMLResponse:
    return render(request, "mine/data.html")


@router.get("/data.json")
async def download_json(db: Db, user: CurrentUser) -> StreamingResponse:
    return _file(_as_json(db, user.id), "application/json", "json")


@router.get("/data.html")
async def download_page(db: Db, user: CurrentUser) -> StreamingResponse:
    return _file(_as_page(db, user.id), "text/html", "html")


def _file(content: AsyncIterator[str], kind: str, ending: str) -> StreamingResponse:
    """To be saved, not opened within the shop, and kept by nobody on the way."""
    name = f"axf-{utcnow():%Y-%m-%d}.{ending}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(content, media_type=f"{kind}; charset=utf-8", headers=headers)


async def _as_json(db: Db, user_id: int) -> AsyncIterator[str]:
    """Sums are whole fen, times are UTC."""
    yield f'{{"shop": "axf", "made_at": "{utcnow().isoformat()}"'
    for section in SECTIONS:
        yield f',\n"{section.key}": ['
        comma = ""
        async for rows in read_rows(db, section, user_id):
            packed = (json.dumps(row, ensure_ascii=False, default=_plain) for row in rows)
            yield comma + ",\n".join(packed)
            comma = ",\n"
        yield "]"
    yield "}\n"


def _plain(value: object) -> Any:  # Any: JSON
    if isinstance(value, Words):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Message):
        return say_message(value)
    assert isinstance(value, date)  # noqa: S101 - the last of the kinds that a row can hold
    return value.isoformat()


async def _as_page(db: Db, user_id: int) -> AsyncIterator[str]:
    yield render_block(PAGE, "head", sections=SECTIONS, made_at=utcnow())
    for section in SECTIONS:
        yield render_block(PAGE, "title", section=section)
        is_empty = True
        async for rows in read_rows(db, section, user_id):
            yield render_block(
                PAGE, "rows", section=section, rows=rows, labels=LABELS, say_value=_say_value
            )
            is_empty = False
        if is_empty:
            yield render_block(PAGE, "nothing")
    yield render_block(PAGE, "tail")


def _say_value(name: str, value: object) -> str:
    """A value as people read it; sums and codes are known by the name of their field."""
    if value is None or value == "":
        said = NOTHING
    elif isinstance(value, bool):
        said = gettext(YES if value else NO)
    elif isinstance(value, int):
        said = f"¥{yuan(value)}" if name == "fen" or name.endswith("_fen") else str(value)
    elif isinstance(value, datetime):
        said = day_and_time(value)
    elif isinstance(value, Words):
        said = words(value.zh, value.en)
    elif isinstance(value, Message):
        said = say_message(value)
    elif name in WORDED:
        said = gettext(WORDS.get(str(value), str(value)))
    else:
        said = str(value)
    return said
