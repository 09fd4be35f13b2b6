"""A flash sale in which everybody clicks at once, on real connections and real commits."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import CheckoutRefused, Conflict, Unavailable
from app.models import FlashItem, FlashSession, Order, OrderLine
from app.models.base import utcnow
from app.services import flash
from app.services.orders import cancel_order
from app.services.placing import PlacedOrder
from app.services.quote_changes import Shown
from app.services.sweep import close_due
from tests.conftest import all_at_once
from tests.factories import make_goods, make_user
from tests.flash_sales import make_offer, make_sale, sold_of, taken_of
from tests.shopping import look, make_buyer, place, stock_of, wrong_books


class Refused(Conflict):
    """What a caller of `claim` must do when something came short: roll back."""


async def open_sale(
    session: AsyncSession, *, quota: int, shoppers: int, per_user: int = 1, items: int = 1
) -> tuple[list[int], list[int]]:
    sale = await make_sale(session)
    offers = [
        await make_offer(
            session, await make_goods(session), sale=sale, quota=quota, per_user=per_user
        )
        for _ in range(items)
    ]
    users = [(await make_user(session)).id for _ in range(shoppers)]
    return [offer.id for offer in offers], users


async def claim(session: AsyncSession, user_id: int, *items: int) -> None:
    if await flash.claim(session, user_id, dict.fromkeys(items, 1), utcnow()):
        raise Refused


async def test_a_hundred_shoppers_click_three_times_for_thirty_pieces(real_db: Database) -> None:
    (item,), users = await real_db.write(open_sale, quota=30, shoppers=100)

    results = await all_at_once(
        *[partial(real_db.write, claim, user, item) for _ in range(3) for user in users]
    )

    taken = await real_db.read(taken_of, item)
    assert sum(isinstance(result, Refused) for result in results) == 270
    assert results.count(None) == 30
    assert await real_db.read(sold_of, item) == 30
    assert sorted(taken.values()) == [1] * 30


async def test_baskets_of_two_offers_in_any_order_do_not_wait_in_a_circle(
    real_db: Database,
) -> None:
    items, users = await real_db.write(open_sale, quota=50, shoppers=40, items=3)

    results = await all_at_once(
        *[
            partial(real_db.write, claim, user, *(items if turn % 2 else items[::-1]))
            for turn, user in enumerate(users)
        ]
    )

    assert results == [None] * 40
    assert [await real_db.read(sold_of, item) for item in items] == [40] * 3


async def test_one_shopper_in_twenty_windows_gets_their_share(real_db: Database) -> None:
    (item,), (user,) = await real_db.write(open_sale, quota=30, shoppers=1, per_user=3)

    results = await all_at_once(*[partial(real_db.write, claim, user, item)] * 20)

    assert results.count(None) == 3
    assert await real_db.read(taken_of, item) == {user: 3}
    assert await real_db.read(sold_of, item) == 3


async def open_shop(
    session: AsyncSession, *, quota: int, buyers: int, stock: int = 500, pieces: int = 1
) -> tuple[int, int, list[int]]:
    """The good, its offer, and shoppers with it in their carts."""
    goods = await make_goods(session, stock=stock)
    item = await make_offer(session, goods, quota=quota)
    users = [(await make_buyer(session, (goods, pieces))).id for _ in range(buyers)]
    return goods.id, item.id, users


async def pieces_at(session: AsyncSession, price: int) -> int:
    pieces = select(func.sum(OrderLine.quantity)).where(OrderLine.unit_fen == price)
    return int(await session.scalar(pieces) or 0)


async def look_all(db: Database, users: list[int]) -> dict[int, Shown]:
    return {user: (await db.read(look, user)).shown for user in users}


async def click(db: Database, user_id: int, seen: Shown, tab: int = 0) -> PlacedOrder:
    """Place what was seen. Who is told that the shop is very busy tries again."""
    while True:
        try:
            key = f"key-of-a-tab-{tab:04d}"
            return await db.write_keyed(place, user_id, agreed=seen, key=key)
        except Unavailable:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("tabs", [1, 3])
async def test_a_hundred_shoppers_order_three_times_from_thirty_pieces(
    real_db: Database, tabs: int
) -> None:
    """Three clicks on one form, or one click in each of three windows."""
    goods, item, users = await real_db.write(open_shop, quota=30, buyers=100)
    seen = await look_all(real_db, users)

    results = await all_at_once(
        *[
            partial(click, real_db, user, seen[user], turn % tabs)
            for turn in range(3)
            for user in users
        ]
    )

    orders = [result for result in results if isinstance(result, PlacedOrder)]
    assert len({order.no for order in orders}) == 30
    assert len(orders) + sum(isinstance(result, CheckoutRefused) for result in results) == 300
    taken = await real_db.read(taken_of, item)
    assert (await real_db.read(sold_of, item), sorted(taken.values())) == (30, [1] * 30)
    assert (await real_db.read(pieces_at, 500), await real_db.read(pieces_at, 990)) == (30, 0)
    assert await real_db.read(stock_of, goods) == (500, 30)
    assert await real_db.read(wrong_books) == []


async def test_orders_that_come_and_go_leave_nothing_taken(real_db: Database) -> None:
    goods, item, users = await real_db.write(open_shop, quota=30, buyers=30)
    placed = [await real_db.write_keyed(place, user) for user in users]
    later = utcnow() + timedelta(minutes=6)

    await all_at_once(
        *[
            partial(real_db.write, cancel_order, user, order.no, now=utcnow())
            for user, order in zip(users[:15], placed[:15], strict=True)
        ],
        *[partial(real_db.write, close_due, later)] * 3,
    )

    statuses = await real_db.read(lambda session: session.scalars(select(Order.status)))
    assert set(statuses) == {"closed"}
    assert await real_db.read(sold_of, item) == 0
    assert await real_db.read(taken_of, item) == {}
    assert await real_db.read(stock_of, goods) == (500, 0)


async def end_sale(session: AsyncSession, item_id: int) -> None:
    item = await session.get_one(FlashItem, item_id)
    sale = await session.get_one(FlashSession, item.session_id)
    sale.ends_at = utcnow()


async def test_a_sale_that_ends_while_they_buy_charges_what_they_saw(real_db: Database) -> None:
    goods, item, users = await real_db.write(open_shop, quota=100, buyers=30)
    seen = await look_all(real_db, users)

    results = await all_at_once(
        *[partial(click, real_db, user, seen[user]) for user in users[:15]],
        partial(real_db.write, end_sale, item),
        *[partial(click, real_db, user, seen[user]) for user in users[15:]],
    )

    orders = sum(isinstance(result, PlacedOrder) for result in results)
    assert orders + sum(isinstance(result, CheckoutRefused) for result in results) == 30
    assert await real_db.read(sold_of, item) == await real_db.read(pieces_at, 500) == orders
    assert await real_db.read(stock_of, goods) == (500, orders)
