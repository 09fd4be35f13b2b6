"""The timed work: what is overdue is closed, what is not is left alone."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.background import JOBS, Tools, run_all_jobs
from app.db import Database
from app.models import Goods, IdempotencyKey, LoginThrottle, Order, OrderEvent, UserTicket
from app.models.base import utcnow
from app.services.idempotency import prune_keys
from app.services.order_moves import make_move
from app.services.sweep import close_due, confirm_due, prune
from app.settings import Settings
from tests.conftest import all_at_once
from tests.factories import make_goods, make_ticket, make_user
from tests.shopping import history_of, make_buyer, order_of, place, stock_of, wrong_books

LATER = timedelta(minutes=16)


async def test_an_overdue_order_is_closed_and_its_stock_freed(
    session: AsyncSession, goods: Goods
) -> None:
    buyer = await make_buyer(session, (goods, 3))
    placed = await place(session, buyer.id)

    closed = await close_due(session, utcnow() + LATER)

    order = await order_of(session, placed.no)
    assert closed == [placed.no]
    assert (order.status, order.close_reason) == ("closed", "timeout")
    assert await stock_of(session, goods.id) == (10, 0)
    assert await history_of(session, placed.no) == ["placed", "expired"]
    assert await wrong_books(session) == []


async def test_an_order_in_time_is_left_alone(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 3))
    placed = await place(session, buyer.id)

    assert await close_due(session, utcnow()) == []
    assert (await order_of(session, placed.no)).status == "unpaid"
    assert await stock_of(session, goods.id) == (10, 3)


async def test_a_paid_order_is_left_alone(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    await place(session, buyer.id)
    await session.execute(update(Order).values(status="paid", paid_at=utcnow(), pay_by=None))

    assert await close_due(session, utcnow() + LATER) == []


async def test_a_batch_is_the_oldest_orders(session: AsyncSession, goods: Goods) -> None:
    buyers = [await make_buyer(session, (goods, 1)) for _ in range(3)]
    numbers = [(await place(session, buyer.id)).no for buyer in buyers]

    assert await close_due(session, utcnow() + LATER, limit=2) == numbers[:2]
    assert await close_due(session, utcnow() + LATER, limit=2) == numbers[2:]


async def test_old_keys_are_forgotten(session: AsyncSession, goods: Goods) -> None:
    for _ in range(3):
        await place(session, (await make_buyer(session, (goods, 1))).id)

    kept = await prune_keys(session, utcnow() - LATER)
    pruned = [await prune_keys(session, utcnow() + LATER, limit=2) for _ in range(3)]

    assert kept == 0
    assert pruned == [2, 1, 0]
    assert await session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


async def stock_up(session: AsyncSession) -> list[Goods]:
    return [await make_goods(session, stock=500) for _ in range(2)]


async def place_overdue(session: AsyncSession, goods: list[Goods]) -> None:
    """An order that should have been paid an hour ago."""
    buyer = await make_buyer(session, *[(thing, 2) for thing in goods])
    await place(session, buyer.id, now=utcnow() - timedelta(hours=2))


async def test_many_workers_close_every_order_once(real_db: Database) -> None:
    goods = await real_db.write(stock_up)
    for turn in range(60):
        await real_db.write(place_overdue, goods[:: 1 if turn % 2 else -1])

    tools = Tools(real_db, Settings(_env_file=None), {})
    results = await all_at_once(*[lambda: run_all_jobs(tools)] * 6)

    close = next(job for job in JOBS if job.name == "close_due")
    assert sum(result[close] or 0 for result in results if isinstance(result, dict)) == 60
    assert await real_db.read(stock_of, goods[0].id) == (500, 0)
    assert await real_db.read(wrong_books) == []
    events = select(func.count()).where(OrderEvent.kind == "expired")
    assert await real_db.read(lambda session: session.scalar(events)) == 60


WEEK = timedelta(days=7)


async def deliver(session: AsyncSession, goods: Goods, number: int) -> list[str]:
    """Orders that are delivered now."""
    numbers = []
    for _ in range(number):
        buyer = await make_buyer(session, (goods, 1))
        numbers.append((await place(session, buyer.id)).no)
    values = {"status": "delivered", "delivered_at": utcnow()}
    await session.execute(update(Order).where(Order.no.in_(numbers)).values(**values))
    return numbers


async def test_what_came_a_week_ago_is_completed(session: AsyncSession, goods: Goods) -> None:
    (no,) = await deliver(session, goods, 1)

    early = await confirm_due(session, utcnow() + WEEK - timedelta(minutes=1))
    due = await confirm_due(session, utcnow() + WEEK)
    again = await confirm_due(session, utcnow() + WEEK)

    order = await order_of(session, no)
    assert (early, due, again) == ([], [no], [])
    assert order.status == "completed"
    assert order.completed_at is not None
    assert await history_of(session, no) == ["placed", "completed"]


async def test_a_shopper_who_confirms_first_is_not_confirmed_again(
    session: AsyncSession, goods: Goods
) -> None:
    (no,) = await deliver(session, goods, 1)
    order = await order_of(session, no)
    await make_move(session, order.id, "complete", actor=f"user:{order.user_id}", now=utcnow())

    assert await confirm_due(session, utcnow() + WEEK) == []


async def test_many_workers_complete_every_order_once(real_db: Database) -> None:
    goods = await real_db.write(make_goods, stock=100)
    numbers = [no for _ in range(10) for no in await real_db.write(deliver, goods, 3)]

    results = await all_at_once(*[lambda: real_db.write(confirm_due, utcnow() + WEEK)] * 4)

    done = [no for result in results if isinstance(result, list) for no in result]
    assert sorted(done) == sorted(numbers)


async def test_dead_tickets_and_old_brakes_are_forgotten(session: AsyncSession) -> None:
    user, now = await make_user(session), utcnow()
    await make_ticket(session, user, timedelta(0))
    alive = await make_ticket(session, user, timedelta(minutes=1))
    for subject, age in (("old", timedelta(hours=2)), ("young", timedelta(minutes=2))):
        session.add(LoginThrottle(subject=subject, tries=1, free_at=now, tried_at=now - age))
    await session.flush()

    pruned = await prune(session, utcnow())

    digests = list(await session.scalars(select(UserTicket.digest)))
    assert pruned == 2
    assert digests == [UserTicket.digest_of(alive)]
    assert list(await session.scalars(select(LoginThrottle.subject))) == ["young"]
