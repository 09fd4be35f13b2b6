"""The market's pages."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.deps import Db, DeliveryRules, Number, Visitor, guard_storefront
from app.services import market
from app.services.cart import EMPTY_CART, get_cart, quote_of
from app.services.market import Sort
from app.templating import is_fragment_request, render

router = APIRouter(dependencies=[Depends(guard_storefront)])


@router.get("/axf/market/")
async def show_first_type(request: Request, db: Db, visitor: Visitor) -> Response:
    number = await db.read(market.find_first_type)
    if number is None:
        return render(request, "market/empty.html")
    return RedirectResponse(f"/axf/market/{number}/0/0/", 303)


@router.get("/axf/market/{type_number}/{child_number}/{sort}/")
async def show_goods(
    request: Request,
    db: Db,
    visitor: Visitor,
    delivery: DeliveryRules,
    *,
    type_number: Number,
    child_number: Number,
    sort: Sort,
    after: str = "",
) -> HTMLResponse:
    viewer = visitor.id if visitor else None
    shown = await db.read(market.get_market, type_number, child_number, sort, after, viewer=viewer)
    cart = await db.read(get_cart, visitor.id) if visitor else EMPTY_CART
    quote, is_next = quote_of(cart, delivery), bool(after)
    page = _template(request, is_next=is_next)
    return render(request, page, shown=shown, cart=cart, quote=quote, is_next=is_next)


def _template(request: Request, *, is_next: bool) -> str:
    """htmx puts the next page's goods below those it shows, and a chosen type in their place."""
    if not is_fragment_request(request):
        name = "market/goods.html"
    elif is_next:
        name = "market/more.htmx.html"
    else:
        name = "market/goods.htmx.html"
    return name
