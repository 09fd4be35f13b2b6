"""Writing the course's goods, with their stock and their search tokens."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Stock, StockMove
from app.models.base import utcnow
from app.services.course.pictures import picture_of
from app.services.course.report import Tally
from app.services.course.rows import GoodsRow
from app.services.course.types import Shelf
from app.services.prices import note_prices
from app.services.search import index_goods

Key = tuple[int, str]
Values = dict[str, Any]  # Any: columns of several types
# What a later import brings to the file's state again. Sales and stock go their own way once the
# shop sells, and picture, English name and whether a good is on sale are for the shop to choose.
FOLLOWED = ("child_id", "name_zh", "spec", "price_fen", "market_price_fen", "is_pinned")


async def write_goods(
    session: AsyncSession,
    rows: Sequence[GoodsRow],
    shelves: Mapping[int, Shelf],
    tally: Tally,
) -> None:
    """Add what is new with its stock, and bring the rest to what the file says."""
    known = await _list_known(session, {shelves[row.type_number].id for row in rows})
    fresh: list[GoodsRow] = []
    for row in rows:
        shelf = shelves[row.type_number]
        goods = known.get((shelf.id, row.product_no))
        changes = _changes(goods, _followed_values(row, shelf)) if goods else {}
        if goods is None:
            fresh.append(row)
        elif changes:
            await _change(session, goods, changes)
        tally.count(is_new=goods is None, is_changed=bool(changes))
    await _add(session, fresh, shelves)


async def _list_known(session: AsyncSession, type_ids: Iterable[int]) -> dict[Key, RowMapping]:
    rows = await session.execute(
        select(
            Goods.id,
            Goods.type_id,
            Goods.product_no,
            Goods.name_en,
            *(getattr(Goods, column) for column in FOLLOWED),
        ).where(Goods.type_id.in_(type_ids))
    )
    return {(row["type_id"], row["product_no"]): row for row in rows.mappings()}


def _followed_values(row: GoodsRow, shelf: Shelf) -> Values:
    """A child number that the type does not know leaves the good under the whole type."""
    values = (
        shelf.children.get(row.child_number),
        row.name,
        row.spec,
        row.price_fen,
        row.market_price_fen,
        row.is_pinned,
    )
    return dict(zip(FOLLOWED, values, strict=True))


def _changes(goods: RowMapping, values: Values) -> Values:
    return {column: value for column, value in values.items() if goods[column] != value}


async def _change(session: AsyncSession, goods: RowMapping, changes: Values) -> None:
    await session.execute(update(Goods).where(Goods.id == goods["id"]).values(**changes))
    if "price_fen" in changes:
        await note_prices(session, {goods["id"]: changes["price_fen"]}, from_at=utcnow())
    if "name_zh" in changes:
        await index_goods(session, [(goods["id"], changes["name_zh"], goods["name_en"])])


async def _add(
    session: AsyncSession, rows: Sequence[GoodsRow], shelves: Mapping[int, Shelf]
) -> None:
    if not rows:
        return
    await session.execute(
        insert(Goods), [_new_values(row, shelves[row.type_number]) for row in rows]
    )
    known = await _list_known(session, {shelves[row.type_number].id for row in rows})
    added = [(known[shelves[row.type_number].id, row.product_no]["id"], row) for row in rows]
    await note_prices(
        session, {goods_id: row.price_fen for goods_id, row in added}, from_at=utcnow()
    )
    await _receive(session, [(goods_id, row.stock) for goods_id, row in added])
    await index_goods(session, [(goods_id, row.name, "") for goods_id, row in added])


async def _receive(session: AsyncSession, pieces: Sequence[tuple[int, int]]) -> None:
    """The first stock of goods, given as (id, quantity)."""
    await session.execute(
        insert(Stock), [{"goods_id": goods_id, "on_hand": count} for goods_id, count in pieces]
    )
    moves = [
        {"goods_id": goods_id, "kind": "received", "quantity": count, "actor": "import"}
        for goods_id, count in pieces
        if count
    ]
    if moves:
        await session.execute(insert(StockMove), moves)


def _new_values(row: GoodsRow, shelf: Shelf) -> Values:
    picture, tint = picture_of(row.name, row.child_name)
    return {
        "type_id": shelf.id,
        "product_no": row.product_no,
        "name_en": "",
        "sales": row.sales,
        "picture": picture,
        "tint": tint,
        **_followed_values(row, shelf),
    }
