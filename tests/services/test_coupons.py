"""Coupons are held once, used once, and come back when their order closes."""

from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import Coupon, CouponTemplate, Order, User
from app.services.coupons import give_back, hold, list_usable, use_held
from app.services.quote import CouponTerms
from tests.conftest import all_at_once
from tests.factories import make_user

NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_serial = count(1)


async def make_coupon(
    session: AsyncSession,
    user: User,
    *,
    status: str = "ready",
    valid_from: datetime = NOON - DAY,
    valid_to: datetime = NOON + DAY,
) -> Coupon:
    template = CouponTemplate(
        source_key=f"test-{next(_serial)}",
        title_zh="满 25 减 5",
        title_en="¥5 off ¥25",
        kind="amount",
        amount_fen=500,
        least_fen=2500,
    )
    session.add(template)
    await session.flush()
    coupon = Coupon(
        template_id=template.id,
        user_id=user.id,
        status=status,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    session.add(coupon)
    await session.flush()
    return coupon


async def make_order(session: AsyncSession, user: User) -> int:
    order = Order(
        no=f"C{next(_serial)}",
        user_id=user.id,
        goods_fen=2500,
        ship_fen=0,
        pay_fen=2500,
        quantity=1,
        receiver="林小满",
        phone="13800006021",
        area="望京",
        room="2307",
    )
    session.add(order)
    await session.flush()
    return order.id


async def state_of(session: AsyncSession, coupon: Coupon) -> tuple[str, int | None]:
    rows = await session.execute(
        select(Coupon.status, Coupon.order_id).where(Coupon.id == coupon.id)
    )
    status, order_id = rows.one()
    return status, order_id


async def end_of(session: AsyncSession, coupon: Coupon) -> datetime | None:
    return await session.scalar(select(Coupon.valid_to).where(Coupon.id == coupon.id))


async def test_usable_coupons_are_listed_with_their_terms(
    session: AsyncSession, user: User
) -> None:
    late = await make_coupon(session, user, valid_to=NOON + 2 * DAY)
    soon = await make_coupon(session, user)

    listed = await list_usable(session, user.id, NOON)

    title = ("满 25 减 5", "¥5 off ¥25")
    assert listed == [
        CouponTerms(soon.id, "amount", 500, 0, None, 2500, *title, NOON + DAY, soon.template_id),
        CouponTerms(
            late.id, "amount", 500, 0, None, 2500, *title, NOON + 2 * DAY, late.template_id
        ),
    ]


async def test_coupons_that_cannot_be_used_are_not_listed(
    session: AsyncSession, user: User, other: User
) -> None:
    await make_coupon(session, other)
    await make_coupon(session, user, status="void")
    await make_coupon(session, user, valid_to=NOON)
    await make_coupon(session, user, valid_from=NOON + HOUR)
    held = await make_coupon(session, user)
    await hold(session, held.id, user.id, await make_order(session, user), NOON)

    assert await list_usable(session, user.id, NOON) == []


async def test_an_order_holds_a_coupon(session: AsyncSession, user: User) -> None:
    coupon, order_id = await make_coupon(session, user), await make_order(session, user)

    assert await hold(session, coupon.id, user.id, order_id, NOON)
    assert await state_of(session, coupon) == ("held", order_id)


async def test_a_held_coupon_cannot_be_held_again(session: AsyncSession, user: User) -> None:
    coupon = await make_coupon(session, user)
    first, second = await make_order(session, user), await make_order(session, user)
    await hold(session, coupon.id, user.id, first, NOON)

    assert not await hold(session, coupon.id, user.id, second, NOON)
    assert await state_of(session, coupon) == ("held", first)


@pytest.mark.parametrize("now", [NOON - DAY - HOUR, NOON + DAY, NOON + DAY + HOUR])
async def test_a_coupon_is_held_in_its_time_only(
    session: AsyncSession, user: User, now: datetime
) -> None:
    coupon, order_id = await make_coupon(session, user), await make_order(session, user)

    assert not await hold(session, coupon.id, user.id, order_id, now)
    assert await state_of(session, coupon) == ("ready", None)


async def test_somebody_elses_coupon_cannot_be_held(
    session: AsyncSession, user: User, other: User
) -> None:
    coupon, order_id = await make_coupon(session, other), await make_order(session, user)

    assert not await hold(session, coupon.id, user.id, order_id, NOON)
    assert not await hold(session, 2**40, user.id, order_id, NOON)
    assert await state_of(session, coupon) == ("ready", None)


async def test_a_void_coupon_cannot_be_held(session: AsyncSession, user: User) -> None:
    coupon = await make_coupon(session, user, status="void")

    assert not await hold(session, coupon.id, user.id, await make_order(session, user), NOON)
    assert await state_of(session, coupon) == ("void", None)


async def test_paying_uses_the_coupons_of_that_order_only(
    session: AsyncSession, user: User
) -> None:
    coupons = [await make_coupon(session, user) for _ in range(2)]
    orders = [await make_order(session, user) for _ in range(2)]
    for coupon, order_id in zip(coupons, orders, strict=True):
        await hold(session, coupon.id, user.id, order_id, NOON)

    await use_held(session, orders[0])
    await use_held(session, orders[0])

    assert await state_of(session, coupons[0]) == ("used", orders[0])
    assert await state_of(session, coupons[1]) == ("held", orders[1])


@pytest.mark.parametrize("is_paid", [False, True])
async def test_a_closed_order_gives_its_coupons_back(
    session: AsyncSession, user: User, is_paid: bool
) -> None:
    coupon, order_id = await make_coupon(session, user), await make_order(session, user)
    await hold(session, coupon.id, user.id, order_id, NOON)
    if is_paid:
        await use_held(session, order_id)

    await give_back(session, [order_id], NOON + HOUR)

    assert await state_of(session, coupon) == ("ready", None)
    assert await end_of(session, coupon) == NOON + DAY
    assert await hold(session, coupon.id, user.id, order_id, NOON + HOUR)


async def test_giving_back_touches_no_other_order(session: AsyncSession, user: User) -> None:
    coupon, order_id = await make_coupon(session, user), await make_order(session, user)
    await hold(session, coupon.id, user.id, order_id, NOON)

    await give_back(session, [], NOON)
    await give_back(session, [await make_order(session, user)], NOON)

    assert await state_of(session, coupon) == ("held", order_id)


async def test_a_coupon_that_ran_out_in_an_order_lives_a_day_longer(
    session: AsyncSession, user: User
) -> None:
    coupon, order_id = await make_coupon(session, user), await make_order(session, user)
    await hold(session, coupon.id, user.id, order_id, NOON)
    later = NOON + 3 * DAY

    await give_back(session, [order_id], later)
    await give_back(session, [order_id], later + HOUR)

    assert await state_of(session, coupon) == ("ready", None)
    assert await end_of(session, coupon) == later + DAY
    assert [terms.coupon_id for terms in await list_usable(session, user.id, later)] == [coupon.id]


async def test_a_coupon_is_made_longer_once(session: AsyncSession, user: User) -> None:
    coupon, order_id = await make_coupon(session, user), await make_order(session, user)
    end = NOON + DAY
    await hold(session, coupon.id, user.id, order_id, NOON)
    await give_back(session, [order_id], end)
    assert await hold(session, coupon.id, user.id, order_id, end + HOUR)

    await give_back(session, [order_id], end + DAY)

    assert await state_of(session, coupon) == ("ready", None)
    assert await end_of(session, coupon) == end + DAY
    assert await list_usable(session, user.id, end + DAY) == []


async def test_a_coupon_in_twenty_orders_at_once_is_held_by_one(real_db: Database) -> None:
    async def open_shop(session: AsyncSession) -> tuple[int, int, list[int]]:
        user = await make_user(session)
        coupon = await make_coupon(session, user)
        return user.id, coupon.id, [await make_order(session, user) for _ in range(20)]

    user_id, coupon_id, order_ids = await real_db.write(open_shop)

    results = await all_at_once(
        *[
            partial(real_db.write, hold, coupon_id, user_id, order_id, NOON)
            for order_id in order_ids
        ]
    )

    assert sorted(map(bool, results)) == [False] * 19 + [True]
    assert all(isinstance(result, bool) for result in results)
    (winner,) = [o for o, is_held in zip(order_ids, results, strict=True) if is_held]

    async def holder(session: AsyncSession) -> tuple[str, int | None]:
        rows = await session.execute(
            select(Coupon.status, Coupon.order_id).where(Coupon.id == coupon_id)
        )
        status, order_id = rows.one()
        return status, order_id

    assert await real_db.read(holder) == ("held", winner)


async def test_paid_or_given_back_the_coupon_belongs_to_one_end(real_db: Database) -> None:
    async def open_shop(session: AsyncSession) -> list[int]:
        orders = []
        for _ in range(10):
            user = await make_user(session)
            coupon, order_id = await make_coupon(session, user), await make_order(session, user)
            await hold(session, coupon.id, user.id, order_id, NOON)
            orders.append(order_id)
        return orders

    order_ids = await real_db.write(open_shop)

    results = await all_at_once(
        *[partial(real_db.write, use_held, order_id) for order_id in order_ids],
        *[
            partial(real_db.write, give_back, order_ids[i : i + 2], NOON + 2 * DAY)
            for i in range(9)
        ],
    )

    async def list_states(session: AsyncSession) -> set[tuple[str, datetime]]:
        rows = await session.execute(select(Coupon.status, Coupon.valid_to))
        return {(row[0], row[1]) for row in rows}

    assert set(results) == {None}
    assert await real_db.read(list_states) == {("ready", NOON + 3 * DAY)}
