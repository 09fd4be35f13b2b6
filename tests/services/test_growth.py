"""Growth: what counts, how often, and how levels rise at once and fall softly."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import GrowthEntry, Member, Order, User, UserMessage
from app.models.base import utcnow
from app.services import growth, sweep
from app.services.growth import count_completed, count_refunded, settle_levels
from app.services.happenings import Happening
from app.services.orders import confirm_received
from app.services.refund_sending import begin_sending, end_sending
from app.services.refunds import ask_refund
from app.services.vip import LEVELS, YEAR, delivery_for, level_of
from app.services.vip_pages import get_standing, get_vip_page
from tests.conftest import all_at_once
from tests.factories import make_goods, make_user
from tests.membership import make_member
from tests.refunding import STAFF, delivered_ago, lines_of, make_delivered
from tests.shopping import DELIVERY, wrong_books


async def make_done(session: AsyncSession, price: int, quantity: int = 1) -> tuple[User, Order]:
    """A delivered order of one line, whose goods cost so much; over ¥39 nothing for delivery."""
    goods = await make_goods(session, price=price, stock=50)
    return await make_delivered(session, (goods, quantity))


async def complete(session: AsyncSession, user: User, order: Order) -> None:
    await confirm_received(session, user.id, order.no, now=utcnow())


async def refund(session: AsyncSession, order: Order, quantity: int = 1) -> str:
    """Give back some pieces of the first line; the money has been sent."""
    line = (await lines_of(session, order))[0]
    no = await ask_refund(
        session, order.id, "quality", {line.id: (quantity, 0)}, actor=STAFF, now=utcnow()
    )
    assert no is not None
    assert await begin_sending(session, no) is not None
    await end_sending(session, no, f"B-{no}", now=utcnow())
    return no


async def entries_of(session: AsyncSession, user: User) -> list[tuple[str, int]]:
    rows = await session.execute(
        select(GrowthEntry.kind, GrowthEntry.fen)
        .where(GrowthEntry.user_id == user.id)
        .order_by(GrowthEntry.id)
    )
    return [(row[0], row[1]) for row in rows]


async def level_and_until(session: AsyncSession, user: User) -> tuple[int, datetime | None]:
    query = select(Member.level, Member.level_until).where(Member.user_id == user.id)
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1]) if row else (0, None)


async def level_in(session: AsyncSession, user: User) -> int:
    return (await level_and_until(session, user))[0]


async def told(session: AsyncSession, user: User) -> list[str]:
    rows = await session.scalars(
        select(UserMessage.kind)
        .where(UserMessage.user_id == user.id, UserMessage.kind.like("level%"))
        .order_by(UserMessage.id)
    )
    return list(rows)


@pytest.mark.parametrize(
    ("fen", "level"),
    [
        (-1, 0),
        (0, 0),
        (49_999, 0),
        (50_000, 1),
        (199_999, 1),
        (200_000, 2),
        (599_999, 2),
        (600_000, 3),
        (1_499_999, 3),
        (1_500_000, 4),
        (10**12, 4),
    ],
)
def test_a_level_begins_exactly_at_its_growth(fen: int, level: int) -> None:
    assert level_of(fen).number == level


@pytest.mark.parametrize(
    ("base", "lines"), [(5900, [5900, 4900, 3900, 2900, 0]), (1500, [1500, 500, 0, 0, 0])]
)
def test_each_level_has_a_lower_line_of_free_delivery(base: int, lines: list[int]) -> None:
    shop = replace(DELIVERY, free_from_fen=base)

    found = [delivery_for(level.number, shop) for level in LEVELS]

    assert [delivery.free_from_fen for delivery in found] == lines
    assert {delivery.fee_fen for delivery in found} == {shop.fee_fen}


def test_a_shop_without_delivery_fee_stays_so() -> None:
    assert delivery_for(0, replace(DELIVERY, free_from_fen=0)).free_from_fen == 0


def test_the_other_benefits_grow_with_the_level() -> None:
    assert [level.points_factor for level in LEVELS] == ["1.0", "1.1", "1.2", "1.5", "2.0"]
    assert [level.has_member_price for level in LEVELS] == [False, True, True, True, True]
    minutes = [level.flash_head_start / timedelta(minutes=1) for level in LEVELS]
    assert minutes == [0, 0, 5, 5, 5]


async def test_a_completed_order_adds_what_was_paid(session: AsyncSession) -> None:
    user, order = await make_done(session, 1000)
    assert await entries_of(session, user) == []

    await complete(session, user, order)
    await complete(session, user, order)

    assert await entries_of(session, user) == [("completed", 1000 + DELIVERY.fee_fen)]
    assert await wrong_books(session) == []


async def test_orders_that_nobody_confirms_count_in_the_end(session: AsyncSession) -> None:
    user, order = await make_done(session, 60_000)
    await delivered_ago(session, order, timedelta(days=8))

    assert await sweep.confirm_due(session, utcnow()) == [order.no]

    assert await entries_of(session, user) == [("completed", 60_000)]
    assert await level_in(session, user) == 1


async def test_what_was_given_back_before_is_never_added(session: AsyncSession) -> None:
    user, order = await make_done(session, 5000, quantity=3)
    await refund(session, order)
    assert await entries_of(session, user) == []

    await complete(session, user, order)

    assert await entries_of(session, user) == [("completed", 10_000)]
    assert await wrong_books(session) == []


async def test_an_order_of_which_all_came_back_adds_nothing(session: AsyncSession) -> None:
    user, order = await make_done(session, 5000)
    await refund(session, order)

    await complete(session, user, order)

    assert await entries_of(session, user) == []
    assert await wrong_books(session) == []


async def test_a_refund_after_completion_takes_away_but_keeps_the_level(
    session: AsyncSession,
) -> None:
    user, order = await make_done(session, 25_000, quantity=2)
    await complete(session, user, order)
    before = await level_and_until(session, user)

    no = await refund(session, order)
    await count_refunded(session, Happening(order.id, "refund_done", no, utcnow()))
    await count_completed(session, Happening(order.id, "completed", "", utcnow()))

    assert await entries_of(session, user) == [("completed", 50_000), ("refunded", -25_000)]
    assert await growth.get_growth(session, user.id, utcnow()) == 25_000
    assert before[0] == 1
    assert await level_and_until(session, user) == before
    assert await wrong_books(session) == []


@pytest.mark.parametrize(("price", "level"), [(49_999, 0), (50_000, 1)])
async def test_the_level_rises_at_once_and_exactly_at_the_line(
    session: AsyncSession, price: int, level: int
) -> None:
    user, order = await make_done(session, price)

    await complete(session, user, order)

    found, until = await level_and_until(session, user)
    assert found == level
    assert await told(session, user) == ["level_up"] * level
    if until is not None:
        assert abs(until - utcnow() - YEAR) < timedelta(minutes=1)


async def test_a_large_order_may_rise_by_several_levels(session: AsyncSession) -> None:
    user, order = await make_done(session, 600_000)

    await complete(session, user, order)

    assert await level_in(session, user) == 3
    assert await told(session, user) == ["level_up"]


async def test_growth_is_that_of_a_year_and_refunds_leave_with_their_order(
    session: AsyncSession,
) -> None:
    user, order = await make_done(session, 30_000, quantity=2)
    await complete(session, user, order)
    await refund(session, order)
    end = utcnow() + YEAR

    assert await growth.get_growth(session, user.id, end - timedelta(hours=1)) == 30_000
    assert await growth.get_growth(session, user.id, end) == 0
    at = set(await session.scalars(select(GrowthEntry.at)))
    assert len(at) == 1


async def test_a_level_falls_step_by_step_and_only_when_its_year_is_over(
    session: AsyncSession,
) -> None:
    user, start = await make_user(session), utcnow()
    await make_member(session, user, 2, until=start)
    levels = []

    for days in (-1, 0, 1, 364, 365, 729, 731, 2000):
        await settle_levels(session, start + timedelta(days=days))
        levels.append(await level_in(session, user))

    assert levels == [2, 1, 1, 1, 0, 0, 0, 0]
    assert await level_and_until(session, user) == (0, None)
    assert await told(session, user) == ["level_down", "level_down"]


async def test_what_growth_still_carries_is_kept_for_another_year(session: AsyncSession) -> None:
    user, order = await make_done(session, 50_000)
    await complete(session, user, order)
    due = utcnow() + timedelta(days=30)
    await session.execute(update(Member).values(level_until=due))

    await settle_levels(session, due)

    assert await level_and_until(session, user) == (1, due + YEAR)
    assert await told(session, user) == ["level_up"]


async def test_a_fall_stops_at_what_the_growth_carries(session: AsyncSession) -> None:
    user, order = await make_done(session, 50_000)
    await complete(session, user, order)
    member = await make_member(session, user, 2, until=utcnow())

    for _ in range(3):
        await session.execute(update(Member).values(level_until=utcnow()))
        await settle_levels(session, utcnow())

    await session.refresh(member)
    assert member.level == 1


async def test_levels_are_settled_in_batches(session: AsyncSession) -> None:
    for _ in range(3):
        await make_member(session, await make_user(session), 1, until=utcnow())

    assert [len(await settle_levels(session, utcnow(), limit=2)) for _ in range(3)] == [2, 1, 0]


async def test_twenty_confirmations_at_once_count_once(real_db: Database) -> None:
    user, order = await real_db.write(make_done, 50_000)

    async def press() -> None:
        await real_db.write(confirm_received, user.id, order.no, now=utcnow())

    assert await all_at_once(*[press] * 20) == [None] * 20

    assert await real_db.read(entries_of, user) == [("completed", 50_000)]
    assert await real_db.read(level_in, user) == 1
    assert await real_db.read(told, user) == ["level_up"]


async def test_completing_beside_a_refund_counts_every_fen_once(real_db: Database) -> None:
    pairs = [await real_db.write(make_done, 25_000, 2) for _ in range(4)]

    async def begin(session: AsyncSession, order: Order) -> str:
        line = (await lines_of(session, order))[0]
        no = await ask_refund(
            session, order.id, "quality", {line.id: (1, 0)}, actor=STAFF, now=utcnow()
        )
        assert no is not None
        await begin_sending(session, no)
        return no

    calls = []
    for user, order in pairs:
        no = await real_db.write(begin, order)
        calls += [
            partial(real_db.write, confirm_received, user.id, order.no, now=utcnow()),
            partial(real_db.write_keyed, end_sending, no, f"B-{no}", now=utcnow()),
        ]
    assert await all_at_once(*calls) == [None] * len(calls)

    for user, _ in pairs:
        assert await real_db.read(growth.get_growth, user.id, utcnow()) == 25_000
    assert await real_db.read(wrong_books) == []


async def test_many_workers_settle_each_level_once(real_db: Database) -> None:
    now = utcnow()

    async def prepare(session: AsyncSession) -> None:
        for _ in range(12):
            await make_member(session, await make_user(session), 2, until=now)

    await real_db.write(prepare)

    done = await all_at_once(*[lambda: real_db.write(settle_levels, now, limit=5)] * 8)

    assert not [answer for answer in done if isinstance(answer, BaseException)]
    await real_db.write(settle_levels, now)
    levels = await real_db.read(_list_levels)
    assert levels == [1] * 12
    count = select(func.count()).select_from(UserMessage)

    async def messages(session: AsyncSession) -> int | None:
        return await session.scalar(count)

    assert await real_db.read(messages) == 12


async def _list_levels(session: AsyncSession) -> list[int]:
    return list(await session.scalars(select(Member.level)))


async def test_the_standing_says_what_is_missing(session: AsyncSession) -> None:
    user, order = await make_done(session, 60_000)
    assert (await get_standing(session, user.id, utcnow())).until is None

    await complete(session, user, order)
    standing = await get_standing(session, user.id, utcnow())

    assert (standing.level.number, standing.growth_fen, standing.goal_fen) == (1, 60_000, 200_000)
    assert (standing.missing_fen, standing.missing_to_keep_fen) == (140_000, 0)


async def test_at_the_top_nothing_is_missing(session: AsyncSession) -> None:
    user = await make_user(session)
    await make_member(session, user, 4)

    standing = await get_standing(session, user.id, utcnow())

    assert (standing.next, standing.goal_fen) == (None, 1_500_000)
    assert standing.missing_to_keep_fen == 1_500_000


async def test_the_ledger_is_paged_by_key_and_ones_own(session: AsyncSession) -> None:
    user, order = await make_done(session, 5000)
    other, _ = await make_done(session, 5000)
    session.add_all(
        GrowthEntry(
            user_id=user.id,
            order_id=order.id,
            kind="completed",
            ref=f"order:x{n}",
            fen=n,
            at=utcnow() - timedelta(days=400 - 20 * n),
        )
        for n in range(1, 23)
    )
    await session.flush()

    first = await get_vip_page(session, user.id, now=utcnow())
    second = await get_vip_page(session, user.id, before=first.next_before, now=utcnow())
    theirs = await get_vip_page(session, other.id, before=first.next_before, now=utcnow())

    assert [entry.fen for entry in first.entries] == list(range(22, 2, -1))
    assert [(entry.fen, entry.counts) for entry in second.entries] == [(2, True), (1, False)]
    assert second.next_before is None
    assert theirs.entries == ()
