"""Coupons: those to claim, a shopper's own, and the goods that one is for."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import MAX_ID, CurrentUser, Db, DeliveryRules, Number, page_before
from app.models.base import utcnow
from app.services.coupon_claims import claim
from app.services.coupon_goods import get_coupon_goods
from app.services.coupon_pages import Tab, count_tabs, list_mine, list_offers
from app.templating import is_fragment_request, render

router = APIRouter()

CENTRE = "/axf/coupons/"
After = Annotated[int | None, Query(ge=1, le=MAX_ID)]


@router.get(CENTRE)
async def show_centre(request: Request, db: Db, user: CurrentUser) -> Response:
    now = utcnow()
    offers = await db.read(list_offers, user.id, now)
    counts = await db.read(count_tabs, user.id, now)
    return render(request, "coupons/index.html", offers=offers, counts=counts, shown="centre")


@router.get("/axf/coupons/mine/")
async def show_mine(
    request: Request, db: Db, user: CurrentUser, tab: Tab = "ready", after: After = None
) -> Response:
    now = utcnow()
    page = await db.read(list_mine, user.id, tab, now=now, after=after)
    counts = await db.read(count_tabs, user.id, now)
    return render(
        request, "coupons/mine.html", page=page, counts=counts, shown=tab, after=after, now=now
    )


@router.post("/axf/coupons/{template_id}/claim/")
async def claim_coupon(
    request: Request, db: Db, user: CurrentUser, template_id: Number
) -> Response:
    await db.write(claim, user.id, template_id, utcnow())
    if not is_fragment_request(request):
        return RedirectResponse(f"{page_before(request) or CENTRE}#coupon-{template_id}", 303)
    now = utcnow()
    offers = await db.read(list_offers, user.id, now, template_id=template_id)
    counts = await db.read(count_tabs, user.id, now)
    return render(request, "coupons/claimed.htmx.html", offers=offers, counts=counts)


@router.get("/axf/coupons/{template_id}/goods/")
async def show_goods(
    request: Request, db: Db, user: CurrentUser, delivery: DeliveryRules, template_id: Number
) -> Response:
    """htmx asks for the way to go only, each time when the cart has changed."""
    page = await db.read(get_coupon_goods, user.id, template_id, delivery, now=utcnow())
    return render(request, "coupons/goods.html", block="gap", page=page)
