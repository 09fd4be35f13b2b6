"""Money: asked for once, believed only from a notice, and never lost."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Goods, Payment, User
from app.models.base import utcnow
from app.providers import Notice
from app.services.order_queries import get_head
from app.services.orders import cancel_order
from app.services.payments import begin_payment, get_payment_request, take_notice
from app.services.stray_money import list_strays, settle_stray
from tests.factories import make_user
from tests.shopping import history_of, make_buyer, order_of, place, stock_of, wrong_books


@pytest.fixture
async def buyer(session: AsyncSession, goods: Goods) -> User:
    """Two apples in the cart: ¥19.80 and ¥5.00 for bringing them."""
    return await make_buyer(session, (goods, 2))


@pytest.fixture
async def no(session: AsyncSession, buyer: User) -> str:
    return (await place(session, buyer.id)).no


@pytest.fixture
async def notice(session: AsyncSession, buyer: User, no: str) -> Notice:
    """What the provider will say when the order is paid."""
    payment = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())
    assert payment is not None
    return Notice("sandbox", payment.payment_no, "R1", payment.amount_fen)


async def money(session: AsyncSession) -> list[tuple[str, str | None, int]]:
    rows = await session.execute(
        select(Payment.status, Payment.provider_ref, Payment.received_fen).order_by(Payment.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def test_the_amount_is_the_orders(session: AsyncSession, buyer: User, no: str) -> None:
    payment = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())

    assert payment is not None
    assert (payment.order_no, payment.amount_fen) == (no, 2480)
    assert await get_payment_request(session, payment.payment_no, "sandbox") == payment


async def test_paying_again_goes_on_with_the_same_payment(
    session: AsyncSession, buyer: User, no: str
) -> None:
    first = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())
    second = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())

    assert first == second
    assert await session.scalar(select(func.count()).select_from(Payment)) == 1


async def test_an_overdue_order_cannot_be_paid(session: AsyncSession, buyer: User, no: str) -> None:
    late = utcnow() + timedelta(minutes=16)

    assert await begin_payment(session, buyer.id, no, "sandbox", now=late) is None
    assert await money(session) == []


async def test_somebody_elses_order_cannot_be_paid(session: AsyncSession, no: str) -> None:
    stranger = await make_user(session)

    with pytest.raises(NotFound):
        await begin_payment(session, stranger.id, no, "sandbox", now=utcnow())


async def test_a_payment_is_known_to_its_provider_only(
    session: AsyncSession, notice: Notice
) -> None:
    with pytest.raises(NotFound):
        await get_payment_request(session, notice.payment_no, "bank")


async def test_a_notice_makes_the_order_paid(
    session: AsyncSession, goods: Goods, no: str, notice: Notice
) -> None:
    receipt = await take_notice(session, notice, now=utcnow())

    order = await order_of(session, no)
    await session.refresh(goods)
    assert receipt.status == "paid"
    assert (order.status, order.pay_by) == ("paid", None)
    assert order.paid_at is not None
    assert await money(session) == [("paid", "R1", 2480)]
    assert await history_of(session, no) == ["placed", "paid"]
    assert goods.sales == 2
    assert await stock_of(session, goods.id) == (10, 2)


async def test_counting_a_sale_is_not_an_edit(
    session: AsyncSession, goods: Goods, notice: Notice
) -> None:
    await session.refresh(goods)
    before = goods.updated_at

    await take_notice(session, notice, now=utcnow())

    await session.refresh(goods)
    assert goods.updated_at == before


async def test_the_same_notice_again_changes_nothing(
    session: AsyncSession, goods: Goods, no: str, notice: Notice
) -> None:
    first = await take_notice(session, notice, now=utcnow())

    again = await take_notice(session, notice, now=utcnow())

    await session.refresh(goods)
    assert again == first
    assert goods.sales == 2
    assert await history_of(session, no) == ["placed", "paid"]
    assert await money(session) == [("paid", "R1", 2480)]


async def test_nothing_is_paid_before_the_notice(
    session: AsyncSession, no: str, notice: Notice
) -> None:
    assert (await order_of(session, no)).status == "unpaid"
    assert await money(session) == [("created", None, 0)]


@pytest.mark.parametrize("amount", [1, 2479, 2481])
async def test_a_wrong_amount_is_booked_but_pays_nothing(
    session: AsyncSession, no: str, notice: Notice, amount: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        receipt = await take_notice(session, replace(notice, amount_fen=amount), now=utcnow())

    assert receipt.status == "mismatch"
    assert (await order_of(session, no)).status == "unpaid"
    assert await money(session) == [("mismatch", "R1", amount)]
    assert "mismatch" in caplog.text


async def test_after_a_wrong_amount_the_order_can_still_be_paid(
    session: AsyncSession, buyer: User, no: str, notice: Notice
) -> None:
    await take_notice(session, replace(notice, amount_fen=1), now=utcnow())
    payment = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())
    assert payment is not None

    await take_notice(session, Notice("sandbox", payment.payment_no, "R2", 2480), now=utcnow())

    assert (await order_of(session, no)).status == "paid"
    assert await money(session) == [("mismatch", "R1", 1), ("paid", "R2", 2480)]


async def test_money_for_a_closed_order_is_late(
    session: AsyncSession,
    buyer: User,
    no: str,
    notice: Notice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await cancel_order(session, buyer.id, no, now=utcnow())

    with caplog.at_level(logging.WARNING):
        receipt = await take_notice(session, notice, now=utcnow())

    assert receipt.status == "late"
    assert (await order_of(session, no)).status == "closed"
    assert await money(session) == [("late", "R1", 2480)]
    assert (await get_head(session, buyer.id, no, now=utcnow())).late_fen == 2480
    assert "late" in caplog.text
    assert await wrong_books(session) == []


async def test_a_late_notice_again_answers_the_same(
    session: AsyncSession, buyer: User, no: str, notice: Notice
) -> None:
    await cancel_order(session, buyer.id, no, now=utcnow())
    first = await take_notice(session, notice, now=utcnow())

    assert await take_notice(session, notice, now=utcnow()) == first
    assert await money(session) == [("late", "R1", 2480)]


async def test_money_twice_for_one_payment_is_kept_apart(
    session: AsyncSession, notice: Notice, no: str
) -> None:
    await take_notice(session, notice, now=utcnow())
    second = replace(notice, ref="R2")

    receipt = await take_notice(session, second, now=utcnow())

    assert receipt.status == "late"
    assert await take_notice(session, second, now=utcnow()) == receipt
    assert await money(session) == [("paid", "R1", 2480), ("late", "R2", 2480)]
    assert await history_of(session, no) == ["placed", "paid", "refund_approved"]


async def test_money_just_after_the_deadline_still_counts(
    session: AsyncSession, no: str, notice: Notice
) -> None:
    """Until the order is closed its stock is held, and the shopper has paid."""
    receipt = await take_notice(session, notice, now=utcnow() + timedelta(minutes=16))

    assert receipt.status == "paid"
    assert (await order_of(session, no)).status == "paid"


async def test_money_for_an_unknown_payment_is_kept_once_and_logged(
    session: AsyncSession, notice: Notice, caplog: pytest.LogCaptureFixture
) -> None:
    stray = replace(notice, payment_no="X" * 24)

    with caplog.at_level(logging.WARNING):
        told = [await take_notice(session, stray, now=utcnow()) for _ in range(2)]

    kept = await list_strays(session)
    assert [receipt.status for receipt in told] == ["stray", "stray"]
    assert [(one.ref, one.payment_no, one.amount_fen) for one in kept] == [("R1", "X" * 24, 2480)]
    assert await money(session) == [("created", None, 0)]
    assert "unknown payment" in caplog.text


async def test_stray_money_is_settled_once(session: AsyncSession, notice: Notice) -> None:
    await take_notice(session, replace(notice, payment_no="X" * 24), now=utcnow())
    (stray,) = await list_strays(session)

    await settle_stray(session, stray.id, now=utcnow())

    assert await list_strays(session) == []
    with pytest.raises(NotFound):
        await settle_stray(session, stray.id, now=utcnow())


async def test_another_providers_notice_is_not_for_this_payment(
    session: AsyncSession, no: str, notice: Notice
) -> None:
    receipt = await take_notice(session, replace(notice, provider="bank"), now=utcnow())

    assert receipt.status == "stray"
    assert (await order_of(session, no)).status == "unpaid"


async def test_a_paid_order_is_not_paid_again(
    session: AsyncSession, buyer: User, no: str, notice: Notice
) -> None:
    await take_notice(session, notice, now=utcnow())

    assert await begin_payment(session, buyer.id, no, "sandbox", now=utcnow()) is None
