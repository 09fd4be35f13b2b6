"""From the cart to an order."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from app.deps import AppSettings, CurrentUser, Db, DeliveryRules
from app.forms import Note60, ShopForm, read_form
from app.models.base import utcnow
from app.services.checkout import get_checkout
from app.services.placing import place_order
from app.templating import render

router = APIRouter()

PAGE = "checkout/show.html"


class OrderForm(ShopForm):
    """`key` makes a repeat harmless, `agreed` is the hash of what the page showed."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
    agreed: Annotated[str, Field(max_length=64)]
    note: Note60 = ""


@router.get("/axf/checkout/")
async def show_checkout(
    request: Request, db: Db, user: CurrentUser, delivery: DeliveryRules
) -> Response:
    checkout = await db.read(get_checkout, user.id, delivery)
    if not checkout.lines:
        return RedirectResponse("/axf/cart/", 303)
    return render(request, PAGE, checkout=checkout, key=_new_key(), values={}, errors={})


@router.post("/axf/orders/")
async def place(
    request: Request, db: Db, user: CurrentUser, delivery: DeliveryRules, settings: AppSettings
) -> Response:
    # Read ahead only to be able to show the page again; placing reads for itself.
    checkout = await db.read(get_checkout, user.id, delivery)
    form = await read_form(request, OrderForm, page=PAGE, checkout=checkout, key=_new_key())
    now = utcnow()
    order = await db.write_keyed(
        place_order,
        user.id,
        form.key,
        form.agreed,
        delivery,
        note=form.note,
        now=now,
        pay_by=now + timedelta(minutes=settings.pay_minutes),
    )
    return RedirectResponse(f"/axf/orders/{order.no}/pay/", 303)


def _new_key() -> str:
    return secrets.token_urlsafe(24)
