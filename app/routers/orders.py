"""A shopper's orders."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import CurrentUser, Db, OrderNo
from app.models.base import utcnow
from app.services.order_queries import get_order, list_orders
from app.services.orders import cancel_order, count_tabs
from app.templating import render

router = APIRouter()

Tab = Literal["all", "unpaid", "to_send", "to_receive"]
Before = Annotated[str | None, Query(pattern=r"^[0-9A-Z]{16}$")]


@router.get("/axf/orders/")
async def show_orders(
    request: Request, db: Db, user: CurrentUser, tab: Tab = "all", before: Before = None
) -> Response:
    page = await db.read(list_orders, user.id, tab, before=before, now=utcnow())
    counts = await db.read(count_tabs, user.id)
    return render(request, "orders/index.html", page=page, counts=counts, shown=tab, before=before)


@router.get("/axf/orders/{no}/")
async def show_order(request: Request, db: Db, user: CurrentUser, no: OrderNo) -> Response:
    order = await db.read(get_order, user.id, no, now=utcnow())
    return render(request, "orders/show.html", order=order)


@router.post("/axf/orders/{no}/cancel/")
async def cancel(db: Db, user: CurrentUser, no: OrderNo) -> Response:
    await db.write_keyed(cancel_order, user.id, no, now=utcnow())
    return RedirectResponse(f"/axf/orders/{no}/", 303)
