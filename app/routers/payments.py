"""Paying an order, and the providers' word that it was paid."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from app.deps import Cashier, CurrentUser, Db, OnPhone, OrderNo, Providers
from app.errors import NotFound, TooLarge
from app.models.base import utcnow
from app.providers import PaymentProvider
from app.services.order_queries import get_head, get_order
from app.services.payments import Receipt, begin_payment, take_notice
from app.templating import is_fragment_request, render

router = APIRouter()

ACCEPTED, REFUSED = "success", "fail"  # Alipay's words; anything but the first is sent again
MOST_NOTICE_BYTES = 16 * 1024


@router.get("/axf/orders/{no}/pay/")
async def show_pay(
    request: Request,
    db: Db,
    user: CurrentUser,
    cashier: Cashier,
    no: OrderNo,
    *,
    declined: bool = False,
) -> Response:
    """The order waiting for its money. The page asks again every few seconds."""
    head = await db.read(get_head, user.id, no, now=utcnow())
    if head.paid_at is None:
        return render(
            request,
            "checkout/pay.html",
            block="state",
            order=head,
            provider=cashier.name,
            declined=declined,
        )
    if is_fragment_request(request):
        return Response(headers={"HX-Redirect": f"/axf/orders/{no}/paid/"})
    return RedirectResponse(f"/axf/orders/{no}/paid/", 303)


@router.post("/axf/orders/{no}/pay/")
async def begin(
    db: Db, user: CurrentUser, no: OrderNo, cashier: Cashier, on_phone: OnPhone
) -> Response:
    payment = await db.write_keyed(begin_payment, user.id, no, cashier.name, now=utcnow())
    if payment is None:
        return RedirectResponse(f"/axf/orders/{no}/", 303)
    return RedirectResponse(await cashier.begin(payment, on_phone=on_phone), 303)


@router.get("/axf/orders/{no}/paid/")
async def show_paid(request: Request, db: Db, user: CurrentUser, no: OrderNo) -> Response:
    order = await db.read(get_order, user.id, no, now=utcnow())
    if order.head.paid_at is None:
        return RedirectResponse(f"/axf/orders/{no}/pay/", 303)
    return render(request, "checkout/paid.html", order=order)


@router.post("/payments/notify/{name}/")
async def notify(request: Request, db: Db, providers: Providers, name: str) -> Response:
    """Called by a provider's server: no cookie, no page, only a signature.

    Whatever was taken down is a success, also a wrong amount or a repeat: nothing would change if
    it were sent again.
    """
    request.state.refusal = REFUSED
    provider = providers.get(name)
    if provider is None:
        raise NotFound
    await receive(db, provider, await request.body(), request.headers)
    return PlainTextResponse(ACCEPTED)


async def receive(
    db: Db, provider: PaymentProvider, body: bytes, headers: Mapping[str, str]
) -> Receipt | None:
    """The one way in for a notice, also for those of the sandbox."""
    if len(body) > MOST_NOTICE_BYTES:
        raise TooLarge
    now = utcnow()
    notice = provider.read_notice(body, headers, now=now)
    return None if notice is None else await db.write_keyed(take_notice, notice, now=now)
