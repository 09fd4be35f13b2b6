"""Every way to change a cart. Each is right also when it runs beside itself."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    ScalarSelect,
    Update,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again
from app.errors import N_, Conflict, NotFound, OutOfStock, Words
from app.models import CartLine, Goods, Stock
from app.models.cart import MOST_OF_ONE
from app.services.catalogue import GoodsCard, select_cards

GONE_FROM_CART = N_("This is no longer in your cart")


async def add_goods(session: AsyncSession, user_id: int, goods_id: int, quantity: int = 1) -> None:
    """Put in `quantity` more, all of it or nothing.

    Raises NotFound for goods off sale, OutOfStock beyond what is left, Conflict beyond the cap.
    """
    wanted = CartLine.quantity + quantity
    grow = (
        update(CartLine)
        .where(*_line_of(user_id, goods_id), wanted <= MOST_OF_ONE, wanted <= _left(goods_id))
        .values(quantity=wanted, seen_price_fen=_price(goods_id))
    )
    if not await _changed(session, grow):
        await _start_line(session, user_id, goods_id, quantity)


async def _start_line(session: AsyncSession, user_id: int, goods_id: int, quantity: int) -> None:
    """Put in the first of a good, or say why no more fits."""
    card, present = await _find_card(session, user_id, goods_id)
    if card is None or not card.on_sale:
        raise NotFound
    wanted = (present or 0) + quantity
    if wanted > card.left:
        raise OutOfStock(left=max(0, card.left), name=Words(card.name_zh, card.name_en))
    if wanted > MOST_OF_ONE:
        raise Conflict(N_("At most %(most)s pieces of one good"), most=MOST_OF_ONE)
    if present is not None:
        raise Again  # it was put in by another click between two statements
    await _insert_line(session, user_id, card, quantity)


async def _insert_line(
    session: AsyncSession, user_id: int, card: GoodsCard, quantity: int, is_select: bool = True
) -> None:
    values = {
        "user_id": user_id,
        "goods_id": card.id,
        "quantity": quantity,
        "is_select": is_select,
        "seen_price_fen": card.price_fen,
    }
    try:
        await session.execute(insert(CartLine).values(values))
    except IntegrityError as error:
        raise Again from error


async def take_goods(session: AsyncSession, user_id: int, goods_id: int) -> None:
    """One less; the last one takes the line with it. Of what is not in the cart nothing goes."""
    line = _line_of(user_id, goods_id)
    shrink = (
        update(CartLine)
        .where(*line, CartLine.quantity > 1)
        .values(quantity=CartLine.quantity - 1, seen_price_fen=_price(goods_id))
    )
    if await _changed(session, shrink):
        return
    if await _changed(session, delete(CartLine).where(*line, CartLine.quantity == 1)):
        return
    card, present = await _find_card(session, user_id, goods_id)
    if card is None:
        raise NotFound
    if present is not None:
        raise Again  # it changed from 1 to 2 between the two statements


async def take_what_is_left(session: AsyncSession, user_id: int, goods_id: int) -> None:
    """Reduce a line that wants more than there is; nothing when there is enough after all."""
    left = _left(goods_id)
    reduce = (
        update(CartLine)
        .where(*_line_of(user_id, goods_id), CartLine.quantity > left, left > 0)
        .values(quantity=left, seen_price_fen=_price(goods_id))
    )
    if not await _changed(session, reduce):
        await _get_line(session, user_id, goods_id)


@dataclass(frozen=True, slots=True)
class Removed:
    """A line as it was, to bring it back."""

    goods_id: int
    quantity: int
    is_select: bool


async def remove_line(session: AsyncSession, user_id: int, goods_id: int) -> Removed:
    """Raises NotFound when it is not in this shopper's cart."""
    removed = await _get_line(session, user_id, goods_id)
    same = (*_line_of(user_id, goods_id), CartLine.quantity == removed.quantity)
    if not await _changed(session, delete(CartLine).where(*same)):
        raise Again  # the number changed meanwhile; bring back the one that was removed
    return removed


async def restore_line(
    session: AsyncSession, user_id: int, goods_id: int, quantity: int, is_select: bool
) -> None:
    """Undo a removal, also of goods that are gone. What came into the cart since then stays."""
    card, present = await _find_card(session, user_id, goods_id)
    if card is None:
        raise NotFound
    if present is None:
        await _insert_line(session, user_id, card, quantity, is_select)


async def select_line(session: AsyncSession, user_id: int, goods_id: int, is_select: bool) -> None:
    """Raises NotFound when it is not in this shopper's cart."""
    change = update(CartLine).where(*_line_of(user_id, goods_id)).values(is_select=is_select)
    if not await _changed(session, change):
        raise NotFound(GONE_FROM_CART)


async def select_all(session: AsyncSession, user_id: int, is_select: bool) -> None:
    change = update(CartLine).where(CartLine.user_id == user_id).values(is_select=is_select)
    await _changed(session, change)


async def clear_gone(session: AsyncSession, user_id: int) -> int:
    """Take out what is sold out or off sale; returns how many lines that were."""
    for_sale = (
        select(Goods.id)
        .join(Stock, Stock.goods_id == Goods.id)
        .where(Goods.id == CartLine.goods_id, Goods.on_sale, Stock.on_hand > Stock.allocated)
    )
    return await _changed(
        session, delete(CartLine).where(CartLine.user_id == user_id, ~for_sale.exists())
    )


def _line_of(user_id: int, goods_id: int) -> tuple[ColumnElement[bool], ...]:
    return (CartLine.user_id == user_id, CartLine.goods_id == goods_id)


def _left(goods_id: int) -> ScalarSelect[int]:
    """What can still be sold; NULL, which nothing compares with, for goods off sale."""
    return (
        select(Stock.on_hand - Stock.allocated)
        .join(Goods, Goods.id == Stock.goods_id)
        .where(Stock.goods_id == goods_id, Goods.on_sale)
        .scalar_subquery()
    )


def _price(goods_id: int) -> ScalarSelect[int]:
    return select(Goods.price_fen).where(Goods.id == goods_id).scalar_subquery()


async def _changed(session: AsyncSession, change: Update | Delete) -> int:
    """Run it; returns how many rows it found."""
    result = await session.execute(change, execution_options={"synchronize_session": False})
    return cast(CursorResult[Any], result).rowcount


async def _find_card(
    session: AsyncSession, user_id: int, goods_id: int
) -> tuple[GoodsCard | None, int | None]:
    """The good, and how many of it are in the cart."""
    query = (
        select_cards()
        .add_columns(CartLine.quantity)
        .outerjoin(CartLine, and_(CartLine.goods_id == Goods.id, CartLine.user_id == user_id))
        .where(Goods.id == goods_id)
    )
    row = (await session.execute(query)).one_or_none()
    return (None, None) if row is None else (GoodsCard(*row[:-1]), row[-1])


async def _get_line(session: AsyncSession, user_id: int, goods_id: int) -> Removed:
    columns = select(CartLine.goods_id, CartLine.quantity, CartLine.is_select)
    row = (await session.execute(columns.where(*_line_of(user_id, goods_id)))).one_or_none()
    if row is None:
        raise NotFound(GONE_FROM_CART)
    return Removed(*row)
