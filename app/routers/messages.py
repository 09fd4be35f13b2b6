"""The message box."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import MAX_ID, CurrentUser, Db, Number
from app.models.base import utcnow
from app.security import safe_next
from app.services import message_box
from app.templating import render

router = APIRouter(prefix="/axf/messages")

BOX = "/axf/messages/"
Before = Annotated[int | None, Query(ge=1, le=MAX_ID)]
Newest = Annotated[int, Query(ge=0, le=MAX_ID)]


@router.get("/")
async def show_messages(
    request: Request, db: Db, user: CurrentUser, before: Before = None
) -> Response:
    """To look is not to read: only the buttons mark anything."""
    box = await db.read(message_box.list_messages, user.id, before=before)
    return render(request, "messages/index.html", box=box, before=before)


@router.post("/read/")
async def read_all(db: Db, user: CurrentUser, newest: Newest) -> Response:
    """All up to the newest that the page showed."""
    await db.write_keyed(message_box.read_all, user.id, newest_id=newest, now=utcnow())
    return RedirectResponse(BOX, 303)


@router.post("/{message_id}/open/")
async def open_message(db: Db, user: CurrentUser, message_id: Number) -> Response:
    link = await db.write_keyed(message_box.open_message, user.id, message_id, now=utcnow())
    return RedirectResponse(safe_next(link, default=BOX), 303)
