"""Points come by orders and check-ins, and go with refunds and with time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Member
from app.models.base import utcnow
from app.services.members import lock_member
from app.services.points import check_ins, earning, jobs, rules, spending
from app.services.vip import LEVELS
from tests.factories import make_goods
from tests.points import balance_of, entries_of, give_points, lots_of
from tests.points_story import OPEN, bring, refund
from tests.refunding import lines_of, make_delivered
from tests.shopping import make_buyer, order_of, place, wrong_books


@pytest.mark.parametrize(
    ("fen", "level", "points"),
    [
        (99, 0, 0),
        (100, 0, 1),
        (12_999, 0, 129),
        (12_999, 1, 141),
        (12_999, 3, 193),
        (5_000, 4, 100),
    ],
)
def test_points_are_whole_yuan_times_the_levels_rate(fen: int, level: int, points: int) -> None:
    assert rules.points_for(fen, LEVELS[level].points_bp) == points


@pytest.mark.parametrize(
    ("opening", "end"),
    [
        (datetime(2026, 3, 15, 12, tzinfo=UTC), datetime(2027, 3, 31, 16, tzinfo=UTC)),
        # By the shop's clock it is January already.
        (datetime(2026, 12, 31, 17, tzinfo=UTC), datetime(2028, 1, 31, 16, tzinfo=UTC)),
        (datetime(2026, 12, 31, 15, tzinfo=UTC), datetime(2027, 12, 31, 16, tzinfo=UTC)),
        (datetime(2026, 11, 30, 15, tzinfo=UTC), datetime(2027, 11, 30, 16, tzinfo=UTC)),
    ],
)
def test_points_last_to_the_end_of_the_month_a_year_later(opening: datetime, end: datetime) -> None:
    assert rules.expiry_of(opening) == end


async def test_an_order_that_came_brings_points_that_can_be_used_in_a_week(
    session: AsyncSession,
) -> None:
    user, _ = await make_delivered(session, (await make_goods(session, price=5050), 2))

    assert await lots_of(session, user.id) == [("order", "pending", 101)]
    assert await balance_of(session, user.id) == 0
    assert await jobs.open_due(session, utcnow()) == []
    assert await jobs.open_due(session, utcnow() + OPEN) == [user.id]
    assert await jobs.open_due(session, utcnow() + OPEN) == []
    assert await lots_of(session, user.id) == [("order", "open", 101)]
    assert await entries_of(session, user.id) == [("earned", 101)]
    assert await wrong_books(session) == []


async def test_the_level_at_delivery_multiplies_the_points(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5050), 2))
    await lock_member(session, user.id)
    await session.execute(update(Member).where(Member.user_id == user.id).values(level=2))
    order = await order_of(session, (await place(session, user.id)).no)
    await bring(session, user, order)

    assert await lots_of(session, user.id) == [("order", "pending", 121)]


async def test_an_order_under_a_yuan_brings_none(session: AsyncSession) -> None:
    user, _ = await make_delivered(session, (await make_goods(session, price=99), 1))

    assert await lots_of(session, user.id) == []


async def test_a_refund_takes_points_that_are_still_to_come(session: AsyncSession) -> None:
    user, order = await make_delivered(session, (await make_goods(session, price=5050), 2))
    line = (await lines_of(session, order))[0].id

    await refund(session, order, line, 1, "quality")
    assert await lots_of(session, user.id) == [("order", "pending", 50)]
    await jobs.open_due(session, utcnow() + OPEN)
    assert await balance_of(session, user.id) == 50
    assert await wrong_books(session) == []


async def test_a_refund_takes_points_of_that_order_first_then_others_then_is_owed(
    session: AsyncSession,
) -> None:
    user, order = await make_delivered(session, (await make_goods(session, price=50_500), 2))
    line = (await lines_of(session, order))[0].id
    await jobs.open_due(session, utcnow() + OPEN)
    await give_points(session, user.id, 300, days=500)
    await give_points(session, user.id, 100, days=2)
    assert await spending.spend(session, user.id, order.id + 1, 1_010, utcnow())
    assert await lots_of(session, user.id) == [
        ("order", "open", 100),
        ("gift", "open", 300),
        ("gift", "spent", 0),
    ]

    await refund(session, order, line, 1, "quality")

    assert await balance_of(session, user.id) == 400 - 505
    assert (await entries_of(session, user.id))[-2:] == [("taken_back", -205), ("taken_back", -300)]
    assert (await spending.get_purse(session, user.id, utcnow())).usable == 0


async def test_what_opens_settles_the_debt_first(session: AsyncSession) -> None:
    user, order = await make_delivered(session, (await make_goods(session, price=50_000), 2))
    line = (await lines_of(session, order))[0].id
    await jobs.open_due(session, utcnow() + OPEN)
    await spending.spend(session, user.id, order.id + 1, 1_000, utcnow())
    await refund(session, order, line, 2, "quality")
    assert await balance_of(session, user.id) == -1_000

    await give_points(session, user.id, 400)
    assert await balance_of(session, user.id) == -600
    await give_points(session, user.id, 1_000)

    assert await balance_of(session, user.id) == 400
    assert await lots_of(session, user.id) == [
        ("order", "spent", 0),
        ("gift", "spent", 0),
        ("gift", "open", 400),
    ]


async def test_points_run_out_and_are_told_of_once_at_30_and_at_7_days(
    session: AsyncSession,
) -> None:
    user = await make_buyer(session)
    now = utcnow()
    await give_points(session, user.id, 120, days=40, now=now)
    heard = []
    for days in (1, 11, 12, 32, 34, 34, 39):
        at = now + timedelta(days=days)
        heard.append(await jobs.notice_due(session, at) == [user.id])
        assert await jobs.expire_due(session, at) == []
    expired = await jobs.expire_due(session, now + timedelta(days=40))

    assert heard == [False, True, False, False, True, False, False]
    assert expired == [user.id]
    assert await entries_of(session, user.id) == [("earned", 120), ("expired", -120)]
    assert await balance_of(session, user.id) == 0
    assert await jobs.expire_due(session, now + timedelta(days=41)) == []


async def test_what_is_found_late_is_told_of_once(session: AsyncSession) -> None:
    user = await make_buyer(session)
    now = utcnow()
    await give_points(session, user.id, 120, days=5, now=now)

    assert await jobs.notice_due(session, now) == [user.id]
    assert await jobs.notice_due(session, now) == []


async def test_checking_in_brings_more_every_day_in_a_row(session: AsyncSession) -> None:
    user = await make_buyer(session)
    now = datetime(2026, 5, 1, 3, tzinfo=UTC)
    balances = []
    for day in (0, 1, 2, 3, 4, 5, 6, 7, 9):
        at = now + timedelta(days=day)
        for _ in range(2):
            await check_ins.check_in(session, user.id, at)
        balances.append(await balance_of(session, user.id))

    assert balances == [2, 4, 7, 10, 15, 20, 30, 32, 34]
    week = await check_ins.get_week(session, user.id, at)
    assert (week.streak, week.is_done) == (1, True)


async def test_the_shops_midnight_begins_a_new_day(session: AsyncSession) -> None:
    user = await make_buyer(session)
    before = datetime(2026, 5, 1, 15, 59, tzinfo=UTC)

    await check_ins.check_in(session, user.id, before)
    await check_ins.check_in(session, user.id, before + timedelta(minutes=2))

    assert await balance_of(session, user.id) == 4


@pytest.mark.parametrize(
    ("streak", "is_done", "numbers", "today"),
    [(0, False, 1, 1), (6, False, 1, 7), (7, True, 1, 7), (7, False, 8, 8), (8, True, 8, 8)],
)
def test_the_week_shows_where_the_shopper_stands(
    streak: int, is_done: bool, numbers: int, today: int
) -> None:
    days = check_ins.Week(streak, is_done).days

    assert [day.number for day in days] == list(range(numbers, numbers + 7))
    assert [day.number for day in days if day.is_today] == [today]
    assert [day.number for day in days if day.is_done] == list(range(numbers, streak + 1))


async def test_an_account_that_closes_loses_everything(session: AsyncSession) -> None:
    user, order = await make_delivered(session, (await make_goods(session, price=5050), 2))
    await give_points(session, user.id, 300)

    await earning.forfeit_all(session, user.id, utcnow())

    assert await balance_of(session, user.id) == 0
    assert await lots_of(session, user.id) == [("order", "void", 0), ("gift", "spent", 0)]
    line = (await lines_of(session, order))[0].id
    await refund(session, order, line, 1, "quality")
    assert await balance_of(session, user.id) == 0
    assert await wrong_books(session) == []
