"""Favourites, what was looked at lately, and being told when something is back."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import CurrentUser, Db, Number
from app.models.base import utcnow
from app.services import favourites, recent_views, stock_waits
from app.services.cart import get_cart
from app.services.interests import get_interest
from app.templating import is_fragment_request, render

router = APIRouter(prefix="/axf")


@router.get("/favourites/")
async def show_favourites(request: Request, db: Db, user: CurrentUser, after: str = "") -> Response:
    shown = await db.read(favourites.list_favourites, user.id, after)
    cart = await db.read(get_cart, user.id)
    is_more = bool(after) and is_fragment_request(request)
    page = "market/more.htmx.html" if is_more else "favourites/index.html"
    return render(request, page, shown=shown, cart=cart, is_next=bool(after))


@router.post("/favourites/{goods_id}/")
async def add_favourite(request: Request, db: Db, user: CurrentUser, goods_id: Number) -> Response:
    await db.write_keyed(favourites.add_favourite, user.id, goods_id, now=utcnow())
    return await _show_heart(request, db, user.id, goods_id)


@router.post("/favourites/{goods_id}/remove/")
async def remove_favourite(
    request: Request, db: Db, user: CurrentUser, goods_id: Number
) -> Response:
    await db.write_keyed(favourites.remove_favourite, user.id, goods_id)
    return await _show_heart(request, db, user.id, goods_id)


async def _show_heart(request: Request, db: Db, user_id: int, goods_id: int) -> Response:
    """The button as it is now, or the way back to the good."""
    if not is_fragment_request(request):
        return RedirectResponse(f"/axf/goods/{goods_id}/", 303)
    interest = await db.read(get_interest, user_id, goods_id)
    return render(request, "goods/heart.htmx.html", goods_id=goods_id, interest=interest)


@router.get("/recent/")
async def show_views(request: Request, db: Db, user: CurrentUser) -> Response:
    cards = await db.read(recent_views.list_views, user.id)
    cart = await db.read(get_cart, user.id)
    return render(request, "favourites/recent.html", cards=cards, cart=cart)


@router.post("/recent/clear/")
async def clear_views(db: Db, user: CurrentUser) -> Response:
    await db.write_keyed(recent_views.clear_views, user.id)
    return RedirectResponse("/axf/recent/", 303)


@router.post("/goods/{goods_id}/seen/")
async def note_view(db: Db, user: CurrentUser, goods_id: Number) -> Response:
    """What the page of a good says when it is shown, as a GET changes nothing."""
    await db.write_keyed(recent_views.note_view, user.id, goods_id, now=utcnow())
    return Response(status_code=204)


@router.post("/goods/{goods_id}/wait/")
async def wait_for_goods(request: Request, db: Db, user: CurrentUser, goods_id: Number) -> Response:
    await db.write_keyed(stock_waits.wait_for_goods, user.id, goods_id, now=utcnow())
    return await _show_wait(request, db, user.id, goods_id)


@router.post("/goods/{goods_id}/unwait/")
async def stop_waiting(request: Request, db: Db, user: CurrentUser, goods_id: Number) -> Response:
    await db.write_keyed(stock_waits.stop_waiting, user.id, goods_id)
    return await _show_wait(request, db, user.id, goods_id)


async def _show_wait(request: Request, db: Db, user_id: int, goods_id: int) -> Response:
    if not is_fragment_request(request):
        return RedirectResponse(f"/axf/goods/{goods_id}/", 303)
    interest = await db.read(get_interest, user_id, goods_id)
    return render(request, "goods/wait.htmx.html", goods_id=goods_id, interest=interest)
