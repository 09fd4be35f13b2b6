"""Money that comes and goes at the same moment, on real connections and real commits."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Conflict
from app.models import Goods, Order, Payment, Refund
from app.models.base import utcnow
from app.providers import ProviderAway, RefundRequest
from app.providers.sandbox import Sandbox
from app.services import outbox
from app.services.orders import cancel_order
from app.services.payments import Receipt, take_notice
from app.services.refund_sending import RefundSender
from app.services.refunds import ask_refund
from app.services.sweep import close_due
from tests.conftest import all_at_once
from tests.factories import make_goods
from tests.refunding import STAFF, lines_of, make_delivered, make_paid, refunds_of, wrong_money
from tests.shopping import make_buyer, order_of, pay_notice, place, stock_of, wrong_books

TURNS = 150


@dataclass(frozen=True)
class Provider(Sandbox):
    """Writes down every call; away for the first few."""

    away: list[None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def refund(self, refund: RefundRequest) -> str:
        self.asked.append(refund.refund_no)
        if self.away:
            self.away.pop()
            raise ProviderAway("down")
        return f"SB-{refund.refund_no}"


async def make_unpaid(session: AsyncSession, goods_id: int) -> tuple[int, str]:
    goods = await session.get_one(Goods, goods_id)
    buyer = await make_buyer(session, (goods, 1))
    return buyer.id, (await place(session, buyer.id)).no


async def money_of(session: AsyncSession) -> dict[str, int]:
    """All money that came in, and where it is now."""
    received = await session.scalar(select(func.sum(Payment.received_fen)))
    kept = await session.scalar(select(func.sum(Order.pay_fen)).where(Order.status == "paid"))
    given = await session.scalar(select(func.sum(Refund.amount_fen)))
    return {"received": int(received or 0), "kept": int(kept or 0), "given": int(given or 0)}


async def send_all(db: Database, provider: Sandbox, now: datetime | None = None) -> int:
    handlers = {"refund": RefundSender({"sandbox": provider})}
    return await outbox.take_due(db, handlers, now or utcnow() + timedelta(hours=1))


async def test_paying_against_expiry_a_hundred_and_fifty_times(real_db: Database) -> None:
    """No money lost, none kept without an order or a refund."""
    goods = await real_db.write(make_goods, stock=500)
    later = utcnow() + timedelta(minutes=16)
    outcomes: Counter[tuple[str, str]] = Counter()

    for turn in range(TURNS):
        user_id, no = await real_db.write(make_unpaid, goods.id)
        notice = await pay_notice(real_db, user_id, no, ref=f"R{turn}")
        pay = partial(real_db.write_keyed, take_notice, notice, now=later)
        expire = partial(real_db.write, close_due, later)
        results = await all_at_once(*((pay, expire) if turn % 2 else (expire, pay)))
        (receipt,) = [result for result in results if isinstance(result, Receipt)]
        order = await real_db.read(order_of, no)
        refunds = await real_db.read(refunds_of, order)
        assert refunds == ([("late", "approved", 1490)] if receipt.status == "late" else [])
        outcomes[receipt.status, order.status] += 1

    assert set(outcomes) <= {("paid", "paid"), ("late", "closed")}
    money = await real_db.read(money_of)
    assert money["received"] == TURNS * 1490 == money["kept"] + money["given"]
    assert await real_db.read(wrong_money) == []
    assert await real_db.read(wrong_books) == []
    assert await real_db.read(stock_of, goods.id) == (500, outcomes["paid", "paid"])


async def test_paying_against_calling_off(real_db: Database) -> None:
    """Called off before or after the money: either way it goes back, once."""
    goods = await real_db.write(make_goods, stock=100)
    for turn in range(30):
        user_id, no = await real_db.write(make_unpaid, goods.id)
        notice = await pay_notice(real_db, user_id, no, ref=f"R{turn}")
        pay = partial(real_db.write_keyed, take_notice, notice, now=utcnow())
        cancel = partial(real_db.write_keyed, cancel_order, user_id, no, now=utcnow())

        await all_at_once(*((pay, cancel, pay) if turn % 2 else (cancel, pay, cancel)))

        order = await real_db.read(order_of, no)
        ((kind, _, amount),) = await real_db.read(refunds_of, order)
        assert (order.status, amount, kind in {"late", "cancel"}) == ("closed", 1490, True)
    assert await real_db.read(wrong_money) == []
    assert await real_db.read(wrong_books) == []
    assert await real_db.read(stock_of, goods.id) == (100, 0)


async def deliver_three(session: AsyncSession) -> tuple[int, int]:
    _, order = await make_delivered(session, (await make_goods(session), 3))
    (line,) = await lines_of(session, order)
    return order.id, line.id


async def test_many_refunds_at_once_never_exceed_what_was_paid(real_db: Database) -> None:
    order_id, line_id = await real_db.write(deliver_three)
    give = partial(
        real_db.write,
        ask_refund,
        order_id,
        "quality",
        {line_id: (1, 0)},
        ship_fen=500,
        actor=STAFF,
        now=utcnow(),
    )
    give_goods = partial(give, ship_fen=0)

    results = await all_at_once(*[give, give_goods] * 6)

    given = [result for result in results if isinstance(result, str)]
    assert len(given) == 3
    assert sum(isinstance(result, Conflict) for result in results) == 9
    refunded = await real_db.read(
        lambda session: session.scalar(select(Order.refunded_fen).where(Order.id == order_id))
    )
    assert refunded in {3 * 990, 3 * 990 + 500}
    assert await real_db.read(wrong_money) == []


async def pay_many(session: AsyncSession, number: int) -> list[tuple[int, str]]:
    goods = await make_goods(session, stock=100)
    made = [await make_paid(session, (goods, 1)) for _ in range(number)]
    return [(buyer.id, order.no) for buyer, order in made]


async def call_off_many(db: Database, number: int) -> None:
    for _ in range(number // 5):
        for user_id, no in await db.write(pay_many, 5):
            await db.write_keyed(cancel_order, user_id, no, now=utcnow())


async def count_refunds(session: AsyncSession, status: str) -> int:
    return await session.scalar(select(func.count()).where(Refund.status == status)) or 0


async def test_four_workers_send_each_refund_once(real_db: Database) -> None:
    await call_off_many(real_db, 40)
    provider = Provider("secret")

    await all_at_once(*[partial(send_all, real_db, provider)] * 4)

    assert len(provider.asked) == len(set(provider.asked)) == 40
    assert await real_db.read(count_refunds, "done") == 40
    assert await real_db.read(wrong_money) == []


async def test_a_provider_that_was_down_is_asked_later_under_the_same_numbers(
    real_db: Database,
) -> None:
    await call_off_many(real_db, 10)
    provider = Provider("secret", away=[None] * 13)
    now = utcnow() + timedelta(minutes=1)

    for hour in range(4):
        await all_at_once(
            *[partial(send_all, real_db, provider, now + hour * timedelta(hours=2))] * 2
        )

    assert await real_db.read(count_refunds, "done") == 10
    assert (len(provider.asked), len(set(provider.asked))) == (23, 10)
    assert await real_db.read(wrong_money) == []
