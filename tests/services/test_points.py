"""Points: earned, spent by earliest expiry, given back, taken back; the ledger always agrees."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import CheckoutRefused
from app.models import Member, Order, PointsLot, User
from app.models.base import utcnow
from app.services.checkout import Choice
from app.services.happenings import Happening
from app.services.members import lock_member
from app.services.orders import cancel_order, close_order
from app.services.points import check_ins, earning, jobs, rules, spending
from app.services.refund_books import lock_order
from app.services.refund_decisions import reject_refund
from app.services.refund_sending import begin_sending, end_sending
from app.services.refunds import ask_refund
from app.services.shipment_failures import fail_parcel
from app.services.shipment_moves import deliver, send_out
from app.services.sweep import close_due
from tests.factories import make_goods
from tests.points import balance_of, entries_of, give_points, lots_of
from tests.refunding import STAFF, lines_of, make_delivered, pay, send
from tests.shopping import look, make_buyer, order_of, place, wrong_books

WEEK = timedelta(days=7, seconds=1)


async def use_points(session: AsyncSession, user: User, *, key: str = "key-points-000001") -> Order:
    """Place with as many points as can be used."""
    seen = await look(session, user.id)
    choice = Choice(seen.slot.id if seen.slot else None, frozenset(), use_points=True)
    return await order_of(session, (await place(session, user.id, key=key, choice=choice)).no)


async def refund(session: AsyncSession, order: Order, line: int, pieces: int, kind: str) -> None:
    """Ask for it and see it done."""
    no = await ask_refund(session, order.id, kind, {line: (pieces, 0)}, actor=STAFF, now=utcnow())
    if no:
        assert await begin_sending(session, no)
        await end_sending(session, no, "B1", now=utcnow())


async def bring(session: AsyncSession, user: User, order: Order) -> None:
    await pay(session, user.id, order.no)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())
    await deliver(session, parcel, actor=STAFF, now=utcnow())


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
    assert rules.points_for(fen, rules.rate_of(level)) == points


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
    assert await jobs.open_due(session, utcnow() + WEEK) == [user.id]
    assert await jobs.open_due(session, utcnow() + WEEK) == []
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


async def test_points_pay_up_to_thirty_percent_in_whole_yuan(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5050), 2))
    await give_points(session, user.id, 9_999)

    order = await use_points(session, user)

    assert (order.goods_fen, order.points_fen, order.pay_fen) == (10_100, 3_000, 7_100)
    assert sum(line.points_fen for line in await lines_of(session, order)) == 3_000
    assert await balance_of(session, user.id) == 6_999
    assert await wrong_books(session) == []


async def test_those_that_run_out_first_are_spent_first(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    for n, days in ((1_000, 300), (600, 40), (500, 41)):
        await give_points(session, user.id, n, days=days)

    order = await use_points(session, user)

    assert order.points_fen == 1_500
    assert await lots_of(session, user.id) == [
        ("gift", "open", 600),
        ("gift", "spent", 0),
        ("gift", "spent", 0),
    ]


async def test_points_that_ran_out_are_never_spent_though_no_job_came(
    session: AsyncSession,
) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    now = utcnow()
    for n, days in ((900, 1), (200, 200)):
        await give_points(session, user.id, n, days=days, now=now - timedelta(days=2))

    purse = await spending.get_purse(session, user.id, now)
    order = await use_points(session, user)

    assert (purse.balance, purse.usable) == (200, 200)
    assert order.points_fen == 200
    assert await entries_of(session, user.id) == [
        ("earned", 900),
        ("earned", 200),
        ("expired", -900),
        ("spent", -200),
    ]


async def test_an_offer_with_other_points_is_refused_in_words(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    await give_points(session, user.id, 500)
    choice = Choice(None, frozenset(), use_points=True)
    seen = await look(session, user.id, choice)
    await spending.spend(session, user.id, 0, 300, utcnow())

    with pytest.raises(CheckoutRefused) as refused:
        await place(session, user.id, choice=choice, agreed=seen.shown)

    said = [message.text for message in refused.value.fields.values()]
    assert "Points pay %(new)s now, not %(old)s" in said


async def test_who_has_none_can_use_none(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))

    order = await use_points(session, user)

    assert order.points_fen == 0
    assert await spending.spend(session, user.id, order.id, 1, utcnow()) is False


@pytest.mark.parametrize("is_paid", [False, True])
async def test_a_cancelled_order_gives_all_its_points_back(
    session: AsyncSession, is_paid: bool
) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 1))
    await give_points(session, user.id, 1_280)
    order = await use_points(session, user)
    if is_paid:
        await pay(session, user.id, order.no)

    for _ in range(2):
        await cancel_order(session, user.id, order.no, now=utcnow())

    assert await balance_of(session, user.id) == 1_280
    assert await lots_of(session, user.id) == [("gift", "open", 80), ("returned", "open", 1_200)]
    assert await wrong_books(session) == []


async def test_points_come_back_with_their_own_time_but_at_least_30_days(
    session: AsyncSession,
) -> None:
    now = utcnow()
    lasting = []
    for days in (3, 100):
        user = await make_buyer(session, (await make_goods(session, price=5000), 1))
        await give_points(session, user.id, 500, days=days, now=now)
        order = await use_points(session, user)
        await close_order(session, order.id, "close", "cancel", actor=STAFF, now=now)
        lasting += await session.scalars(
            select(PointsLot.expires_at).where(
                PointsLot.user_id == user.id, PointsLot.kind == "returned"
            )
        )

    assert lasting == [now + timedelta(days=30), now + timedelta(days=100)]


async def test_the_sweeper_gives_the_points_of_many_shoppers_back(session: AsyncSession) -> None:
    goods = await make_goods(session, price=5000)
    users = [await make_buyer(session, (goods, 1)) for _ in range(3)]
    for user in reversed(users):
        await give_points(session, user.id, 700)
        await use_points(session, user)

    await close_due(session, utcnow() + timedelta(minutes=16))

    assert [await balance_of(session, user.id) for user in users] == [700, 700, 700]
    assert await wrong_books(session) == []


@pytest.mark.parametrize("pieces", [(1, 1, 1, 1, 1, 1, 1), (3, 4), (7,), (2, 2, 3)])
async def test_any_sequence_of_refunds_returns_exactly_what_was_spent(
    session: AsyncSession, pieces: tuple[int, ...]
) -> None:
    user = await make_buyer(session, (await make_goods(session, price=517), 7))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await bring(session, user, order)
    line = (await lines_of(session, order))[0]
    assert line.points_fen == 1_000

    done = 0
    for some in pieces:
        await refund(session, order, line.id, some, "quality")
        done += some
        assert await balance_of(session, user.id) == 1_000 * done // 7
        assert await wrong_books(session) == []

    assert (await lines_of(session, order))[0].returned_points == 1_000
    assert await lots_of(session, user.id) == [
        ("gift", "spent", 0),
        ("order", "void", 0),
        *(lot for lot in (await lots_of(session, user.id))[2:] if lot[:2] == ("returned", "open")),
    ]


async def test_points_wait_until_the_money_is_on_its_way(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await bring(session, user, order)
    line = (await lines_of(session, order))[0].id
    asked = await ask_refund(
        session, order.id, "quality", {line: (1, 0)}, actor=STAFF, now=utcnow(), is_approved=False
    )
    assert asked
    sent = await ask_refund(session, order.id, "quality", {line: (1, 0)}, actor=STAFF, now=utcnow())
    assert sent

    assert await balance_of(session, user.id) == 0
    await begin_sending(session, sent)
    await end_sending(session, sent, "B1", now=utcnow())
    assert await balance_of(session, user.id) == 500
    await reject_refund(session, asked, reason="no", actor=STAFF, now=utcnow())
    assert await balance_of(session, user.id) == 500
    assert await wrong_books(session) == []


async def test_a_refund_that_is_done_twice_counts_once(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await bring(session, user, order)
    line = (await lines_of(session, order))[0].id
    await refund(session, order, line, 1, "quality")
    before = await entries_of(session, user.id)

    await lock_order(session, Order.id == order.id)
    await earning.settle_refund(session, Happening(order.id, "refund_done", "AGAIN", utcnow()))
    await earning.promise(session, Happening(order.id, "delivered", "", utcnow()))

    assert await entries_of(session, user.id) == before


async def test_goods_that_cost_nothing_give_their_points_back(session: AsyncSession) -> None:
    """One fen for seven pieces: the first ones bring no money, but their points."""
    dear, cheap = await make_goods(session, price=5000), await make_goods(session, price=1)
    user = await make_buyer(session, (dear, 1), (cheap, 3))
    await give_points(session, user.id, 5_000)
    order = await use_points(session, user)
    await pay(session, user.id, order.no)
    lines = {line.goods_id: line for line in await lines_of(session, order)}

    line = lines[cheap.id]
    assert line.points_fen
    for _ in range(3):
        await refund(session, order, line.id, 1, "shortage")

    fresh = {x.goods_id: x for x in await lines_of(session, order)}[cheap.id]
    assert fresh.returned_points == fresh.points_fen
    assert await wrong_books(session) == []


async def test_an_order_that_never_arrived_gives_all_points_back(session: AsyncSession) -> None:
    user = await make_buyer(session, (await make_goods(session, price=5000), 2))
    await give_points(session, user.id, 1_000)
    order = await use_points(session, user)
    await pay(session, user.id, order.no)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())

    await fail_parcel(session, parcel, {}, reason="gone", actor=STAFF, now=utcnow())

    assert await balance_of(session, user.id) == 1_000
    assert await wrong_books(session) == []


async def test_a_refund_takes_points_that_are_still_to_come(session: AsyncSession) -> None:
    user, order = await make_delivered(session, (await make_goods(session, price=5050), 2))
    line = (await lines_of(session, order))[0].id

    await refund(session, order, line, 1, "quality")
    assert await lots_of(session, user.id) == [("order", "pending", 50)]
    await jobs.open_due(session, utcnow() + WEEK)
    assert await balance_of(session, user.id) == 50
    assert await wrong_books(session) == []


async def test_a_refund_takes_points_of_that_order_first_then_others_then_is_owed(
    session: AsyncSession,
) -> None:
    user, order = await make_delivered(session, (await make_goods(session, price=50_500), 2))
    line = (await lines_of(session, order))[0].id
    await jobs.open_due(session, utcnow() + WEEK)
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
    await jobs.open_due(session, utcnow() + WEEK)
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
