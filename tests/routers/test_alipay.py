"""Paying with Alipay from the button to the refund, against a stand-in for its server."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.main import create_app
from app.models import Goods, Order, Payment, User
from app.models.base import utcnow
from app.providers import RefundRequest
from app.providers.sandbox import Sandbox
from app.services.open_payments import query_open_payments
from app.services.payments import begin_payment, get_payment_request
from app.settings import Settings
from tests.alipay_gateway import (
    STRANGERS_KEY,
    AlipayGateway,
    query_of,
    run_gateway,
    settings_for_alipay,
)
from tests.conftest import open_browser
from tests.factories import make_address
from tests.shopping import history_of, order_of, place, put_in_cart

NOTIFY = "/payments/notify/alipay/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148"


@pytest.fixture
async def gateway() -> AsyncIterator[AlipayGateway]:
    async with run_gateway() as gateway:
        yield gateway


@pytest.fixture
def settings(settings: Settings, gateway: AlipayGateway) -> Settings:
    """Settings are all that makes a shop with the sandbox a shop with Alipay."""
    return settings_for_alipay(settings, gateway.address)


@pytest.fixture
async def no(session: AsyncSession, user: User, goods: Goods) -> str:
    """An unpaid order of `user` over ¥24.80."""
    await make_address(session, user)
    await put_in_cart(session, user, goods, 2)
    placed = await place(session, user.id)
    await session.commit()
    return placed.no


@pytest.fixture
async def payment_no(client: AsyncClient, session: AsyncSession, no: str) -> str:
    """The shopper has pressed the button, and their browser has opened Alipay's page."""
    answer = await client.post(f"/axf/orders/{no}/pay/")
    async with AsyncClient() as browser:
        page = await browser.get(answer.headers["location"])
    assert page.text == f"Pay 24.80 yuan to 爱鲜蜂 {no}"
    number: str | None = await session.scalar(select(Payment.no))
    assert number is not None
    return number


async def tell(client: AsyncClient, body: bytes) -> tuple[int, str]:
    answer = await client.post(NOTIFY, content=body)
    return answer.status_code, answer.text


async def money(session: AsyncSession) -> list[tuple[str, int]]:
    rows = await session.execute(select(Payment.status, Payment.received_fen).order_by(Payment.id))
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class Job:
    """The timed work that asks about payments that nobody told us of."""

    app: FastAPI
    db: Database

    async def run(self, *, minutes: float = 1.1) -> int:
        """One pass, some time after the payment was begun."""
        now = utcnow() + timedelta(minutes=minutes)
        return await query_open_payments(self.db, self.app.state.providers, now)


@pytest.fixture
def job(app: FastAPI, db: Database) -> Job:
    return Job(app, db)


@pytest.fixture
async def paid_no(gateway: AlipayGateway, payment_no: str) -> str:
    """A payment that the shopper has made at Alipay; nobody has told the shop."""
    gateway.pay(payment_no)
    return payment_no


async def test_the_button_says_who_takes_the_money(client: AsyncClient, no: str) -> None:
    page = await client.get(f"/axf/orders/{no}/pay/")

    assert "Pay with Alipay · ¥24.80" in page.text


async def test_the_form_may_lead_to_the_gateway(
    client: AsyncClient, gateway: AlipayGateway
) -> None:
    page = await client.get("/axf/home/")

    origin = gateway.address.removesuffix("/gateway.do")
    assert f"form-action 'self' {origin};" in page.headers["Content-Security-Policy"]


async def test_a_desktop_is_led_to_the_page_pay(
    client: AsyncClient, gateway: AlipayGateway, no: str
) -> None:
    answer = await client.post(f"/axf/orders/{no}/pay/")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{gateway.address}?")
    assert query_of(answer.headers["location"])["method"] == "alipay.trade.page.pay"


@pytest.mark.parametrize(
    ("headers", "method"),
    [
        ({"User-Agent": PHONE}, "alipay.trade.wap.pay"),
        ({"Sec-CH-UA-Mobile": "?1"}, "alipay.trade.wap.pay"),
        ({"Sec-CH-UA-Mobile": "?0", "User-Agent": PHONE}, "alipay.trade.page.pay"),
    ],
)
async def test_a_phone_is_led_to_the_wap_pay(
    client: AsyncClient, no: str, headers: dict[str, str], method: str
) -> None:
    answer = await client.post(f"/axf/orders/{no}/pay/", headers=headers)

    assert query_of(answer.headers["location"])["method"] == method


async def test_a_second_click_is_the_same_trade(
    client: AsyncClient, session: AsyncSession, no: str, payment_no: str
) -> None:
    again = await client.post(f"/axf/orders/{no}/pay/")

    assert payment_no in query_of(again.headers["location"])["biz_content"]
    assert await money(session) == [("created", 0)]


async def test_the_notice_comes_before_the_shopper(
    client: AsyncClient, session: AsyncSession, gateway: AlipayGateway, no: str, payment_no: str
) -> None:
    gateway.pay(payment_no)

    told = await tell(client, gateway.write_notice(payment_no))
    back = await client.get(gateway.go_back(payment_no).headers["location"])

    assert told == (200, "success")
    assert back.headers["location"] == f"/axf/orders/{no}/paid/"
    assert (await order_of(session, no)).status == "paid"
    assert await money(session) == [("paid", 2480)]


async def test_the_shopper_comes_before_the_notice(
    client: AsyncClient, session: AsyncSession, gateway: AlipayGateway, no: str, payment_no: str
) -> None:
    gateway.pay(payment_no)

    back = await client.get(gateway.go_back(payment_no).headers["location"])
    before = (await order_of(session, no)).status
    await tell(client, gateway.write_notice(payment_no))

    assert (back.status_code, before) == (200, "unpaid")
    assert 'hx-trigger="every 3s"' in back.text
    assert (await order_of(session, no)).status == "paid"


async def test_without_a_notice_the_shop_asks(
    job: Job, session: AsyncSession, gateway: AlipayGateway, no: str, payment_no: str
) -> None:
    gateway.pay(payment_no)

    assert await job.run(minutes=0.9) == 0
    assert gateway.asked == ["alipay.trade.page.pay"]
    assert await job.run() == 1
    assert await job.run() == 0
    assert (await order_of(session, no)).status == "paid"
    assert await money(session) == [("paid", 2480)]


async def test_a_notice_after_the_question_changes_nothing(
    client: AsyncClient, job: Job, session: AsyncSession, gateway: AlipayGateway, paid_no: str
) -> None:
    await job.run()

    assert await tell(client, gateway.write_notice(paid_no)) == (200, "success")
    assert await money(session) == [("paid", 2480)]


async def test_a_server_that_is_down_is_asked_again(
    job: Job, session: AsyncSession, gateway: AlipayGateway, no: str, payment_no: str
) -> None:
    gateway.pay(payment_no)
    gateway.mood = "broken"
    assert await job.run() == 0
    assert (await order_of(session, no)).status == "unpaid"
    gateway.mood = "fine"

    assert await job.run() == 1
    assert (await order_of(session, no)).status == "paid"


async def test_what_nobody_paid_is_given_up_at_last(
    job: Job, session: AsyncSession, payment_no: str
) -> None:
    await job.run(minutes=170)
    before = await money(session)
    await job.run(minutes=181)

    assert before == [("created", 0)]
    assert await money(session) == [("void", 0)]


async def test_money_for_what_was_given_up_is_not_lost(
    client: AsyncClient, job: Job, session: AsyncSession, gateway: AlipayGateway, payment_no: str
) -> None:
    await job.run(minutes=181)
    await session.execute(
        update(Order).values(status="closed", close_reason="timeout", closed_at=utcnow())
    )
    await session.commit()
    gateway.pay(payment_no)

    assert await tell(client, gateway.write_notice(payment_no)) == (200, "success")
    assert await money(session) == [("void", 0), ("late", 2480)]


async def test_a_wrong_signature_is_refused_and_logged(
    client: AsyncClient,
    session: AsyncSession,
    gateway: AlipayGateway,
    paid_no: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = gateway.write_notice(paid_no, key=STRANGERS_KEY)

    with caplog.at_level(logging.WARNING, logger="axf.security"):
        told = await tell(client, body)

    assert told == (401, "fail")
    assert [record.name for record in caplog.records] == ["axf.security"]
    assert f"wrong signature at {NOTIFY} in request" in caplog.text
    assert query_of(f"?{body.decode()}")["sign"] not in caplog.text
    assert await money(session) == [("created", 0)]


async def test_a_replay_is_accepted_and_changes_nothing(
    client: AsyncClient, session: AsyncSession, gateway: AlipayGateway, no: str, payment_no: str
) -> None:
    gateway.pay(payment_no)
    body = gateway.write_notice(payment_no)
    finished = gateway.write_notice(payment_no, trade_status="TRADE_FINISHED")

    answers = [await tell(client, one) for one in (body, body, finished)]

    assert answers == [(200, "success")] * 3
    assert await money(session) == [("paid", 2480)]
    assert await history_of(session, no) == ["placed", "paid"]


async def test_a_wrong_amount_is_taken_down_and_never_pays(
    client: AsyncClient, session: AsyncSession, gateway: AlipayGateway, no: str, payment_no: str
) -> None:
    gateway.pay(payment_no)

    told = await tell(client, gateway.write_notice(payment_no, total_amount="0.01"))

    assert told == (200, "success")
    assert (await order_of(session, no)).status == "unpaid"
    assert await money(session) == [("mismatch", 1)]


async def test_money_for_an_unknown_payment_is_left_to_a_person(
    client: AsyncClient,
    session: AsyncSession,
    gateway: AlipayGateway,
    payment_no: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway.pay(payment_no)
    body = gateway.write_notice(payment_no, out_trade_no="Z" * 24, trade_no="2026-unknown")

    with caplog.at_level(logging.ERROR, logger="axf.payments"):
        told = await tell(client, body)

    assert told == (200, "success")
    assert "alipay reports 2480 fen as '2026-unknown' for an unknown payment" in caplog.text
    assert await money(session) == [("created", 0)]


@pytest.mark.parametrize("status", ["WAIT_BUYER_PAY", "TRADE_CLOSED"])
async def test_news_without_money_is_accepted(
    client: AsyncClient,
    session: AsyncSession,
    gateway: AlipayGateway,
    payment_no: str,
    status: str,
) -> None:
    told = await tell(client, gateway.write_notice(payment_no, trade_status=status))

    assert told == (200, "success")
    assert await money(session) == [("created", 0)]


async def test_late_money_is_taken_down_as_late(
    client: AsyncClient, session: AsyncSession, gateway: AlipayGateway, no: str, payment_no: str
) -> None:
    await client.post(f"/axf/orders/{no}/cancel/")
    gateway.pay(payment_no)

    assert await tell(client, gateway.write_notice(payment_no)) == (200, "success")
    assert (await order_of(session, no)).status == "closed"
    assert await money(session) == [("late", 2480)]


async def test_what_came_in_can_be_given_back(
    client: AsyncClient,
    app: FastAPI,
    session: AsyncSession,
    gateway: AlipayGateway,
    payment_no: str,
) -> None:
    gateway.pay(payment_no)
    await tell(client, gateway.write_notice(payment_no))
    ref = await session.scalar(select(Payment.provider_ref))
    assert ref is not None
    refund = RefundRequest("R1", payment_no, ref, 2480)

    given = [await app.state.providers["alipay"].refund(refund) for _ in range(2)]

    assert given == [ref, ref]
    assert gateway.refunded == [("R1", "24.80")]


async def test_where_alipay_takes_money_the_sandbox_pays_nothing(
    client: AsyncClient, session: AsyncSession, user: User, no: str
) -> None:
    payment = await begin_payment(session, user.id, no, "sandbox", now=utcnow())
    await session.commit()
    assert payment is not None
    page = f"/sandbox/pay/{payment.payment_no}/"

    assert (await client.get(page)).status_code == 404
    assert (await client.post(page, data={"choice": "pay"})).status_code == 404
    assert (await order_of(session, no)).status == "unpaid"


async def test_what_the_other_provider_took_is_still_heard_of(
    app: FastAPI, db: Database, session: AsyncSession, gateway: AlipayGateway, paid_no: str
) -> None:
    """The shop went back to the sandbox while a shopper was on Alipay's page."""
    back = app.state.settings.model_copy(update={"payment_provider": "sandbox"})

    async with open_browser(create_app(back, db)) as server:
        told = await tell(server, gateway.write_notice(paid_no))

    assert told == (200, "success")
    assert await money(session) == [("paid", 2480)]


async def test_a_sandbox_payment_is_still_heard_of(
    settings: Settings, client: AsyncClient, session: AsyncSession, user: User, no: str
) -> None:
    payment = await begin_payment(session, user.id, no, "sandbox", now=utcnow())
    await session.commit()
    assert payment is not None
    sandbox = Sandbox(settings.secret_key.get_secret_value())
    request = await get_payment_request(session, payment.payment_no, "sandbox")
    body, headers = sandbox.write_notice(request, now=utcnow())

    answer = await client.post("/payments/notify/sandbox/", content=body, headers=headers)

    assert (answer.status_code, answer.text) == (200, "success")


async def test_a_long_notice_is_not_read(client: AsyncClient) -> None:
    assert await tell(client, b"a=" + b"x" * 20_000) == (413, "fail")


async def test_a_notice_is_posted(client: AsyncClient) -> None:
    assert (await client.get(NOTIFY)).status_code == 405
