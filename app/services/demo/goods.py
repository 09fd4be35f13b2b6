"""The demo shop's types, child types and goods, with their stock and search tokens."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again
from app.models import ChildType, FoodType, Goods, Stock, StockMove
from app.services.demo.files import read_goods, read_shelf, read_types
from app.services.demo.parts import DemoGoods, DemoType
from app.services.prices import note_prices
from app.services.search import index_goods

ACTOR = "demo"
# What keeps for no longer than this comes in small amounts.
FRESH_DAYS = 4
COPIED = (
    "product_no",
    "name_zh",
    "name_en",
    "spec",
    "price_fen",
    "market_price_fen",
    "unit_price_fen",
    "unit_price_per",
    "picture",
    "tint",
    "origin",
    "storage",
    "life_days",
    "min_age",
)

Row = dict[str, Any]  # Any: a row's values, as SQLAlchemy takes them


async def add_types(session: AsyncSession) -> int:
    """Add the types that are missing, after those that are there; returns how many."""
    known = set(await session.scalars(select(FoodType.number)))
    missing = [kind for kind in read_types() if kind.number not in known]
    if missing:
        last = await session.scalar(select(func.coalesce(func.max(FoodType.position), 0)))
        await _insert_types(session, missing, after=last or 0)
    await _add_children(session)
    return len(missing)


async def _insert_types(session: AsyncSession, types: list[DemoType], *, after: int) -> None:
    """The first thing written, so two loads at once meet here: the later one starts again."""
    rows = [
        {
            "number": kind.number,
            "position": after + position,
            "name_zh": kind.name_zh,
            "name_en": kind.name_en,
            "picture": kind.picture,
            "tint": kind.tint,
        }
        for position, kind in enumerate(types, start=1)
    ]
    try:
        await session.execute(insert(FoodType), rows)
    except IntegrityError as error:
        raise Again from error


async def _add_children(session: AsyncSession) -> None:
    type_ids = await _list_type_ids(session)
    known = set(await session.execute(select(ChildType.type_id, ChildType.number)))
    rows = [
        {
            "type_id": type_ids[kind.number],
            "number": number,
            "position": position,
            "name_zh": name_zh,
            "name_en": name_en,
        }
        for kind in read_types()
        for position, (number, name_zh, name_en) in enumerate(kind.children, start=1)
        if (type_ids[kind.number], number) not in known
    ]
    if rows:
        await session.execute(insert(ChildType), rows)


async def _list_type_ids(session: AsyncSession) -> dict[int, int]:
    """The demo's types, from public number to id."""
    numbers = [kind.number for kind in read_types()]
    found = await session.execute(
        select(FoodType.number, FoodType.id).where(FoodType.number.in_(numbers))
    )
    return dict(found.all())


async def add_goods(session: AsyncSession, *, arrived_at: datetime) -> int:
    """Add the goods that are missing, on the shelf since `arrived_at`; returns how many."""
    known = await list_goods_ids(session)
    missing = [good for good in read_goods() if good.name_zh not in known]
    if missing:
        places = await _list_places(session)
        rows = [
            _goods_row(good, places[good.type_zh, good.child_zh], arrived_at) for good in missing
        ]
        await session.execute(insert(Goods), rows)
        ids = await list_goods_ids(session)
        prices = {ids[good.name_zh]: good.price_fen for good in missing}
        await note_prices(session, prices, from_at=arrived_at)
        await _add_stock(session, missing, ids, arrived_at=arrived_at)
        await index_goods(session, [(ids[g.name_zh], g.name_zh, g.name_en) for g in missing])
    return len(missing)


async def list_goods_ids(session: AsyncSession) -> dict[str, int]:
    """The demo's goods that are in the shop, from the file's Chinese name to id."""
    names = {good.product_no: good.name_zh for good in read_goods()}
    found = await session.execute(
        select(Goods.product_no, Goods.id)
        .join(FoodType, FoodType.id == Goods.type_id)
        .where(FoodType.number.in_([kind.number for kind in read_types()]))
    )
    return {names[number]: goods_id for number, goods_id in found if number in names}


async def _list_places(session: AsyncSession) -> dict[tuple[str, str], tuple[int, int]]:
    """From a type's and child type's names in the file to their ids."""
    found = await session.execute(
        select(FoodType.number, ChildType.number, FoodType.id, ChildType.id).join(
            ChildType, ChildType.type_id == FoodType.id
        )
    )
    ids = {(number, child): (id_, child_id) for number, child, id_, child_id in found}
    return {
        (kind.name_zh, name_zh): ids[kind.number, number]
        for kind in read_types()
        for number, name_zh, _ in kind.children
    }


def _goods_row(good: DemoGoods, place: tuple[int, int], arrived_at: datetime) -> Row:
    return {name: getattr(good, name) for name in COPIED} | {
        "type_id": place[0],
        "child_id": place[1],
        "sales": _sales_of(good),
        "position": good.row,
        "is_pinned": good.name_zh in read_shelf().pinned,
        "member_price_fen": read_shelf().member.get(good.name_zh, 0),
        "created_at": arrived_at,
        "updated_at": arrived_at,
    }


async def _add_stock(
    session: AsyncSession,
    goods: Iterable[DemoGoods],
    ids: Mapping[str, int],
    *,
    arrived_at: datetime,
) -> None:
    pieces = {ids[good.name_zh]: _stock_of(good) for good in goods}
    stock = [{"goods_id": id_, "on_hand": count} for id_, count in sorted(pieces.items())]
    moves = [
        {
            "goods_id": id_,
            "kind": "received",
            "quantity": count,
            "actor": ACTOR,
            "created_at": arrived_at,
        }
        for id_, count in sorted(pieces.items())
        if count
    ]
    await session.execute(insert(Stock), stock)
    if moves:
        await session.execute(insert(StockMove), moves)


def _sales_of(good: DemoGoods) -> int:
    """The cheaper, the more; pinned goods sell best. The same in every demo shop."""
    most = 1_600_000 // (good.price_fen + 500)
    sold = int(most * _dice(good, "sales").uniform(0.15, 1))
    return sold + most if good.name_zh in read_shelf().pinned else sold


def _stock_of(good: DemoGoods) -> int:
    shelf = read_shelf()
    if good.name_zh in shelf.sold_out:
        return 0
    usual = (12, 60) if good.life_days <= FRESH_DAYS else (40, 200)
    return shelf.few.get(good.name_zh, _dice(good, "stock").randint(*usual))


def _dice(good: DemoGoods, purpose: str) -> Random:
    """Always falls the same way for the same good."""
    return Random(f"{purpose} {good.product_no}")  # noqa: S311 - scenery, not a secret
