"""Orders out of a flash sale: the price, the limits, the time to pay, and what comes back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import CheckoutRefused
from app.models import Goods, OrderLine, User
from app.models.base import utcnow
from app.services.cart import get_cart
from app.services.cart_changes import add_goods, restore_line, take_what_is_left
from app.services.checkout import get_checkout
from app.services.closing import give_everything_back
from app.services.quote_changes import Shown
from tests.factories import make_goods
from tests.flash_sales import make_offer, make_sale, sold_of, taken_of
from tests.shopping import DELIVERY, make_buyer, order_of, place, stock_of

TICK = timedelta(microseconds=1)


async def lines_of(session: AsyncSession, no: str) -> list[tuple[int, int, int | None]]:
    order = await order_of(session, no)
    rows = await session.execute(
        select(OrderLine.unit_fen, OrderLine.pay_fen, OrderLine.flash_item_id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.goods_id)
    )
    return [(row.unit_fen, row.pay_fen, row.flash_item_id) for row in rows]


async def seen_at(session: AsyncSession, user: User, moment: datetime) -> Shown:
    return (await get_checkout(session, user.id, DELIVERY, now=moment)).shown


async def test_the_flash_price_is_what_is_paid(session: AsyncSession, goods: Goods) -> None:
    plain = await make_goods(session, price=4000)
    item = await make_offer(session, goods, price=500, per_user=3)
    buyer = await make_buyer(session, (goods, 2), (plain, 1))
    now = utcnow()

    placed = await place(session, buyer.id, now=now)

    order = await order_of(session, placed.no)
    assert await lines_of(session, placed.no) == [(500, 1000, item.id), (4000, 4000, None)]
    assert (order.goods_fen, order.pay_fen) == (5000, 5000)
    assert order.pay_by == now + timedelta(minutes=5)
    assert (await sold_of(session, item.id), await taken_of(session, item.id)) == (2, {buyer.id: 2})
    assert await stock_of(session, goods.id) == (10, 2)


async def test_more_than_ones_share_is_refused_in_words(
    session: AsyncSession, goods: Goods
) -> None:
    await make_offer(session, goods, per_user=1)
    buyer = await make_buyer(session, (goods, 2))

    with pytest.raises(CheckoutRefused) as refusal:
        await place(session, buyer.id)

    message = refusal.value.fields[f"goods-{goods.id}"]
    assert "At most %(most)s of %(name)s" in message.text
    assert message.params["most"] == 1
    assert await stock_of(session, goods.id) == (10, 0)


@pytest.mark.parametrize(
    ("edge", "seen", "bought"),
    [("start", TICK * 0, -TICK), ("end", -TICK, TICK * 0), ("end", -TICK, TICK)],
    ids=["too early", "at the end", "too late"],
)
async def test_outside_of_the_sale_nobody_gets_its_price(
    session: AsyncSession, goods: Goods, *, edge: str, seen: timedelta, bought: timedelta
) -> None:
    """A form that says otherwise, by whatever trick, is refused and nothing is taken."""
    sale = await make_sale(session)
    item = await make_offer(session, goods, sale=sale)
    buyer = await make_buyer(session, (goods, 1))
    moment = sale.starts_at if edge == "start" else sale.ends_at
    agreed = await seen_at(session, buyer, moment + seen)

    with pytest.raises(CheckoutRefused):
        await place(session, buyer.id, agreed=agreed, now=moment + bought)

    assert await sold_of(session, item.id) == 0
    assert (await get_cart(session, buyer.id)).count == 1


@pytest.mark.parametrize(
    ("edge", "shift", "price"),
    [("start", -TICK, 990), ("start", TICK * 0, 500), ("end", -TICK, 500), ("end", TICK * 0, 990)],
)
async def test_an_order_costs_what_its_moment_says(
    session: AsyncSession, goods: Goods, *, edge: str, shift: timedelta, price: int
) -> None:
    sale = await make_sale(session)
    item = await make_offer(session, goods, sale=sale)
    buyer = await make_buyer(session, (goods, 1))
    moment = (sale.starts_at if edge == "start" else sale.ends_at) + shift

    placed = await place(session, buyer.id, now=moment)

    is_flash = price == 500
    assert await lines_of(session, placed.no) == [(price, price, item.id if is_flash else None)]
    assert await sold_of(session, item.id) == is_flash


async def test_a_second_order_costs_the_normal_price(session: AsyncSession, goods: Goods) -> None:
    item = await make_offer(session, goods, per_user=1)
    buyer = await make_buyer(session, (goods, 1))
    await place(session, buyer.id)
    await add_goods(session, buyer.id, goods.id)

    placed = await place(session, buyer.id, key="key-of-the-second-order")

    assert await lines_of(session, placed.no) == [(990, 990, None)]
    assert await sold_of(session, item.id) == 1


async def test_a_closed_order_gives_the_share_back(session: AsyncSession, goods: Goods) -> None:
    item = await make_offer(session, goods, quota=1)
    buyer = await make_buyer(session, (goods, 1))
    placed = await place(session, buyer.id)
    order = await order_of(session, placed.no)

    await give_everything_back(session, [order.id], "test", utcnow())

    assert (await sold_of(session, item.id), await taken_of(session, item.id)) == (0, {})
    await add_goods(session, buyer.id, goods.id)
    (line,) = (await get_cart(session, buyer.id)).lines
    assert line.unit_fen == 500


async def test_a_line_remembers_the_price_that_was_charged_when_it_was_touched(
    session: AsyncSession, user: User, goods: Goods
) -> None:
    sale = await make_sale(session)
    await make_offer(session, goods, sale=sale, per_user=2)
    await add_goods(session, user.id, goods.id)
    (first,) = (await get_cart(session, user.id)).lines
    sale.ends_at = utcnow()
    await session.flush()
    await add_goods(session, user.id, goods.id)

    (second,) = (await get_cart(session, user.id)).lines

    assert (first.seen_price_fen, first.price_changed) == (500, False)
    assert (second.seen_price_fen, second.price_changed, second.flash_is_over) == (
        990,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("stock", "quota", "per_user", "taken"), [(10, 30, 2, 2), (10, 3, 9, 3), (1, 30, 2, 1)]
)
async def test_a_line_is_reduced_to_what_one_can_have(
    session: AsyncSession, user: User, *, stock: int, quota: int, per_user: int, taken: int
) -> None:
    goods = await make_goods(session, stock=stock)
    await make_offer(session, goods, quota=quota, per_user=per_user)
    await restore_line(session, user.id, goods.id, 5, is_select=True)

    await take_what_is_left(session, user.id, goods.id)
    await take_what_is_left(session, user.id, goods.id)

    (line,) = (await get_cart(session, user.id)).lines
    assert (line.quantity, line.is_over_flash, line.is_short) == (taken, False, False)
