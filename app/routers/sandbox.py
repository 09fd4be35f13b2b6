"""The sandbox provider's own page, where the shopper pays with no money at all."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import Db, PaymentNo, Providers, Visitor
from app.errors import NotFound
from app.forms import ShopForm, read_form
from app.models.base import utcnow
from app.providers.sandbox import Sandbox
from app.routers.payments import receive
from app.services.payments import get_payment_request
from app.templating import render

router = APIRouter()

PAGE = "sandbox/pay.html"


class ChoiceForm(ShopForm):
    choice: Literal["pay", "decline"]


@router.get("/sandbox/pay/{payment_no}/")
async def show(request: Request, db: Db, visitor: Visitor, payment_no: PaymentNo) -> Response:
    """Like a real provider's, this page is open to whoever holds the payment's number."""
    payment = await db.read(get_payment_request, payment_no, "sandbox")
    return render(request, PAGE, payment=payment, errors={})


@router.post("/sandbox/pay/{payment_no}/")
async def decide(
    request: Request, db: Db, visitor: Visitor, payment_no: PaymentNo, providers: Providers
) -> Response:
    """Report to the shop as a provider's server would, then send the shopper back."""
    payment = await db.read(get_payment_request, payment_no, "sandbox")
    form = await read_form(request, ChoiceForm, page=PAGE, payment=payment)
    way_back = f"/axf/orders/{payment.order_no}/pay/"
    if form.choice == "decline":
        return RedirectResponse(f"{way_back}?declined=1", 303)
    sandbox = providers.get("sandbox")
    if not isinstance(sandbox, Sandbox):
        raise NotFound
    body, headers = sandbox.write_notice(payment, now=utcnow())
    await receive(db, sandbox, body, headers)
    return RedirectResponse(way_back, 303)
