"""A shopper's orders."""

import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from app.deps import MAX_ID, CurrentUser, Db, OrderNo
from app.forms import Filled60, ShopForm, read_form
from app.models.base import utcnow
from app.models.cart import MOST_OF_ONE
from app.services.order_queries import get_order, list_orders
from app.services.orders import cancel_order, confirm_received, count_tabs
from app.services.points.ledger import get_order_points
from app.services.refund_requests import ask_for_refund
from app.services.reorder import list_earlier, order_again
from app.services.shipment_queries import SHIPPED, list_shipments
from app.templating import is_fragment_request, render

router = APIRouter()

PAGE = "orders/show.html"
Tab = Literal["all", "unpaid", "to_send", "to_receive", "to_review", "refunds"]
Before = Annotated[str | None, Query(pattern=r"^[0-9A-Z]{16}$")]


class RefundForm(ShopForm):
    """`goods` is the good it is about; `key` makes a repeat harmless."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
    goods: Annotated[int, Field(ge=1, le=MAX_ID)]
    quantity: Annotated[int, Field(ge=1, le=MOST_OF_ONE)]
    reason: Filled60


@router.get("/axf/orders/")
async def show_orders(
    request: Request, db: Db, user: CurrentUser, tab: Tab = "all", before: Before = None
) -> Response:
    page = await db.read(list_orders, user.id, tab, before=before, now=utcnow())
    counts = await db.read(count_tabs, user.id)
    return render(request, "orders/index.html", page=page, counts=counts, shown=tab, before=before)


@router.get("/axf/orders/{no}/")
async def show_order(request: Request, db: Db, user: CurrentUser, no: OrderNo) -> Response:
    """Asked for as a fragment, it is where the order stands and what can be done now."""
    context = await _read_order(db, user.id, no)
    page = "orders/moved.htmx.html" if is_fragment_request(request) else PAGE
    return render(request, page, values={}, errors={}, **context)


async def _read_order(db: Db, user_id: int, no: str) -> dict[str, Any]:
    """What the page of an order shows."""
    order = await db.read(get_order, user_id, no, now=utcnow())
    has_parcels = order.head.status in SHIPPED
    parcels = await db.read(list_shipments, order.head.id) if has_parcels else ()
    points = await db.read(get_order_points, order.head.id)
    return {"order": order, "parcels": parcels, "points": points, "key": secrets.token_urlsafe(24)}


@router.post("/axf/orders/{no}/cancel/")
async def cancel(db: Db, user: CurrentUser, no: OrderNo) -> Response:
    await db.write_keyed(cancel_order, user.id, no, now=utcnow())
    return RedirectResponse(f"/axf/orders/{no}/", 303)


@router.post("/axf/orders/{no}/received/")
async def receive(db: Db, user: CurrentUser, no: OrderNo) -> Response:
    await db.write_keyed(confirm_received, user.id, no, now=utcnow())
    return RedirectResponse(f"/axf/orders/{no}/", 303)


@router.post("/axf/orders/{no}/refund/")
async def refund(request: Request, db: Db, user: CurrentUser, no: OrderNo) -> Response:
    context = await _read_order(db, user.id, no)
    form = await read_form(request, RefundForm, page=PAGE, **context)
    await db.write_keyed(
        ask_for_refund,
        user.id,
        no,
        form.goods,
        form.quantity,
        key=form.key,
        reason=form.reason,
        now=utcnow(),
    )
    return RedirectResponse(f"/axf/orders/{no}/#refunds", 303)


@router.post("/axf/orders/{no}/again/")
async def buy_again(db: Db, user: CurrentUser, no: OrderNo) -> Response:
    is_complete = await db.write(order_again, user.id, no)
    return RedirectResponse("/axf/cart/" if is_complete else f"/axf/orders/{no}/again/", 303)


@router.get("/axf/orders/{no}/again/")
async def show_missing(request: Request, db: Db, user: CurrentUser, no: OrderNo) -> Response:
    """What of an earlier order could not be put into the cart."""
    lines = await db.read(list_earlier, user.id, no)
    return render(request, "orders/again.html", no=no, lines=lines)
