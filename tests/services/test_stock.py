"""Claiming stock and giving it back."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, StockMove
from app.services.stock import claim_stock, list_left, release_stock
from tests.factories import make_goods
from tests.shopping import make_buyer, order_of, place, stock_of, wrong_books


async def test_the_last_pieces_can_be_claimed(session: AsyncSession, goods: Goods) -> None:
    assert await claim_stock(session, {goods.id: 10}) == []
    assert await stock_of(session, goods.id) == (10, 10)


async def test_more_than_is_left_is_not_claimed(session: AsyncSession, goods: Goods) -> None:
    assert await claim_stock(session, {goods.id: 11}) == [goods.id]
    assert await stock_of(session, goods.id) == (10, 0)


async def test_all_that_ran_short_are_named(session: AsyncSession) -> None:
    few, many, none = [await make_goods(session, stock=stock) for stock in (2, 9, 0)]

    short = await claim_stock(session, {none.id: 1, few.id: 3, many.id: 3})

    assert short == sorted([few.id, none.id])
    assert await list_left(session, short) == {few.id: 2, none.id: 0}


async def test_goods_that_do_not_exist_are_short(session: AsyncSession) -> None:
    assert await claim_stock(session, {2**40: 1}) == [2**40]


async def test_what_is_given_back_is_in_the_ledger(session: AsyncSession, goods: Goods) -> None:
    pear = await make_goods(session)
    buyer = await make_buyer(session, (pear, 2), (goods, 1))
    order = await order_of(session, (await place(session, buyer.id)).no)

    await release_stock(session, [order.id], actor="test")

    moves = await session.execute(
        select(StockMove.goods_id, StockMove.kind, StockMove.quantity)
        .where(StockMove.order_id == order.id)
        .order_by(StockMove.goods_id, StockMove.quantity)
    )
    assert [tuple(move) for move in moves] == [
        (goods.id, "released", -1),
        (goods.id, "allocated", 1),
        (pear.id, "released", -2),
        (pear.id, "allocated", 2),
    ]
    assert await wrong_books(session, about="stock") == []


async def test_giving_back_twice_gives_back_once(session: AsyncSession, goods: Goods) -> None:
    buyer = await make_buyer(session, (goods, 1))
    order = await order_of(session, (await place(session, buyer.id)).no)
    await release_stock(session, [order.id], actor="test")

    await release_stock(session, [order.id], actor="test")

    assert await stock_of(session, goods.id) == (10, 0)
    assert await wrong_books(session, about="stock") == []


async def test_nothing_to_give_back_is_no_harm(session: AsyncSession, goods: Goods) -> None:
    await release_stock(session, [], actor="test")

    assert await stock_of(session, goods.id) == (10, 0)
