"""The pages around paying, and the address that providers call."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, Payment, User
from app.models.base import utcnow
from app.providers import PaymentRequest
from app.providers.sandbox import SIGNATURE, Sandbox
from app.services.payments import begin_payment
from app.services.stray_money import list_strays
from app.settings import Settings
from tests.conftest import HTMX, open_browser
from tests.factories import make_address
from tests.shopping import order_of, place, put_in_cart


@pytest.fixture
async def no(session: AsyncSession, user: User, goods: Goods) -> str:
    """An unpaid order of `user` over ¥24.80."""
    await make_address(session, user)
    await put_in_cart(session, user, goods, 2)
    placed = await place(session, user.id)
    await session.commit()
    return placed.no


@pytest.fixture
async def payment(session: AsyncSession, user: User, no: str) -> PaymentRequest:
    payment = await begin_payment(session, user.id, no, "sandbox", now=utcnow())
    await session.commit()
    assert payment is not None
    return payment


@pytest.fixture
def sandbox(settings: Settings) -> Sandbox:
    return Sandbox(settings.secret_key.get_secret_value())


async def let_expire(session: AsyncSession) -> None:
    await session.execute(update(Order).values(pay_by=utcnow() - timedelta(seconds=1)))
    await session.commit()


async def close(session: AsyncSession) -> None:
    await session.execute(
        update(Order).values(status="closed", close_reason="user", closed_at=utcnow())
    )
    await session.commit()


async def notify(
    client: AsyncClient, sandbox: Sandbox, payment: PaymentRequest, **headers: str
) -> tuple[int, str]:
    body, signed = sandbox.write_notice(payment, now=utcnow())
    answer = await client.post("/payments/notify/sandbox/", content=body, headers=signed | headers)
    return answer.status_code, answer.text


async def count_payments(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Payment)) or 0


async def test_the_page_says_how_much_and_until_when(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    await session.execute(update(Order).values(pay_by=utcnow() + timedelta(minutes=5)))
    await session.commit()

    page = await client.get(f"/axf/orders/{no}/pay/")

    assert page.status_code == 200
    assert "Pay now · ¥24.80" in page.text
    assert 'hx-trigger="every 3s"' in page.text
    assert "Please pay before" in page.text


async def test_the_page_takes_two_queries(
    client: AsyncClient, no: str, count_queries: Callable[[], int]
) -> None:
    await client.get(f"/axf/orders/{no}/pay/")

    assert count_queries() == 2


async def test_asking_again_brings_the_state_only(client: AsyncClient, no: str) -> None:
    answer = await client.get(f"/axf/orders/{no}/pay/", headers=HTMX)

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<section") or "<html" not in answer.text
    assert 'id="pay-state"' in answer.text


async def test_paying_leads_to_the_provider(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    first = await client.post(f"/axf/orders/{no}/pay/")
    second = await client.post(f"/axf/orders/{no}/pay/")

    payment = await session.scalar(select(Payment.no))
    assert first.status_code == 303
    assert first.headers["location"] == f"/sandbox/pay/{payment}/"
    assert second.headers["location"] == first.headers["location"]
    assert await count_payments(session) == 1


async def test_only_the_notice_makes_it_paid(
    client: AsyncClient, session: AsyncSession, no: str, payment: PaymentRequest, sandbox: Sandbox
) -> None:
    await client.get(f"/axf/orders/{no}/paid/")
    await client.get(f"/axf/orders/{no}/pay/?status=paid&paid=1")
    before = (await order_of(session, no)).status

    status, text = await notify(client, sandbox, payment)

    assert before == "unpaid"
    assert (status, text) == (200, "success")
    assert (await order_of(session, no)).status == "paid"


async def test_a_paid_order_leads_to_its_success_page(
    client: AsyncClient, no: str, payment: PaymentRequest, sandbox: Sandbox
) -> None:
    await notify(client, sandbox, payment)

    page = await client.get(f"/axf/orders/{no}/pay/")
    poll = await client.get(f"/axf/orders/{no}/pay/", headers=HTMX)
    again = await client.post(f"/axf/orders/{no}/pay/")
    success = await client.get(f"/axf/orders/{no}/paid/")

    assert page.headers["location"] == f"/axf/orders/{no}/paid/"
    assert poll.headers["HX-Redirect"] == f"/axf/orders/{no}/paid/"
    assert again.headers["location"] == f"/axf/orders/{no}/"
    assert success.status_code == 200
    assert "¥24.80" in success.text


async def test_there_is_no_success_before_the_money(client: AsyncClient, no: str) -> None:
    answer = await client.get(f"/axf/orders/{no}/paid/")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/axf/orders/{no}/pay/")


async def test_an_overdue_order_offers_no_payment(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    await let_expire(session)

    page = await client.get(f"/axf/orders/{no}/pay/")
    answer = await client.post(f"/axf/orders/{no}/pay/")

    assert "The time to pay is over" in page.text
    assert "Pay now" not in page.text
    assert "every 3s" not in page.text
    assert answer.headers["location"] == f"/axf/orders/{no}/"
    assert await count_payments(session) == 0
    assert (await order_of(session, no)).status == "unpaid"


async def test_a_closed_order_offers_no_payment(
    client: AsyncClient, session: AsyncSession, no: str
) -> None:
    await close(session)

    page = await client.get(f"/axf/orders/{no}/pay/")

    assert "This order is closed" in page.text
    assert "Pay now" not in page.text


async def test_late_money_is_said_on_the_page(
    client: AsyncClient,
    session: AsyncSession,
    no: str,
    payment: PaymentRequest,
    sandbox: Sandbox,
) -> None:
    await close(session)
    await notify(client, sandbox, payment)

    assert (
        "A payment of ¥24.80 came in too late" in (await client.get(f"/axf/orders/{no}/pay/")).text
    )
    assert "Payment that came too late" in (await client.get(f"/axf/orders/{no}/")).text


async def test_a_declined_payment_is_said(client: AsyncClient, no: str) -> None:
    page = await client.get(f"/axf/orders/{no}/pay/?declined=1")

    assert "The payment was declined" in page.text
    assert "Pay now" in page.text


@pytest.mark.parametrize("page", ["pay", "paid"])
async def test_a_foreign_or_unknown_order_is_not_there(
    other_client: AsyncClient, no: str, page: str
) -> None:
    foreign = await other_client.get(f"/axf/orders/{no}/{page}/")
    unknown = await other_client.get(f"/axf/orders/{'Z' * 16}/{page}/")
    broken = await other_client.get(f"/axf/orders/%F0%9F%8D%8E%00/{page}/")

    assert [foreign.status_code, unknown.status_code, broken.status_code] == [404] * 3
    assert foreign.text.replace(no, "") == unknown.text.replace("Z" * 16, "")


async def test_nobody_pays_for_another(
    other_client: AsyncClient, session: AsyncSession, no: str
) -> None:
    assert (await other_client.post(f"/axf/orders/{no}/pay/")).status_code == 404
    assert await count_payments(session) == 0


async def test_a_visitor_logs_in_first(anonymous: AsyncClient, no: str) -> None:
    page = await anonymous.get(f"/axf/orders/{no}/pay/")
    answer = await anonymous.post(f"/axf/orders/{no}/pay/")

    assert page.headers["location"] == f"/login/?next=/axf/orders/{no}/pay/"
    assert answer.status_code == 303


async def test_a_server_needs_no_browser_headers(
    client: AsyncClient,
    session: AsyncSession,
    no: str,
    payment: PaymentRequest,
    sandbox: Sandbox,
) -> None:
    body, headers = sandbox.write_notice(payment, now=utcnow())
    app = client._transport.app  # type: ignore[attr-defined]

    async with open_browser(app) as server:
        server.headers.clear()
        answer = await server.post("/payments/notify/sandbox/", content=body, headers=headers)

    assert answer.status_code == 200
    assert (await order_of(session, no)).status == "paid"


async def test_a_notice_again_is_answered_the_same(
    client: AsyncClient, session: AsyncSession, payment: PaymentRequest, sandbox: Sandbox
) -> None:
    first = await notify(client, sandbox, payment)

    assert await notify(client, sandbox, payment) == first
    assert await count_payments(session) == 1


async def test_a_bad_signature_is_refused(
    client: AsyncClient, session: AsyncSession, no: str, payment: PaymentRequest, sandbox: Sandbox
) -> None:
    told = await notify(client, sandbox, payment, **{SIGNATURE: "0" * 64})

    assert told == (401, "fail")
    assert (await order_of(session, no)).status == "unpaid"


async def test_an_old_notice_is_refused(
    client: AsyncClient, session: AsyncSession, no: str, payment: PaymentRequest, sandbox: Sandbox
) -> None:
    body, headers = sandbox.write_notice(payment, now=utcnow() - timedelta(minutes=6))

    answer = await client.post("/payments/notify/sandbox/", content=body, headers=headers)

    assert answer.status_code == 401
    assert (await order_of(session, no)).status == "unpaid"


async def test_a_wrong_amount_is_taken_down_and_pays_nothing(
    client: AsyncClient, session: AsyncSession, no: str, payment: PaymentRequest, sandbox: Sandbox
) -> None:
    less = PaymentRequest(payment.payment_no, no, 1)

    status, text = await notify(client, sandbox, less)

    assert (status, text) == (200, "success")
    assert await session.scalar(select(Payment.status)) == "mismatch"
    assert (await order_of(session, no)).status == "unpaid"


async def test_a_notice_for_nothing_is_taken_down(
    client: AsyncClient, session: AsyncSession, sandbox: Sandbox
) -> None:
    told = await notify(client, sandbox, PaymentRequest("Z" * 24, "Z" * 16, 100))

    assert told == (200, "success")
    assert [stray.amount_fen for stray in await list_strays(session)] == [100]


async def test_an_unknown_provider_is_not_found(client: AsyncClient) -> None:
    assert (await client.post("/payments/notify/nobody/", content=b"{}")).status_code == 404


async def test_a_long_notice_is_not_read(client: AsyncClient) -> None:
    answer = await client.post("/payments/notify/sandbox/", content=b"x" * 20_000)

    assert answer.status_code == 413


async def test_a_notice_is_posted(client: AsyncClient) -> None:
    assert (await client.get("/payments/notify/sandbox/")).status_code == 405
