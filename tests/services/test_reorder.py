"""Order again: what is still to be had goes into the cart, the rest is named."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import CartLine, Goods, Order, Stock, User
from app.services.reorder import list_earlier, order_again
from tests.factories import make_goods, make_user
from tests.shopping import make_buyer, place, put_in_cart


async def cart_of(session: AsyncSession, user: User) -> dict[int, int]:
    rows = await session.execute(
        select(CartLine.goods_id, CartLine.quantity).where(CartLine.user_id == user.id)
    )
    return {row[0]: row[1] for row in rows}


async def buy(session: AsyncSession, *basket: tuple[Goods, int]) -> tuple[User, str]:
    buyer = await make_buyer(session, *basket)
    return buyer, (await place(session, buyer.id)).no


async def test_everything_that_is_there_goes_into_the_cart(
    session: AsyncSession, goods: Goods
) -> None:
    pear = await make_goods(session)
    buyer, no = await buy(session, (goods, 2), (pear, 1))

    assert await order_again(session, buyer.id, no)
    assert await cart_of(session, buyer) == {goods.id: 2, pear.id: 1}


async def test_what_is_in_the_cart_already_stays(session: AsyncSession, goods: Goods) -> None:
    buyer, no = await buy(session, (goods, 2))
    await put_in_cart(session, buyer, goods, 3)

    assert await order_again(session, buyer.id, no)
    assert await cart_of(session, buyer) == {goods.id: 5}


async def test_what_is_gone_or_short_is_named(session: AsyncSession, goods: Goods) -> None:
    gone, none, few = [await make_goods(session) for _ in range(3)]
    buyer, no = await buy(session, (goods, 1), (gone, 1), (none, 1), (few, 3))
    await session.execute(update(Goods).where(Goods.id == gone.id).values(on_sale=False))
    await session.execute(update(Stock).where(Stock.goods_id == none.id).values(allocated=10))
    await session.execute(update(Stock).where(Stock.goods_id == few.id).values(allocated=8))

    is_complete = await order_again(session, buyer.id, no)

    missing = {
        line.goods_id: (line.is_gone, line.in_cart)
        for line in await list_earlier(session, buyer.id, no)
        if line.is_missing
    }
    assert not is_complete
    assert await cart_of(session, buyer) == {goods.id: 1, few.id: 2}
    assert missing == {gone.id: (True, 0), none.id: (True, 0), few.id: (False, 2)}


async def test_a_full_line_takes_no_more(session: AsyncSession) -> None:
    goods = await make_goods(session, stock=500)
    buyer, no = await buy(session, (goods, 50))
    await put_in_cart(session, buyer, goods, 90)

    assert not await order_again(session, buyer.id, no)
    assert await cart_of(session, buyer) == {goods.id: 99}


async def test_somebody_elses_order_is_not_found(session: AsyncSession, goods: Goods) -> None:
    _, no = await buy(session, (goods, 1))
    stranger = await make_user(session)

    with pytest.raises(NotFound):
        await order_again(session, stranger.id, no)

    assert await cart_of(session, stranger) == {}
    assert await session.scalar(select(Order.status)) == "unpaid"
