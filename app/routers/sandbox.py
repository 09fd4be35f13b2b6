"""The sandbox provider's own page, where the shopper pays with no money at all."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import Cashier, Db, PaymentNo, Visitor
from app.errors import N_, InvalidInput, NotFound
from app.forms import ShopForm, read_form
from app.models.base import utcnow
from app.providers import PaymentRequest
from app.providers.sandbox import Sandbox
from app.routers.payments import receive
from app.services.open_payments import is_awaited
from app.services.payments import get_payment_request
from app.templating import render

router = APIRouter()

PAGE = "sandbox/pay.html"


async def get_sandbox(cashier: Cashier) -> Sandbox:
    """Where real money is taken nobody pays with none, not even what was begun before."""
    if not isinstance(cashier, Sandbox):
        raise NotFound
    return cashier


TheSandbox = Annotated[Sandbox, Depends(get_sandbox)]


class ChoiceForm(ShopForm):
    choice: Literal["pay", "decline", "late", "twice", "wrong"]


@router.get("/sandbox/pay/{payment_no}/")
async def show(
    request: Request, db: Db, visitor: Visitor, sandbox: TheSandbox, payment_no: PaymentNo
) -> Response:
    """Like a real provider's, this page is open to whoever holds the payment's number."""
    payment = await db.read(get_payment_request, payment_no, sandbox.name)
    return render(request, PAGE, payment=payment, errors={})


@router.post("/sandbox/pay/{payment_no}/")
async def decide(
    request: Request, db: Db, visitor: Visitor, sandbox: TheSandbox, payment_no: PaymentNo
) -> Response:
    """Report to the shop as a provider's server would, then send the shopper back."""
    payment = await db.read(get_payment_request, payment_no, sandbox.name)
    form = await read_form(request, ChoiceForm, page=PAGE, payment=payment)
    way_back = f"/axf/orders/{payment.order_no}/pay/"
    if form.choice == "decline":
        return RedirectResponse(f"{way_back}?declined=1", 303)
    if form.choice == "late" and await db.read(is_awaited, payment_no):
        raise InvalidInput.of("choice", N_("The order still waits for this. Cancel it first."))
    for body, headers in _notices(sandbox, payment, form.choice):
        await receive(db, sandbox, body, headers)
    return RedirectResponse(way_back, 303)


def _notices(
    sandbox: Sandbox, payment: PaymentRequest, choice: str
) -> list[tuple[bytes, dict[str, str]]]:
    """What the sandbox has to say to the shop about this choice."""
    now = utcnow()
    if choice == "wrong":
        return [sandbox.write_notice(payment, now=now, amount_fen=payment.amount_fen + 1)]
    notices = [sandbox.write_notice(payment, now=now)]
    if choice == "twice":
        notices.append(sandbox.write_notice(payment, now=now, is_second=True))
    return notices
