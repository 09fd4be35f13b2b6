"""The page of the membership."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.deps import MAX_ID, CurrentUser, Db, ShopDelivery
from app.models.base import utcnow
from app.services.vip import delivery_for
from app.services.vip_pages import get_vip_page
from app.templating import render

router = APIRouter()

Before = Annotated[int | None, Query(ge=1, le=MAX_ID)]


@router.get("/axf/vip/")
async def show_vip(
    request: Request, db: Db, user: CurrentUser, shop: ShopDelivery, before: Before = None
) -> HTMLResponse:
    page = await db.read(get_vip_page, user.id, before=before, now=utcnow())
    lines = [delivery_for(level.number, shop) for level in page.levels]
    return render(
        request,
        "vip/show.html",
        page=page,
        vip=page.standing,
        lines=lines,
        before=before,
    )
