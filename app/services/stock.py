"""Claiming stock for orders and giving it back: conditional updates, always in goods order."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.models import Stock, StockMove

# The moves whose sum is what orders hold.
ALLOCATING = ("allocated", "released", "shipped")


async def claim_stock(session: AsyncSession, wanted: Mapping[int, int]) -> list[int]:
    """Allocate so many pieces of each good; the goods of which there were not enough.

    When any ran short the caller must refuse, which gives back what was claimed. Goods order
    keeps two orders for the same goods from waiting for each other in a circle.
    """
    short = []
    for goods_id, quantity in sorted(wanted.items()):
        claimed = await count_changed(
            session,
            update(Stock)
            .where(Stock.goods_id == goods_id, Stock.on_hand - Stock.allocated >= quantity)
            .values(allocated=Stock.allocated + quantity),
        )
        if not claimed:
            short.append(goods_id)
    return short


async def list_left(session: AsyncSession, goods_ids: Sequence[int]) -> dict[int, int]:
    """How many pieces of these goods can still be sold."""
    rows = await session.execute(
        select(Stock.goods_id, Stock.on_hand - Stock.allocated).where(Stock.goods_id.in_(goods_ids))
    )
    return {row[0]: row[1] for row in rows}


async def note_allocated(
    session: AsyncSession, order_id: int, wanted: Mapping[int, int], *, actor: str
) -> None:
    """Write the ledger of what `claim_stock` did, once the order has a row of its own."""
    await session.execute(
        insert(StockMove),
        [_move(order_id, goods_id, "allocated", wanted[goods_id], actor) for goods_id in wanted],
    )


async def count_held(session: AsyncSession, order_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """What each order still holds in the store, by order and good: neither sent nor given back.

    Lock the orders before relying on it.
    """
    held = func.sum(StockMove.quantity)
    rows = await session.execute(
        select(StockMove.order_id, StockMove.goods_id, held)
        .where(StockMove.order_id.in_(order_ids), StockMove.kind.in_(ALLOCATING))
        .group_by(StockMove.order_id, StockMove.goods_id)
        .having(held > 0)
    )
    return {(int(row[0] or 0), row[1]): int(row[2]) for row in rows}  # a Decimal on MariaDB


async def release_stock(session: AsyncSession, order_ids: Sequence[int], *, actor: str) -> None:
    """Give back all that these orders, just closed by this transaction, still hold."""
    held = await count_held(session, order_ids)
    freed: Counter[int] = Counter()
    for (_, goods_id), quantity in held.items():
        freed[goods_id] += quantity
    for goods_id, quantity in sorted(freed.items()):
        # CHECK (allocated >= 0) refuses to give back what was never claimed.
        await session.execute(
            update(Stock)
            .where(Stock.goods_id == goods_id)
            .values(allocated=Stock.allocated - quantity),
            execution_options={"synchronize_session": False},
        )
    if held:
        moves = [
            _move(order, goods, "released", -pieces, actor)
            for (order, goods), pieces in held.items()
        ]
        await session.execute(insert(StockMove), moves)


async def ship_stock(
    session: AsyncSession, order_id: int, pieces: Mapping[int, int], *, actor: str
) -> None:
    """Pieces of an order leave the store: they are neither there nor promised any longer."""
    for goods_id, quantity in sorted(pieces.items()):
        # CHECK (allocated >= 0) refuses to send what was never claimed.
        await session.execute(
            update(Stock)
            .where(Stock.goods_id == goods_id)
            .values(on_hand=Stock.on_hand - quantity, allocated=Stock.allocated - quantity),
            execution_options={"synchronize_session": False},
        )
    await session.execute(
        insert(StockMove),
        [_move(order_id, goods_id, "shipped", -pieces[goods_id], actor) for goods_id in pieces],
    )


def _move(
    order_id: int, goods_id: int, kind: str, quantity: int, actor: str
) -> dict[str, int | str]:
    return {
        "order_id": order_id,
        "goods_id": goods_id,
        "kind": kind,
        "quantity": quantity,
        "actor": actor,
    }
