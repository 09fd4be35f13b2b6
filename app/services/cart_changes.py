"""Every way to change a cart. Each is right also when it runs beside itself."""

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.errors import N_, Conflict, NotFound, OutOfStock, Words
from app.models import CartLine, Goods, Stock
from app.models.cart import MOST_LINES, MOST_OF_ONE
from app.services.catalogue import GoodsCard, select_cards
from app.services.flash_prices import most_for, price_for

GONE_FROM_CART = N_("This is no longer in your cart")


async def add_goods(session: AsyncSession, user_id: int, goods_id: int, quantity: int = 1) -> None:
    """Put in `quantity` more, all of it or nothing.

    Raises NotFound for goods off sale, OutOfStock beyond what is left, Conflict beyond the cap.
    """
    wanted = CartLine.quantity + quantity
    grow = (
        update(CartLine)
        .where(*_line_of(user_id, goods_id), wanted <= MOST_OF_ONE, wanted <= _left(goods_id))
        .values(quantity=wanted, seen_price_fen=price_for(user_id, goods_id))
    )
    if not await count_changed(session, grow):
        await _start_line(session, user_id, goods_id, quantity)


async def _start_line(session: AsyncSession, user_id: int, goods_id: int, quantity: int) -> None:
    """Put in the first of a good, or say why no more fits."""
    card, line = await _find_line(session, user_id, goods_id)
    wanted = quantity + (line.quantity if line else 0)
    if not card.on_sale:
        raise NotFound
    if wanted > card.left:
        raise OutOfStock(left=max(0, card.left), name=Words(card.name_zh, card.name_en))
    if wanted > MOST_OF_ONE:
        raise Conflict(N_("At most %(most)s pieces of one good"), most=MOST_OF_ONE)
    if line is not None:
        raise Again  # it was put in by another click between two statements
    await _insert_line(session, user_id, card, quantity)


async def _insert_line(
    session: AsyncSession, user_id: int, card: GoodsCard, quantity: int, is_select: bool = True
) -> None:
    await _check_room(session, user_id)
    values = {
        "user_id": user_id,
        "goods_id": card.id,
        "quantity": quantity,
        "is_select": is_select,
        "seen_price_fen": price_for(user_id, card.id),
    }
    try:
        await session.execute(insert(CartLine).values(values))
    except IntegrityError as error:
        raise Again from error


async def _check_room(session: AsyncSession, user_id: int) -> None:
    """Every page reads the whole cart, so it must not grow without end.

    Clicks side by side may go a few lines beyond, which does no harm.
    """
    lines = select(func.count()).where(CartLine.user_id == user_id)
    if (await session.scalar(lines) or 0) >= MOST_LINES:
        raise Conflict(
            N_("Your cart is full: at most %(most)s different goods. Please take something out."),
            most=MOST_LINES,
        )


@dataclass(frozen=True, slots=True)
class Removed:
    """A line as it was when it was removed: enough to name it and to bring it back."""

    goods_id: int
    name_zh: str
    name_en: str
    quantity: int
    is_select: bool
    line_id: int = 0


async def take_goods(session: AsyncSession, user_id: int, goods_id: int) -> Removed | None:
    """One less; the last one takes the line with it. Of what is not in the cart nothing goes."""
    shrink = (
        update(CartLine)
        .where(*_line_of(user_id, goods_id), CartLine.quantity > 1)
        .values(quantity=CartLine.quantity - 1, seen_price_fen=price_for(user_id, goods_id))
    )
    if await count_changed(session, shrink):
        return None
    _, line = await _find_line(session, user_id, goods_id)
    if line is not None and line.quantity > 1:
        raise Again  # it grew between the two statements
    return line and await _delete_line(session, user_id, line)


async def _delete_line(session: AsyncSession, user_id: int, line: Removed) -> Removed:
    same = (*_line_of(user_id, line.goods_id), CartLine.quantity == line.quantity)
    if not await count_changed(session, delete(CartLine).where(*same)):
        raise Again  # the number changed meanwhile, and undo must bring back the right one
    return line


async def take_what_is_left(session: AsyncSession, user_id: int, goods_id: int) -> None:
    """Reduce a line that wants more than there is, or than one may have at the flash price.

    Nothing happens when there is enough after all.
    """
    left, share = _left(goods_id), most_for(user_id, goods_id)
    most = case((share < left, share), else_=left)
    reduce = (
        update(CartLine)
        .where(*_line_of(user_id, goods_id), CartLine.quantity > most, most > 0)
        .values(quantity=most, seen_price_fen=price_for(user_id, goods_id))
    )
    if not await count_changed(session, reduce):
        _, line = await _find_line(session, user_id, goods_id)
        if line is None:
            raise NotFound(GONE_FROM_CART)


async def remove_line(session: AsyncSession, user_id: int, goods_id: int) -> Removed | None:
    """The line as it was; None when it had gone already, as after a double click."""
    _, line = await _find_line(session, user_id, goods_id)
    return line and await _delete_line(session, user_id, line)


async def restore_line(
    session: AsyncSession, user_id: int, goods_id: int, quantity: int, is_select: bool
) -> None:
    """Undo a removal, also of goods that are gone. What came into the cart since then stays."""
    card, line = await _find_line(session, user_id, goods_id)
    if line is None:
        await _insert_line(session, user_id, card, quantity, is_select)


async def find_removed(
    session: AsyncSession, goods_id: int, quantity: int, is_select: bool
) -> Removed | None:
    """What a removal of this line would have returned; None for unknown goods."""
    row = (
        await session.execute(select(Goods.name_zh, Goods.name_en).where(Goods.id == goods_id))
    ).one_or_none()
    return row and Removed(goods_id, row.name_zh, row.name_en, quantity, is_select)


async def select_line(session: AsyncSession, user_id: int, goods_id: int, is_select: bool) -> None:
    """Raises NotFound when it is not in this shopper's cart."""
    change = update(CartLine).where(*_line_of(user_id, goods_id)).values(is_select=is_select)
    if not await count_changed(session, change):
        raise NotFound(GONE_FROM_CART)


async def select_all(session: AsyncSession, user_id: int, is_select: bool) -> None:
    change = update(CartLine).where(CartLine.user_id == user_id).values(is_select=is_select)
    await count_changed(session, change)


async def clear_gone(session: AsyncSession, user_id: int) -> int:
    """Take out what is sold out or off sale; returns how many lines that were."""
    for_sale = (
        select(Goods.id)
        .join(Stock, Stock.goods_id == Goods.id)
        .where(Goods.id == CartLine.goods_id, Goods.on_sale, Stock.on_hand > Stock.allocated)
    )
    return await count_changed(
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


async def _find_line(
    session: AsyncSession, user_id: int, goods_id: int
) -> tuple[GoodsCard, Removed | None]:
    """The good, and its line in the cart if there is one. Raises NotFound for unknown goods."""
    query = (
        select_cards()
        .add_columns(CartLine.quantity, CartLine.is_select, CartLine.id)
        .outerjoin(CartLine, and_(CartLine.goods_id == Goods.id, CartLine.user_id == user_id))
        .where(Goods.id == goods_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    *columns, quantity, is_select, line_id = row
    card = GoodsCard(*columns)
    if quantity is None:
        return card, None
    return card, Removed(card.id, card.name_zh, card.name_en, quantity, is_select, line_id)
