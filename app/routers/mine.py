"""The user centre."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.deps import Db, Visitor
from app.models.base import utcnow
from app.services.centre import get_centre
from app.templating import render

router = APIRouter()


@router.get("/axf/mine/")
async def show_mine(request: Request, db: Db, visitor: Visitor) -> HTMLResponse:
    if visitor is None:
        return render(request, "mine/guest.html")
    centre = await db.read(get_centre, visitor.id, now=utcnow())
    return render(request, "mine/show.html", centre=centre, vip=centre.vip)
