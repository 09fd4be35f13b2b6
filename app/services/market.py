"""The market: the goods of a type or of a part of it, in four orders, page by page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import ChildType, FoodType, Goods
from app.services.catalogue import CARD_WIDTH, GoodsCard, select_cards
from app.services.viewer import seen_by

PAGE = 50


class Sort(IntEnum):
    """The public numbers of the orders in which a type can be looked through."""

    DEFAULT = 0
    SALES = 1
    DEAREST = 2
    CHEAPEST = 3


@dataclass(frozen=True, slots=True)
class Aisle:
    """A food type, or a part of one, under its public number. Parts have no picture."""

    id: int
    number: int
    name_zh: str
    name_en: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Market:
    """One page of the market. `child` is None for the whole type; `count` counts all pages;
    `next_key` leads to the next page and is None on the last."""

    types: tuple[Aisle, ...]
    children: tuple[Aisle, ...]
    food_type: Aisle
    child: Aisle | None
    sort: Sort
    count: int
    cards: tuple[GoodsCard, ...]
    next_key: str | None


@dataclass(frozen=True, slots=True)
class _Order:
    """A column to sort by. The last of an order is the id, so that no two goods tie."""

    column: SQLColumnExpression[Any]
    is_descending: bool = False

    @property
    def clause(self) -> ColumnElement[Any]:
        return self.column.desc() if self.is_descending else self.column.asc()

    def behind(self, value: int) -> ColumnElement[bool]:
        return self.column < value if self.is_descending else self.column > value


# Descending all the way where it can be: the index is then read backwards and nothing is sorted.
_ORDERS: dict[Sort, tuple[_Order, ...]] = {
    Sort.DEFAULT: (
        _Order(type_coerce(Goods.is_pinned, Integer), is_descending=True),
        _Order(Goods.position),
        _Order(Goods.id),
    ),
    Sort.SALES: (_Order(Goods.sales, is_descending=True), _Order(Goods.id, is_descending=True)),
    Sort.DEAREST: (
        _Order(Goods.price_fen, is_descending=True),
        _Order(Goods.id, is_descending=True),
    ),
    Sort.CHEAPEST: (_Order(Goods.price_fen), _Order(Goods.id)),
}
_KEY = re.compile(r"-?[0-9]{1,15}(?:\.-?[0-9]{1,15})*")


async def find_first_type(session: AsyncSession) -> int | None:
    """The number of the first type that has goods on sale, else of the first; None if none."""
    has_goods = exists().where(Goods.type_id == FoodType.id, Goods.on_sale)
    query = select(FoodType.number).order_by(
        case((has_goods, 0), else_=1), FoodType.position, FoodType.number
    )
    number: int | None = await session.scalar(query.limit(1))
    return number


async def get_market(
    session: AsyncSession,
    type_number: int,
    child_number: int,
    sort: Sort,
    after: str | None = None,
    *,
    viewer: int | None = None,
) -> Market:
    """The page behind the key `after`, or the first. Child 0 is all of the type.

    Raises NotFound for numbers that do not exist or not together, and for a broken key.
    """
    key = _parse_key(after, sort) if after else None
    types, children = await _read_aisles(session, type_number)
    food_type = _pick(types, type_number)
    child = _pick(children, child_number) if child_number else None
    within = [Goods.type_id == food_type.id, Goods.on_sale.is_(True)]
    if child is not None:
        within.append(Goods.child_id == child.id)
    count, cards, next_key = await _read_page(session, within, sort, key, viewer)
    return Market(types, children, food_type, child, sort, count, cards, next_key)


def _parse_key(after: str, sort: Sort) -> tuple[int, ...]:
    values = tuple(map(int, after.split("."))) if _KEY.fullmatch(after) else ()
    if len(values) != len(_ORDERS[sort]):
        raise NotFound
    return values


async def _read_aisles(
    session: AsyncSession, type_number: int
) -> tuple[tuple[Aisle, ...], tuple[Aisle, ...]]:
    """All types, and the children of the one with this number, in one statement."""
    rows = await session.execute(
        select(
            FoodType.id,
            FoodType.number,
            FoodType.name_zh,
            FoodType.name_en,
            FoodType.picture,
            ChildType.id,
            ChildType.number,
            ChildType.name_zh,
            ChildType.name_en,
        )
        .outerjoin(
            ChildType, and_(ChildType.type_id == FoodType.id, FoodType.number == type_number)
        )
        .order_by(FoodType.position, FoodType.number, ChildType.position, ChildType.number)
    )
    types: dict[int, Aisle] = {}
    children = []
    for row in rows:
        types.setdefault(row[0], Aisle(*row[:5]))
        if row[5] is not None:
            children.append(Aisle(*row[5:]))
    return tuple(types.values()), tuple(children)


def _pick(aisles: Sequence[Aisle], number: int) -> Aisle:
    for aisle in aisles:
        if aisle.number == number:
            return aisle
    raise NotFound


async def _read_page(
    session: AsyncSession,
    within: Sequence[ColumnElement[bool]],
    sort: Sort,
    key: tuple[int, ...] | None,
    viewer: int | None,
) -> tuple[int, tuple[GoodsCard, ...], str | None]:
    """How many goods there are, those of the page, and the key of the next page."""
    order = _ORDERS[sort]
    counted = select(func.count()).select_from(Goods).where(*within)
    query = (
        select_cards()
        .add_columns(*(part.column for part in order), counted.scalar_subquery())
        .where(*within)
        .order_by(*(part.clause for part in order))
        .limit(PAGE + 1)
    )
    if key is not None:
        query = query.where(_behind(order, key))
    rows = (await session.execute(query, seen_by(viewer))).all()
    # An empty page has no row that could bring the count along.
    count = rows[0][-1] if rows else await session.scalar(counted) or 0
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    next_key = ".".join(str(int(value)) for value in last[CARD_WIDTH:-1]) if last else None
    return count, tuple(GoodsCard(*row[:CARD_WIDTH]) for row in rows[:PAGE]), next_key


def _behind(order: Sequence[_Order], key: Sequence[int]) -> ColumnElement[bool]:
    """What comes after `key`. Spelled out, as tuples cannot compare in mixed directions."""
    return or_(
        *(
            and_(
                *(part.column == value for part, value in zip(order[:i], key, strict=False)),
                order[i].behind(key[i]),
            )
            for i in range(len(order))
        )
    )
