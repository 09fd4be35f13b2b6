"""Asking the stand-in for Alipay's server: only what it signed is believed, and nothing twice."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from httpx2 import AsyncClient

from app.providers import Notice, PaymentRequest, ProviderAway, ProviderRefused, RefundRequest
from app.providers.alipay import Alipay
from app.providers.alipay_gateway import Gateway
from tests.alipay_gateway import (
    ALIPAY_KEY,
    APP_ID,
    SELLER_ID,
    SHOP_KEY,
    STRANGERS_KEY,
    AlipayGateway,
    run_gateway,
)

NO = "P" * 24
PAYMENT = PaymentRequest(NO, "A" * 16, 2480)
UNTRUSTED = ["broken", "forged", "unsigned", "slow", "busy"]


@pytest.fixture
async def gateway() -> AsyncIterator[AlipayGateway]:
    async with run_gateway() as gateway:
        yield gateway


@pytest.fixture
async def alipay(gateway: AlipayGateway) -> Alipay:
    line = Gateway(gateway.address, APP_ID, SHOP_KEY, ALIPAY_KEY.public_key())
    return Alipay(line, SELLER_ID, "http://testserver")


@pytest.fixture
async def opened(alipay: Alipay, gateway: AlipayGateway) -> str:
    """The page was opened, so Alipay knows of the trade; its number there."""
    async with AsyncClient() as browser:
        page = await browser.get(await alipay.begin(PAYMENT))
    assert page.text == f"Pay 24.80 yuan to 爱鲜蜂 {'A' * 16}"
    return gateway.trades[NO].number


@pytest.fixture
async def paid(opened: str, gateway: AlipayGateway) -> str:
    gateway.pay(NO)
    return opened


def refund_of(ref: str, amount: int = 500, no: str = "R1") -> RefundRequest:
    return RefundRequest(no, NO, ref, amount, "坏了")


def in_a_hurry(alipay: Alipay) -> Alipay:
    """So that a slow answer is not waited for as long as in the shop."""
    return replace(alipay, gateway=replace(alipay.gateway, seconds=0.5))


async def test_a_payment_that_nobody_opened_has_no_money(alipay: Alipay) -> None:
    assert await alipay.query(NO) is None


@pytest.mark.usefixtures("opened")
async def test_an_open_payment_has_no_money(alipay: Alipay) -> None:
    assert await alipay.query(NO) is None


async def test_a_paid_one_is_told_as_a_notice_would(alipay: Alipay, paid: str) -> None:
    assert await alipay.query(NO) == Notice("alipay", NO, paid, 2480)


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize("mood", UNTRUSTED)
async def test_an_answer_that_cannot_be_trusted_is_none(
    alipay: Alipay, gateway: AlipayGateway, mood: str
) -> None:
    gateway.mood = mood

    with pytest.raises(ProviderAway):
        await in_a_hurry(alipay).query(NO)


async def test_a_server_that_is_down_is_away() -> None:
    line = Gateway("http://127.0.0.1:9/gateway.do", APP_ID, SHOP_KEY, ALIPAY_KEY.public_key())

    with pytest.raises(ProviderAway):
        await Alipay(line, SELLER_ID, "http://testserver").query(NO)


@pytest.mark.usefixtures("paid")
async def test_a_key_that_alipay_does_not_know_is_away(alipay: Alipay) -> None:
    stranger = replace(alipay, gateway=replace(alipay.gateway, private_key=STRANGERS_KEY))

    with pytest.raises(ProviderAway, match=r"."):
        await stranger.query(NO)


async def test_a_refund_gives_the_money_back(
    alipay: Alipay, gateway: AlipayGateway, paid: str
) -> None:
    assert await alipay.refund(refund_of(paid)) == paid
    assert gateway.refunded == [("R1", "5.00")]


async def test_the_same_refund_again_gives_nothing_more(
    alipay: Alipay, gateway: AlipayGateway, paid: str
) -> None:
    first = await alipay.refund(refund_of(paid))

    assert await alipay.refund(refund_of(paid)) == first
    assert gateway.refunded == [("R1", "5.00")]
    assert gateway.asked[-1] == "alipay.trade.fastpay.refund.query"


async def test_two_refunds_of_one_payment_are_two(
    alipay: Alipay, gateway: AlipayGateway, paid: str
) -> None:
    await alipay.refund(refund_of(paid))
    await alipay.refund(refund_of(paid, 100, "R2"))

    assert gateway.refunded == [("R1", "5.00"), ("R2", "1.00")]


async def test_a_refund_on_its_way_must_be_asked_again(
    alipay: Alipay, gateway: AlipayGateway, paid: str
) -> None:
    gateway.refunds_take_time = True

    with pytest.raises(ProviderAway):
        await alipay.refund(refund_of(paid))

    gateway.refunds_take_time = False
    assert await alipay.refund(refund_of(paid)) == paid


async def test_a_refund_whose_answer_was_lost_is_given_once(
    alipay: Alipay, gateway: AlipayGateway, paid: str
) -> None:
    gateway.mood = "unsigned"
    with pytest.raises(ProviderAway):
        await alipay.refund(refund_of(paid))
    gateway.mood = "fine"

    assert await alipay.refund(refund_of(paid)) == paid
    assert gateway.refunded == [("R1", "5.00")]


async def test_the_same_number_for_another_amount_is_not_taken_for_done(
    alipay: Alipay, paid: str
) -> None:
    await alipay.refund(refund_of(paid))

    with pytest.raises(ProviderAway):
        await alipay.refund(refund_of(paid, 600))


async def test_a_signed_no_is_final(alipay: Alipay, opened: str, gateway: AlipayGateway) -> None:
    with pytest.raises(ProviderRefused, match=r"^ACQ\.TRADE_STATUS_ERROR$"):
        await alipay.refund(refund_of(opened))

    assert gateway.refunded == []


@pytest.mark.parametrize("mood", UNTRUSTED)
async def test_a_refund_without_a_trusted_answer_is_unknown(
    alipay: Alipay, gateway: AlipayGateway, paid: str, mood: str
) -> None:
    gateway.mood = mood

    with pytest.raises(ProviderAway):
        await in_a_hurry(alipay).refund(refund_of(paid))
