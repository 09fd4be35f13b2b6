"""The user centre."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.deps import Db, Visitor
from app.services import orders
from app.templating import render

router = APIRouter()


@router.get("/axf/mine/")
async def show_mine(request: Request, db: Db, visitor: Visitor) -> HTMLResponse:
    if visitor is None:
        return render(request, "mine/guest.html")
    counts = await db.read(orders.count_tabs, visitor.id)
    return render(request, "mine/show.html", counts=counts)
