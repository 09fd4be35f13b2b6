"""Money goes back: all of it, in parts, by itself; and never more than came in."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Conflict, MoveRefused, NotFound
from app.models import Coupon, Goods, Order, OrderLine, OrderLineOff, OutboxItem, Payment, Refund
from app.models.base import utcnow
from app.providers import Notice, ProviderAway, ProviderRefused, RefundRequest
from app.providers.sandbox import Sandbox
from app.services import outbox
from app.services.orders import cancel_order, close_order
from app.services.payments import begin_payment, take_notice
from app.services.refund_decisions import approve_refund, reject_refund, retry_refund
from app.services.refund_sending import RefundSender
from app.services.refunds import ask_refund
from app.services.shipment_moves import deliver, send_out
from tests.factories import make_goods
from tests.refunding import (
    STAFF,
    lines_of,
    make_delivered,
    make_paid,
    pay,
    pick,
    refunds_of,
    send,
    wrong_money,
)
from tests.shopping import history_of, make_buyer, order_of, place, stock_of, wrong_books

LATER = timedelta(hours=2)


@dataclass(frozen=True)
class Provider(Sandbox):
    """A sandbox that can be away, and writes down what it was asked."""

    answers: list[Exception | None] = field(default_factory=list)
    asked: list[RefundRequest] = field(default_factory=list)

    async def refund(self, refund: RefundRequest) -> str:
        self.asked.append(refund)
        trouble = self.answers.pop(0) if self.answers else None
        if trouble is not None:
            raise trouble
        return f"SB-{refund.refund_no}"


async def send_due(db: Database, provider: Sandbox, *, later: timedelta = timedelta(0)) -> int:
    handlers = {"refund": RefundSender({"sandbox": provider})}
    return await outbox.take_due(db, handlers, utcnow() + later)


async def check(session: AsyncSession) -> None:
    assert await wrong_money(session) == []
    assert await wrong_books(session) == []


async def test_a_paid_order_is_called_off_with_everything(
    session: AsyncSession, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 2))
    await session.refresh(goods)
    assert goods.sales == 2

    await cancel_order(session, buyer.id, order.no, now=utcnow())

    after = await order_of(session, order.no)
    await session.refresh(goods)
    assert (after.status, after.close_reason, after.refunded_fen) == ("closed", "user", 2480)
    assert await refunds_of(session, order) == [("cancel", "approved", 2480)]
    assert await stock_of(session, goods.id) == (10, 0)
    assert goods.sales == 0
    assert await history_of(session, order.no) == ["placed", "paid", "cancelled", "refund_approved"]
    await check(session)


async def test_calling_off_twice_refunds_once(session: AsyncSession, goods: Goods) -> None:
    buyer, order = await make_paid(session, (goods, 2))

    for _ in range(2):
        await cancel_order(session, buyer.id, order.no, now=utcnow())

    assert await refunds_of(session, order) == [("cancel", "approved", 2480)]
    await check(session)


async def test_from_packing_on_the_shopper_cannot_call_off(
    session: AsyncSession, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 2))
    await pick(session, order)

    with pytest.raises(MoveRefused) as refusal:
        await cancel_order(session, buyer.id, order.no, now=utcnow())

    assert refusal.value.moves == ()
    assert (await order_of(session, order.no)).status == "picking"
    assert await refunds_of(session, order) == []
    await check(session)


async def test_staff_call_off_while_packing(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_paid(session, (goods, 2))
    await pick(session, order)

    await close_order(session, order.id, "close", "cancel", actor=STAFF, now=utcnow())

    after = await order_of(session, order.no)
    assert (after.close_reason, after.refunded_fen) == ("admin", after.pay_fen)
    assert await stock_of(session, goods.id) == (10, 0)
    await check(session)


async def test_money_after_closing_goes_back_by_itself(
    session: AsyncSession, db: Database, goods: Goods
) -> None:
    buyer = await make_buyer(session, (goods, 2))
    no = (await place(session, buyer.id)).no
    payment = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())
    assert payment is not None
    await cancel_order(session, buyer.id, no, now=utcnow())
    notice = Notice("sandbox", payment.payment_no, "R1", payment.amount_fen)

    for _ in range(2):
        assert (await take_notice(session, notice, now=utcnow())).status == "late"
    await session.commit()
    provider = Provider("secret")
    await send_due(db, provider)

    order = await order_of(session, no)
    assert await refunds_of(session, order) == [("late", "done", 2480)]
    assert (order.status, order.refunded_fen) == ("closed", 0)
    assert [(ask.payment_no, ask.provider_ref) for ask in provider.asked] == [
        (payment.payment_no, "R1")
    ]
    assert await history_of(session, no) == [
        *("placed", "cancelled", "refund_approved", "refund_done"),
    ]
    await check(session)


async def test_a_second_payment_goes_back(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_paid(session, (goods, 2))
    payment = (await session.scalars(select(Payment))).one()

    await take_notice(session, Notice("sandbox", payment.no, "R2", 2480), now=utcnow())

    assert await refunds_of(session, order) == [("late", "approved", 2480)]
    assert (await order_of(session, order.no)).status == "paid"
    await check(session)


@pytest.mark.parametrize("amount", [1, 2479, 9999])
async def test_a_wrong_amount_goes_back_as_it_came(
    session: AsyncSession, goods: Goods, amount: int
) -> None:
    buyer = await make_buyer(session, (goods, 2))
    no = (await place(session, buyer.id)).no
    payment = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())
    assert payment is not None

    await take_notice(session, Notice("sandbox", payment.payment_no, "R1", amount), now=utcnow())

    order = await order_of(session, no)
    assert order.status == "unpaid"
    assert await refunds_of(session, order) == [("mismatch", "approved", amount)]
    await check(session)


async def take_off(session: AsyncSession, no: str, fen: int) -> None:
    """Make the only line of an order cheaper, as a promotion would."""
    order = await order_of(session, no)
    (line,) = await lines_of(session, order)
    off = {"off_fen": fen, "pay_fen": Order.pay_fen - fen}
    await session.execute(update(Order).where(Order.id == order.id).values(off))
    off["pay_fen"] = OrderLine.pay_fen - fen
    await session.execute(update(OrderLine).where(OrderLine.id == line.id).values(off))
    session.add(OrderLineOff(line_id=line.id, lane=2, source="promo:1", amount_fen=fen))
    await session.flush()


async def make_uneven(session: AsyncSession) -> Order:
    """Three pieces for ¥9.98, which do not split evenly, delivered."""
    goods = await make_goods(session, price=333)
    buyer = await make_buyer(session, (goods, 3))
    no = (await place(session, buyer.id)).no
    await take_off(session, no, 1)
    await pay(session, buyer.id, no)
    parcel = await send(session, await order_of(session, no))
    await send_out(session, parcel, now=utcnow())
    await deliver(session, parcel, actor=STAFF, now=utcnow())
    return await order_of(session, no)


async def test_parts_add_up_to_what_was_paid(session: AsyncSession) -> None:
    order = await make_uneven(session)
    (line,) = await lines_of(session, order)

    for _ in range(3):
        await ask_refund(session, order.id, "quality", {line.id: (1, 0)}, actor=STAFF, now=utcnow())

    (line,) = await lines_of(session, order)
    assert (line.refunded_quantity, line.refunded_fen) == (3, 998)
    assert [fen for _, _, fen in await refunds_of(session, order)] == [332, 333, 333]
    await check(session)


async def test_more_pieces_than_bought_are_refused(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_delivered(session, (goods, 2))
    (line,) = await lines_of(session, order)
    await ask_refund(session, order.id, "quality", {line.id: (1, 0)}, actor=STAFF, now=utcnow())

    for wanted in ((2, 0), (0, 0), (-1, 0), (1, 2)):
        with pytest.raises(Conflict):
            await ask_refund(
                session, order.id, "quality", {line.id: wanted}, actor=STAFF, now=utcnow()
            )

    assert await refunds_of(session, order) == [("quality", "approved", 990)]
    await check(session)


async def test_a_line_of_another_order_is_not_found(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_delivered(session, (goods, 1))
    _, other = await make_delivered(session, (goods, 1))
    (line,) = await lines_of(session, other)

    with pytest.raises(NotFound):
        await ask_refund(session, order.id, "quality", {line.id: (1, 0)}, actor=STAFF, now=utcnow())


async def test_the_delivery_fee_is_given_back_once(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_delivered(session, (goods, 2))
    (line,) = await lines_of(session, order)

    async def give(fee: int) -> None:
        await ask_refund(
            session,
            order.id,
            "quality",
            {line.id: (1, 0)},
            ship_fen=fee,
            actor=STAFF,
            now=utcnow(),
        )

    with pytest.raises(Conflict):
        async with session.begin_nested():
            await give(501)
    await give(500)
    with pytest.raises(Conflict):
        async with session.begin_nested():
            await give(1)
    await give(0)

    assert (await order_of(session, order.no)).refunded_fen == 2480
    await check(session)


@pytest.mark.parametrize(("restock", "stock"), [(2, (10, 0)), (1, (9, 0)), (0, (8, 0))])
async def test_a_shortage_frees_what_it_held(
    session: AsyncSession, goods: Goods, restock: int, stock: tuple[int, int]
) -> None:
    pear = await make_goods(session)
    _, order = await make_paid(session, (goods, 2), (pear, 1))
    await pick(session, order)
    line = (await lines_of(session, order))[0]

    await ask_refund(
        session, order.id, "shortage", {line.id: (2, restock)}, actor=STAFF, now=utcnow()
    )

    assert await stock_of(session, goods.id) == stock
    assert await stock_of(session, pear.id) == (10, 1)
    assert await refunds_of(session, order) == [("shortage", "approved", 1980)]
    await check(session)


async def test_what_was_sent_cannot_be_short(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_paid(session, (goods, 2))
    await send(session, order)
    (line,) = await lines_of(session, order)

    with pytest.raises(Conflict):
        async with session.begin_nested():
            await ask_refund(
                session, order.id, "shortage", {line.id: (1, 0)}, actor=STAFF, now=utcnow()
            )

    assert await stock_of(session, goods.id) == (8, 0)
    await check(session)


async def test_what_comes_back_is_counted_as_staff_say(session: AsyncSession, goods: Goods) -> None:
    _, order = await make_delivered(session, (goods, 3))
    (line,) = await lines_of(session, order)

    await ask_refund(session, order.id, "quality", {line.id: (3, 1)}, actor=STAFF, now=utcnow())

    assert await stock_of(session, goods.id) == (8, 0)
    await check(session)


async def test_a_shortage_then_calling_off_gives_back_the_rest(
    session: AsyncSession, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 3))
    (line,) = await lines_of(session, order)
    await ask_refund(session, order.id, "shortage", {line.id: (1, 0)}, actor=STAFF, now=utcnow())

    await cancel_order(session, buyer.id, order.no, now=utcnow())

    assert await refunds_of(session, order) == [
        ("shortage", "approved", 990),
        ("cancel", "approved", 2480),
    ]
    assert await stock_of(session, goods.id) == (9, 0)
    await check(session)


@pytest.mark.parametrize("kind", ["quality", "goodwill"])
async def test_goods_that_have_not_come_cannot_be_bad(
    session: AsyncSession, goods: Goods, kind: str
) -> None:
    _, order = await make_paid(session, (goods, 1))
    (line,) = await lines_of(session, order)

    with pytest.raises(MoveRefused):
        await ask_refund(session, order.id, kind, {line.id: (1, 0)}, actor=STAFF, now=utcnow())

    assert await refunds_of(session, order) == []


async def test_a_refund_reaches_the_provider_once(
    session: AsyncSession, db: Database, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 2))
    await cancel_order(session, buyer.id, order.no, now=utcnow())
    await session.commit()
    provider = Provider("secret")

    sent = [await send_due(db, provider, later=LATER) for _ in range(2)]

    refund = (await session.scalars(select(Refund))).one()
    assert sent == [1, 0]
    assert (refund.status, refund.provider_ref) == ("done", f"SB-{refund.no}")
    assert refund.done_at is not None
    assert [(ask.refund_no, ask.amount_fen) for ask in provider.asked] == [(refund.no, 2480)]


async def test_a_provider_that_is_away_is_asked_again_under_the_same_number(
    session: AsyncSession, db: Database, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 2))
    await cancel_order(session, buyer.id, order.no, now=utcnow())
    await session.commit()
    provider = Provider("secret", answers=[ProviderAway("down"), TimeoutError(), None])

    sent = [await send_due(db, provider, later=later * LATER) for later in (0, 0, 1, 2)]

    assert sent == [0, 0, 0, 1]
    assert len(provider.asked) == 3
    assert len({ask.refund_no for ask in provider.asked}) == 1
    assert await refunds_of(session, order) == [("cancel", "done", 2480)]
    await check(session)


async def test_a_provider_that_is_gone_from_the_settings_waits(
    session: AsyncSession, db: Database, goods: Goods
) -> None:
    buyer, order = await make_paid(session, (goods, 2))
    await cancel_order(session, buyer.id, order.no, now=utcnow())
    await session.commit()

    await outbox.take_due(db, {"refund": RefundSender({})}, utcnow())

    item = (await session.scalars(select(OutboxItem))).one()
    assert (item.done_at, item.tries) == (None, 1)
    assert "no provider sandbox" in item.last_error
    assert await refunds_of(session, order) == [("cancel", "sending", 2480)]


async def test_what_the_provider_refuses_waits_for_a_person(
    session: AsyncSession, db: Database, goods: Goods
) -> None:
    _, order = await make_delivered(session, (goods, 2))
    (line,) = await lines_of(session, order)
    no = await ask_refund(
        session, order.id, "quality", {line.id: (1, 0)}, actor=STAFF, now=utcnow()
    )
    await session.commit()
    provider = Provider("secret", answers=[ProviderRefused("CLOSED"), None])
    assert no is not None

    await send_due(db, provider)
    failed = await refunds_of(session, order), (await order_of(session, order.no)).refunded_fen
    await check(session)
    await retry_refund(session, no, actor=STAFF, now=utcnow())
    await session.commit()
    await send_due(db, provider)

    assert failed == ([("quality", "failed", 990)], 0)
    assert await refunds_of(session, order) == [("quality", "done", 990)]
    assert [ask.refund_no for ask in provider.asked] == [no, no]
    assert (await order_of(session, order.no)).refunded_fen == 990
    await check(session)


async def ask_one(session: AsyncSession, order: Order) -> str:
    (line,) = await lines_of(session, order)
    no = await ask_refund(
        session,
        order.id,
        "quality",
        {line.id: (1, 0)},
        actor="user:1",
        now=utcnow(),
        is_approved=False,
    )
    assert no is not None
    return no


async def test_what_was_asked_for_waits_until_it_is_approved(
    session: AsyncSession, db: Database, goods: Goods
) -> None:
    _, order = await make_delivered(session, (goods, 2))
    no = await ask_one(session, order)
    (line,) = await lines_of(session, order)
    await session.commit()
    before = await send_due(db, Provider("secret"))
    await check(session)

    await approve_refund(session, no, restocked={line.id: 1}, actor=STAFF, now=utcnow())
    await session.commit()

    assert (before, await send_due(db, Provider("secret"))) == (0, 1)
    assert await refunds_of(session, order) == [("quality", "done", 990)]
    assert await stock_of(session, goods.id) == (9, 0)
    await check(session)


async def test_what_was_turned_down_can_be_given_back_later(
    session: AsyncSession, goods: Goods
) -> None:
    _, order = await make_delivered(session, (goods, 1))
    no = await ask_one(session, order)

    await reject_refund(session, no, reason="It was fine", actor=STAFF, now=utcnow())

    assert (await order_of(session, order.no)).refunded_fen == 0
    await check(session)
    await ask_one(session, order)
    await check(session)


@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_a_decision_is_made_once(session: AsyncSession, goods: Goods, decision: str) -> None:
    _, order = await make_delivered(session, (goods, 1))
    no = await ask_one(session, order)
    await approve_refund(session, no, actor=STAFF, now=utcnow())

    again = approve_refund if decision == "approve" else partial(reject_refund, reason="No")
    with pytest.raises(Conflict):
        await again(session, no, actor=STAFF, now=utcnow())

    assert await refunds_of(session, order) == [("quality", "approved", 990)]


async def test_an_order_that_costs_nothing_is_paid_by_nobody(
    session: AsyncSession, goods: Goods
) -> None:
    buyer = await make_buyer(session, (goods, 1))
    no = (await place(session, buyer.id)).no
    await take_off(session, no, 990)
    await session.execute(update(Order).values(ship_fen=0, pay_fen=0))

    payment = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())

    assert payment is None
    assert (await order_of(session, no)).status == "paid"
    await cancel_order(session, buyer.id, no, now=utcnow())
    order = await order_of(session, no)
    assert (order.status, await refunds_of(session, order)) == ("closed", [])
    assert await stock_of(session, goods.id) == (10, 0)
    await check(session)


async def test_nothing_is_refunded_before_the_money_came(
    session: AsyncSession, goods: Goods
) -> None:
    buyer = await make_buyer(session, (goods, 1))
    no = (await place(session, buyer.id)).no

    await cancel_order(session, buyer.id, no, now=utcnow())

    assert await refunds_of(session, await order_of(session, no)) == []
    assert await session.scalar(select(Coupon.id)) is None
    await check(session)


async def test_a_notice_of_another_payment_is_for_that_payment(
    session: AsyncSession, goods: Goods
) -> None:
    """Two payments were begun; the second pays, the first comes late and goes back."""
    buyer = await make_buyer(session, (goods, 2))
    no = (await place(session, buyer.id)).no
    first = await begin_payment(session, buyer.id, no, "sandbox", now=utcnow())
    second = await begin_payment(session, buyer.id, no, "other", now=utcnow())
    assert first is not None
    assert second is not None
    notice = Notice("other", second.payment_no, "O1", 2480)
    await take_notice(session, notice, now=utcnow())

    late = replace(notice, provider="sandbox", payment_no=first.payment_no, ref="S1")
    receipt = await take_notice(session, late, now=utcnow())

    order = await order_of(session, no)
    assert (receipt.status, order.status) == ("late", "paid")
    assert await refunds_of(session, order) == [("late", "approved", 2480)]
    await check(session)
