"""What becomes of the pieces that a refund is about: back on the shelf, or written off."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, Conflict
from app.models import Stock, StockMove
from app.services.stock import count_held


@dataclass(frozen=True, slots=True)
class Pieces:
    """`quantity` pieces of a good; `restock` of them can be sold again."""

    goods_id: int
    quantity: int
    restock: int


async def drop_unsent(
    session: AsyncSession, order_id: int, pieces: Sequence[Pieces], *, actor: str
) -> None:
    """Pieces that will not be sent after all. Those that cannot be sold are written off.

    Raises Conflict when the order no longer holds so many in the store.
    """
    held = await count_held(session, [order_id])
    moves = []
    for part in sorted(pieces, key=lambda part: part.goods_id):
        if part.quantity > held.get((order_id, part.goods_id), 0):
            raise Conflict(N_("That many pieces are no longer in the store"))
        lost = part.quantity - part.restock
        await _change(session, part.goods_id, on_hand=-lost, allocated=-part.quantity)
        moves += [
            _move(order_id, part.goods_id, "released", -part.quantity, actor),
            _move(order_id, part.goods_id, "wasted", -lost, actor),
        ]
    await _note(session, moves)


async def take_back(
    session: AsyncSession, order_id: int, pieces: Sequence[Pieces], *, actor: str
) -> None:
    """Pieces that had been sent come back; only what can be sold again is counted."""
    moves = []
    for part in sorted(pieces, key=lambda part: part.goods_id):
        if part.restock:
            await _change(session, part.goods_id, on_hand=part.restock, allocated=0)
            moves.append(_move(order_id, part.goods_id, "returned", part.restock, actor))
    await _note(session, moves)


async def _change(session: AsyncSession, goods_id: int, *, on_hand: int, allocated: int) -> None:
    await session.execute(
        update(Stock)
        .where(Stock.goods_id == goods_id)
        .values(on_hand=Stock.on_hand + on_hand, allocated=Stock.allocated + allocated),
        execution_options={"synchronize_session": False},
    )


async def _note(session: AsyncSession, moves: Sequence[dict[str, int | str]]) -> None:
    real = [move for move in moves if move["quantity"]]
    if real:
        await session.execute(insert(StockMove), real)


def _move(
    order_id: int, goods_id: int, kind: str, quantity: int, actor: str
) -> dict[str, int | str]:
    return {
        "order_id": order_id,
        "goods_id": goods_id,
        "kind": kind,
        "quantity": quantity,
        "actor": actor,
        "reason": "refund",
    }
