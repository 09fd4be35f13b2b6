"""Shoppers, notices and the sweep at the same moment, on real connections and real commits."""

import asyncio
import random
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import CheckoutRefused
from app.models import Coupon, DeliverySlot, Goods, Order, Payment, User
from app.models.base import utcnow
from app.services.cart import get_cart
from app.services.cart_changes import add_goods
from app.services.checkout import Checkout, Choice
from app.services.orders import cancel_order
from app.services.payments import Receipt, begin_payment, take_notice
from app.services.placing import PlacedOrder
from app.services.quote_changes import Shown
from app.services.sweep import close_due
from tests.conftest import all_at_once
from tests.factories import make_coupon, make_goods, make_slot
from tests.shopping import (
    history_of,
    look,
    make_buyer,
    order_of,
    pay_notice,
    place,
    put_in_cart,
    stock_of,
    wrong_books,
)


async def open_shop(
    session: AsyncSession, *, stock: int, buyers: int, goods: int = 1
) -> tuple[list[int], list[int]]:
    """Goods, and shoppers who have one of each in the cart, each in another order."""
    shelf = [await make_goods(session, stock=stock) for _ in range(goods)]
    order = random.Random(7)  # noqa: S311 - a shuffle, the same in every run
    users = []
    for _ in range(buyers):
        order.shuffle(shelf)
        users.append((await make_buyer(session, *[(thing, 1) for thing in shelf])).id)
    return sorted(thing.id for thing in shelf), users


async def agree(db: Database, user_id: int) -> Shown:
    return (await db.read(look, user_id)).shown


async def count_orders(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Order)) or 0


@pytest.mark.parametrize("goods", [1, 4])
async def test_forty_buyers_of_the_last_ten(real_db: Database, goods: int) -> None:
    shelf, users = await real_db.write(open_shop, stock=10, buyers=40, goods=goods)
    agreed = [await agree(real_db, user) for user in users]

    results = await all_at_once(
        *[
            partial(real_db.write_keyed, place, user, agreed=seen)
            for user, seen in zip(users, agreed, strict=True)
        ]
    )

    refusals = [result for result in results if isinstance(result, CheckoutRefused)]
    assert sum(isinstance(result, PlacedOrder) for result in results) == 10
    assert [refusal.status for refusal in refusals] == [409] * 30
    assert all(len(refusal.fields) > 1 for refusal in refusals)
    assert [await real_db.read(stock_of, thing) for thing in shelf] == [(10, 10)] * goods
    assert await real_db.read(count_orders) == 10
    assert await real_db.read(wrong_books) == []


async def test_ten_buyers_of_a_window_with_three_places(real_db: Database) -> None:
    (goods_id,), users = await real_db.write(open_shop, stock=50, buyers=10)
    slot = await real_db.write(make_slot, capacity=3)
    seen = [await real_db.read(look, user) for user in users]
    choice = Choice(slot.id, frozenset())

    results = await all_at_once(
        *[
            partial(real_db.write_keyed, place, user, agreed=page.shown, choice=choice)
            for user, page in zip(users, seen, strict=True)
        ]
    )

    refusals = [result for result in results if isinstance(result, CheckoutRefused)]
    assert sum(isinstance(result, PlacedOrder) for result in results) == 3
    assert [list(refusal.fields) for refusal in refusals] == [["", "slot"]] * 7
    assert await real_db.read(taken_of, slot.id) == 3
    assert await real_db.read(stock_of, goods_id) == (50, 3)
    assert await real_db.read(count_orders) == 3


async def taken_of(session: AsyncSession, slot_id: int) -> int:
    query = select(DeliverySlot.taken).where(DeliverySlot.id == slot_id)
    return await session.scalar(query) or 0


async def test_places_given_up_can_be_had_again(real_db: Database) -> None:
    """Ordering and cancelling at once never leaves a place taken, nor lets one go twice."""
    (goods_id,), users = await real_db.write(open_shop, stock=50, buyers=12)
    slot = await real_db.write(make_slot, capacity=8)
    placed = [await real_db.write_keyed(place, user) for user in users[:6]]

    results = await all_at_once(
        *[
            partial(real_db.write_keyed, cancel_order, user, order.no, now=utcnow())
            for user, order in zip(users, placed, strict=False)
        ],
        *[partial(real_db.write_keyed, place, user) for user in users[6:]],
    )

    fresh = sum(isinstance(result, PlacedOrder) for result in results)
    assert all(result is None for result in results[:6])
    assert 2 <= fresh <= 6
    assert await real_db.read(taken_of, slot.id) == fresh
    assert await real_db.read(stock_of, goods_id) == (50, fresh)
    assert await real_db.read(wrong_books) == []


async def open_twenty_carts(session: AsyncSession) -> tuple[int, int]:
    """One shopper's id and coupon; the cart is filled anew before each order."""
    user = await make_buyer(session)
    goods = await make_goods(session, stock=50)
    coupon = await make_coupon(session, user)
    await put_in_cart(session, user, goods)
    return user.id, coupon.id


async def test_one_coupon_in_twenty_orders_at_once_is_used_once(
    real_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.placing.MOST_UNPAID", 50)
    user_id, coupon_id = await real_db.write(open_twenty_carts)
    seen = await real_db.read(look, user_id)
    assert seen.quote.coupon_ids == (coupon_id,)

    results = await all_at_once(
        *[partial(real_db.write_keyed, place_same_again, user_id, seen, turn) for turn in range(20)]
    )

    assert sum(isinstance(result, PlacedOrder) for result in results) == 1
    assert sum(isinstance(result, CheckoutRefused) for result in results) == 19
    held = select(func.count()).where(Coupon.status == "held")
    assert await real_db.read(lambda session: session.scalar(held)) == 1
    assert await real_db.read(count_orders) == 1


async def place_same_again(
    session: AsyncSession, user_id: int, seen: Checkout, turn: int
) -> PlacedOrder:
    """The same goods are put back into the cart, so that only the coupon is another story."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())
    if (await get_cart(session, user_id)).count == 0:
        user = await session.get_one(User, user_id)
        goods = (await session.scalars(select(Goods))).one()
        await put_in_cart(session, user, goods)
    choice = Choice(None, frozenset(seen.quote.coupon_ids))
    key = f"key-of-turn-number-{turn}"
    return await place(session, user_id, key=key, agreed=seen.shown, choice=choice)


async def test_three_hundred_orders_over_ten_hot_goods(
    real_db: Database, database_url: str
) -> None:
    """Each of eight lines out of ten goods, in any order, and all in the same window."""
    number = 300 if database_url.startswith("mysql") else 60
    shelf, users = await real_db.write(open_hot_shop, number)
    slot = await real_db.write(make_slot, capacity=number)
    turns = asyncio.Semaphore(40)

    async def buy(user: int) -> PlacedOrder:
        async with turns:
            return await real_db.write_keyed(place, user)

    results = await all_at_once(*[partial(buy, user) for user in users])

    assert [result for result in results if not isinstance(result, PlacedOrder)] == []
    assert await real_db.read(count_orders) == number
    assert await real_db.read(taken_of, slot.id) == number
    sold = [(await real_db.read(stock_of, thing))[1] for thing in shelf]
    assert sum(sold) == 8 * number
    assert await real_db.read(wrong_books) == []


async def open_hot_shop(session: AsyncSession, buyers: int) -> tuple[list[int], list[int]]:
    shelf = [await make_goods(session, stock=buyers) for _ in range(10)]
    draw = random.Random(7)  # noqa: S311 - the same in every run
    users = [
        (await make_buyer(session, *[(thing, 1) for thing in draw.sample(shelf, 8)])).id
        for _ in range(buyers)
    ]
    return [thing.id for thing in shelf], users


async def test_the_same_form_twenty_times_at_once(real_db: Database) -> None:
    (goods_id,), (user,) = await real_db.write(open_shop, stock=10, buyers=1)
    agreed = await agree(real_db, user)

    results = await all_at_once(*[partial(real_db.write_keyed, place, user, agreed=agreed)] * 20)

    assert isinstance(results[0], PlacedOrder)
    assert results == [results[0]] * 20
    assert await real_db.read(stock_of, goods_id) == (10, 1)
    assert await real_db.read(count_orders) == 1


async def test_two_tabs_of_one_cart_are_one_order(real_db: Database) -> None:
    """Two forms have two keys, but what the first bought is no longer in the cart."""
    (goods_id,), (user,) = await real_db.write(open_shop, stock=10, buyers=1)
    agreed = await agree(real_db, user)

    results = await all_at_once(
        *[
            partial(real_db.write_keyed, place, user, agreed=agreed, key=f"key-of-tab-number-{tab}")
            for tab in range(8)
        ]
    )

    assert sum(isinstance(result, PlacedOrder) for result in results) == 1
    assert sum(isinstance(result, CheckoutRefused) for result in results) == 7
    assert await real_db.read(stock_of, goods_id) == (10, 1)


async def buy_and_fill_again(
    session: AsyncSession, user_id: int, goods_id: int, turn: int
) -> PlacedOrder:
    """A shopper who fills the cart again as fast as it is emptied."""
    placed = await place(session, user_id, key=f"key-of-turn-number-{turn}")
    user, goods = await session.get_one(User, user_id), await session.get_one(Goods, goods_id)
    await put_in_cart(session, user, goods)
    return placed


async def test_no_more_than_three_unpaid_whatever_the_hurry(real_db: Database) -> None:
    (goods_id,), (user,) = await real_db.write(open_shop, stock=50, buyers=1)

    results = await all_at_once(
        *[
            partial(real_db.write_keyed, buy_and_fill_again, user, goods_id, turn)
            for turn in range(10)
        ]
    )

    assert sum(isinstance(result, PlacedOrder) for result in results) == 3
    assert sum(isinstance(result, CheckoutRefused) for result in results) == 7
    assert await real_db.read(stock_of, goods_id) == (50, 3)


async def test_a_piece_added_while_placing_stays_in_the_cart(real_db: Database) -> None:
    """Either it is in the offer, which is then another, or it is still in the cart."""
    (goods_id,), (user,) = await real_db.write(open_shop, stock=50, buyers=1)
    agreed = await agree(real_db, user)

    results = await all_at_once(
        partial(real_db.write_keyed, place, user, agreed=agreed),
        *[partial(real_db.write, add_goods, user, goods_id)] * 6,
    )

    _, ordered = await real_db.read(stock_of, goods_id)
    in_cart = (await real_db.read(get_cart, user)).count
    assert ordered == isinstance(results[0], PlacedOrder)
    assert ordered + in_cart == 7


async def count_paid(session: AsyncSession) -> int:
    paid = select(func.count()).where(Payment.status == "paid")
    return await session.scalar(paid) or 0


async def test_one_notice_twelve_times_at_once(real_db: Database) -> None:
    (goods_id,), (user,) = await real_db.write(open_shop, stock=10, buyers=1)
    placed = await real_db.write_keyed(place, user)
    notice = await pay_notice(real_db, user, placed.no)

    results = await all_at_once(
        *[partial(real_db.write_keyed, take_notice, notice, now=utcnow())] * 12
    )

    assert results == [Receipt(notice.payment_no, "paid")] * 12
    assert await real_db.read(history_of, placed.no) == ["placed", "paid"]
    assert await real_db.read(sales_of, goods_id) == 1
    assert await real_db.read(count_paid) == 1


async def sales_of(session: AsyncSession, goods_id: int) -> int:
    return await session.scalar(select(Goods.sales).where(Goods.id == goods_id)) or 0


async def test_twelve_clicks_on_pay_are_one_payment(real_db: Database) -> None:
    _, (user,) = await real_db.write(open_shop, stock=10, buyers=1)
    placed = await real_db.write_keyed(place, user)

    results = await all_at_once(
        *[partial(real_db.write_keyed, begin_payment, user, placed.no, "sandbox", now=utcnow())]
        * 12
    )

    assert results[0] is not None
    assert results == [results[0]] * 12


async def test_money_twice_at_once_is_paid_once(real_db: Database) -> None:
    """The provider charged twice: once it counts, the other is kept to be given back."""
    _, (user,) = await real_db.write(open_shop, stock=10, buyers=1)
    placed = await real_db.write_keyed(place, user)
    notices = [await pay_notice(real_db, user, placed.no, ref=f"R{turn}") for turn in range(6)]

    results = await all_at_once(
        *[partial(real_db.write_keyed, take_notice, notice, now=utcnow()) for notice in notices]
    )

    statuses = sorted(result.status for result in results if isinstance(result, Receipt))
    assert statuses == ["late"] * 5 + ["paid"]
    received = select(func.sum(Payment.received_fen))
    assert await real_db.read(lambda session: session.scalar(received)) == 6 * 1490


async def test_paid_or_expired_never_both_never_neither(real_db: Database) -> None:
    (goods_id,), users = await real_db.write(open_shop, stock=100, buyers=30)
    later = utcnow() + timedelta(minutes=16)
    outcomes = []

    for user in users:
        placed = await real_db.write_keyed(place, user)
        notice = await pay_notice(real_db, user, placed.no, ref=f"R{user}")
        pay = partial(real_db.write_keyed, take_notice, notice, now=later)
        expire = partial(real_db.write, close_due, later)
        first, second = (pay, expire) if user % 2 else (expire, pay)
        results = await all_at_once(first, second)
        (receipt,) = [result for result in results if isinstance(result, Receipt)]
        (closed,) = [result for result in results if isinstance(result, list)]
        order = await real_db.read(order_of, placed.no)
        outcomes.append((receipt.status, order.status, closed == [placed.no]))

    assert set(outcomes) <= {("paid", "paid", False), ("late", "closed", True)}
    paid = sum(status == "paid" for _, status, _ in outcomes)
    assert await real_db.read(stock_of, goods_id) == (100, paid)
    assert await real_db.read(wrong_books) == []


async def test_paid_or_cancelled_never_both(real_db: Database) -> None:
    (goods_id,), users = await real_db.write(open_shop, stock=100, buyers=10)
    placed = [await real_db.write_keyed(place, user) for user in users]
    notices = [
        await pay_notice(real_db, user, order.no, ref=f"R{user}")
        for user, order in zip(users, placed, strict=True)
    ]

    await all_at_once(
        *[partial(real_db.write_keyed, take_notice, notice, now=utcnow()) for notice in notices],
        *[
            partial(real_db.write_keyed, cancel_order, user, order.no, now=utcnow())
            for user, order in zip(users, placed, strict=True)
        ],
    )

    orders = [await real_db.read(order_of, order.no) for order in placed]
    assert {order.status for order in orders} <= {"paid", "closed"}
    held = sum(order.status == "paid" for order in orders)
    assert await real_db.read(stock_of, goods_id) == (100, held)
    assert await real_db.read(wrong_books) == []
