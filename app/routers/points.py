"""A shopper's points: what there is, what changed, and a few more for coming by each day."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import MAX_ID, CurrentUser, Db
from app.models.base import utcnow
from app.services.points import check_ins, ledger
from app.templating import render

router = APIRouter()

PAGE = "/axf/points/"
Before = Annotated[int | None, Query(ge=1, le=MAX_ID)]


@router.get(PAGE)
async def show_points(
    request: Request, db: Db, user: CurrentUser, before: Before = None
) -> Response:
    """The ledger; `before` is the entry with which the next page begins."""
    page = await db.read(ledger.get_page, user.id, before=before, now=utcnow())
    return render(request, "points/index.html", page=page, before=before)


@router.post("/axf/points/check-in/")
async def check_in(db: Db, user: CurrentUser) -> Response:
    await db.write_keyed(check_ins.check_in, user.id, utcnow())
    return RedirectResponse(f"{PAGE}#check-in", 303)
