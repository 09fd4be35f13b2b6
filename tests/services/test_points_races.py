"""Points at the same moment, on real connections and real commits: each counts once."""

from datetime import timedelta
from functools import partial

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import CheckIn, Member, PointsEntry, PointsLot, User
from app.models.base import utcnow
from app.services.checkout import Choice
from app.services.orders import cancel_order
from app.services.points import jobs, spending
from app.services.points.check_ins import check_in
from app.services.refund_sending import begin_sending, end_sending
from app.services.refunds import ask_refund
from app.services.sweep import close_due
from tests.conftest import all_at_once
from tests.factories import make_goods
from tests.points import balance_of, entries_of, give_points, lots_of
from tests.points_story import OPEN, bring, use_points
from tests.refunding import STAFF, lines_of
from tests.shopping import look, make_buyer, order_of, place, wrong_books

CROWD = 20


async def open_shop(session: AsyncSession, *gifts: tuple[int, float]) -> int:
    """A shopper with ¥100 of goods in the cart, and points that last for so many days."""
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    for n, days in gifts:
        await give_points(session, user.id, n, days=days)
    return user.id


async def test_one_balance_is_spent_once_by_twenty_at_a_time(real_db: Database) -> None:
    user_id = await real_db.write(open_shop, (700, 100), (300, 50))
    now = utcnow()

    answers = await all_at_once(
        *(partial(real_db.write, spending.spend, user_id, 1000 + i, 300, now) for i in range(CROWD))
    )

    assert sorted(map(repr, answers)) == ["False"] * 17 + ["True"] * 3
    assert await real_db.read(balance_of, user_id) == 100


async def test_twenty_orders_at_once_pay_with_the_points_once(real_db: Database) -> None:
    user_id = await real_db.write(open_shop, (1_280, 100))
    choice = Choice(None, frozenset(), use_points=True)
    seen = (await real_db.read(look, user_id, choice)).shown

    answers = await all_at_once(
        *(
            partial(
                real_db.write_keyed,
                place,
                user_id,
                key=f"key-{i:02}-0123456789",
                agreed=seen,
                choice=choice,
            )
            for i in range(CROWD)
        )
    )

    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert await real_db.read(balance_of, user_id) == 80
    assert await real_db.read(wrong_books) == []


async def test_twenty_check_ins_at_once_count_once(real_db: Database) -> None:
    user_id = await real_db.write(open_shop)
    now = utcnow()

    answers = await all_at_once(
        *(partial(real_db.write_keyed, check_in, user_id, now) for _ in range(CROWD))
    )

    assert answers == [None] * CROWD
    assert await real_db.read(balance_of, user_id) == 2
    assert await real_db.read(_count_days) == 1
    assert await real_db.read(wrong_books) == []


async def _count_days(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(CheckIn)) or 0


async def test_what_runs_out_is_written_off_or_never_spent(real_db: Database) -> None:
    user_id = await real_db.write(open_shop, (500, 1), (400, 50))
    later = utcnow() + timedelta(days=2)

    answers = await all_at_once(
        partial(real_db.write, jobs.expire_due, later),
        *(partial(real_db.write, spending.spend, user_id, 1000 + i, 300, later) for i in range(4)),
        partial(real_db.write, jobs.expire_due, later),
    )

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert answers[1:-1].count(True) == 1
    entries = await real_db.read(entries_of, user_id)
    assert sorted(entries) == [("earned", 400), ("earned", 500), ("expired", -500), ("spent", -300)]


async def test_four_jobs_open_each_lot_once(real_db: Database) -> None:
    users = await real_db.write(_many_pending, 12)

    answers = await all_at_once(
        *(partial(real_db.write, jobs.open_due, utcnow() + OPEN, limit=5) for _ in range(4))
    )
    while await real_db.write(jobs.open_due, utcnow() + OPEN, limit=5):
        pass

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert [await real_db.read(balance_of, user_id) for user_id in users] == [77] * 12


async def _many_pending(session: AsyncSession, number: int) -> list[int]:
    users = []
    for _ in range(number):
        user_id = (await make_buyer(session)).id
        await give_points(session, user_id, 77)
        users.append(user_id)
    await _make_pending(session)
    return users


async def _make_pending(session: AsyncSession) -> None:
    """As if nothing had opened yet."""
    await session.execute(delete(PointsEntry))
    await session.execute(update(Member).values(points=0))
    await session.execute(update(PointsLot).values(status="pending"))


async def _bring(session: AsyncSession, user_id: int) -> tuple[int, list[str]]:
    """Paid with points and delivered; the order's id, and refunds of its two pieces under way."""
    user = await session.get_one(User, user_id)
    order = await use_points(session, user)
    await bring(session, user, order)
    line = (await lines_of(session, order))[0].id
    numbers = []
    for _ in range(2):
        no = await ask_refund(
            session, order.id, "quality", {line: (1, 0)}, actor=STAFF, now=utcnow()
        )
        assert no
        await begin_sending(session, no)
        numbers.append(no)
    return order.id, numbers


async def test_refunds_done_twice_at_once_count_once_each(real_db: Database) -> None:
    user_id = await real_db.write(open_shop, (1_000, 100))
    _, numbers = await real_db.write(_bring, user_id)

    answers = await all_at_once(
        *(
            partial(real_db.write_keyed, end_sending, no, f"B-{no}", now=utcnow())
            for no in numbers * 4
        )
    )

    assert answers == [None] * 8
    assert await real_db.read(balance_of, user_id) == 1_000
    assert (await real_db.read(lots_of, user_id))[1:] == [
        ("order", "void", 0),
        ("returned", "open", 500),
        ("returned", "open", 500),
    ]
    assert await real_db.read(wrong_books) == []


async def test_refunds_opening_and_check_ins_of_one_shopper_side_by_side(real_db: Database) -> None:
    user_id = await real_db.write(open_shop, (1_000, 100))
    _, numbers = await real_db.write(_bring, user_id)
    later = utcnow() + OPEN

    answers = await all_at_once(
        *(partial(real_db.write_keyed, end_sending, no, f"B-{no}", now=later) for no in numbers),
        *(partial(real_db.write, jobs.open_due, later) for _ in range(3)),
        *(partial(real_db.write, jobs.notice_due, later) for _ in range(2)),
        *(partial(real_db.write_keyed, check_in, user_id, later) for _ in range(3)),
    )

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert await real_db.read(balance_of, user_id) == 1_002
    assert await real_db.read(wrong_books) == []


async def test_the_sweep_and_the_shopper_give_points_back_once(real_db: Database) -> None:
    user_id = await real_db.write(open_shop, (1_280, 100))
    no = await real_db.write(_place, user_id)
    later = utcnow() + timedelta(minutes=16)

    await all_at_once(
        *(partial(real_db.write, close_due, later) for _ in range(3)),
        *(partial(real_db.write_keyed, cancel_order, user_id, no, now=later) for _ in range(3)),
    )

    assert (await real_db.read(order_of, no)).status == "closed"
    assert await real_db.read(balance_of, user_id) == 1_280
    assert await real_db.read(wrong_books) == []


async def _place(session: AsyncSession, user_id: int) -> str:
    return (await use_points(session, await session.get_one(User, user_id))).no
