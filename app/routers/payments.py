"""Paying an order, and the providers' word that it was paid."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.deps import CurrentUser, Db, OrderNo, Providers
from app.errors import NotFound, TooLarge
from app.models.base import utcnow
from app.providers import PaymentProvider
from app.services.order_queries import get_head, get_order
from app.services.payments import Receipt, begin_payment, take_notice
from app.templating import is_fragment_request, render

router = APIRouter()

PROVIDER = "sandbox"
MOST_NOTICE_BYTES = 16 * 1024


@router.get("/axf/orders/{no}/pay/")
async def show_pay(
    request: Request, db: Db, user: CurrentUser, no: OrderNo, declined: bool = False
) -> Response:
    """The order waiting for its money. The page asks again every few seconds."""
    head = await db.read(get_head, user.id, no, now=utcnow())
    if head.paid_at is None:
        return render(request, "checkout/pay.html", block="state", order=head, declined=declined)
    if is_fragment_request(request):
        return Response(headers={"HX-Redirect": f"/axf/orders/{no}/paid/"})
    return RedirectResponse(f"/axf/orders/{no}/paid/", 303)


@router.post("/axf/orders/{no}/pay/")
async def begin(db: Db, user: CurrentUser, no: OrderNo, providers: Providers) -> Response:
    provider = providers[PROVIDER]
    payment = await db.write_keyed(begin_payment, user.id, no, provider.name, now=utcnow())
    if payment is None:
        return RedirectResponse(f"/axf/orders/{no}/", 303)
    return RedirectResponse(await provider.begin(payment), 303)


@router.get("/axf/orders/{no}/paid/")
async def show_paid(request: Request, db: Db, user: CurrentUser, no: OrderNo) -> Response:
    order = await db.read(get_order, user.id, no, now=utcnow())
    if order.head.paid_at is None:
        return RedirectResponse(f"/axf/orders/{no}/pay/", 303)
    return render(request, "checkout/paid.html", order=order)


@router.post("/payments/notify/{name}/")
async def notify(request: Request, db: Db, providers: Providers, name: str) -> Response:
    """Called by a provider's server: no cookie, no page, only a signature."""
    provider = providers.get(name)
    if provider is None:
        raise NotFound
    receipt = await receive(db, provider, await request.body(), request.headers)
    return JSONResponse({"payment": receipt.payment_no, "status": receipt.status})


async def receive(
    db: Db, provider: PaymentProvider, body: bytes, headers: Mapping[str, str]
) -> Receipt:
    """The one way in for a notice, also for those of the sandbox."""
    if len(body) > MOST_NOTICE_BYTES:
        raise TooLarge
    now = utcnow()
    notice = provider.read_notice(body, headers, now=now)
    return await db.write_keyed(take_notice, notice, now=now)
