"""Giving money back: never more than came in, written down first, sent after the commit."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderLine
from app.services import refund_books as books
from app.services import restock
from app.services.order_moves import note_event, refuse_move
from app.services.refund_books import Giving, Part
from app.services.restock import Pieces

# Why goods are given back, and how the order must stand for it.
STATUSES_OF: Mapping[str, tuple[str, ...]] = {
    "shortage": ("paid", "picking", "shipping"),
    "quality": ("delivered", "completed"),
    "goodwill": ("delivered", "completed"),
    # A parcel came back; the others of the order may have arrived.
    "failed": ("shipping", "delivered", "closed"),
}


async def ask_refund(
    session: AsyncSession,
    order_id: int,
    kind: str,
    lines: Mapping[int, tuple[int, int]],
    *,
    ship_fen: int = 0,
    reason: str = "",
    actor: str,
    now: datetime,
    is_approved: bool = True,
) -> str | None:
    """Give back pieces of lines, of each so many to be sold again; the refund's number.

    None when they had cost nothing. What is approved is sent after the commit; what is not holds
    its sum until somebody decides. Raises MoveRefused when the order does not stand so that this
    can be, Conflict when more is asked than is left.
    """
    order = await books.lock_order(session, Order.id == order_id)
    if order.status not in STATUSES_OF[kind]:
        await refuse_move(session, order_id, actor=actor)
    await books.check_ship(session, order, ship_fen)
    parts = await books.claim_parts(session, order_id, lines)
    if kind == "shortage":
        await restock.drop_unsent(session, order_id, _pieces(parts), actor=actor)
    elif is_approved:
        await restock.take_back(session, order_id, _pieces(parts), actor=actor)
    amount = sum(part.amount_fen for part in parts) + ship_fen
    if not amount or order.payment_id is None:
        await note_event(
            session, order_id, "given_up", None, None, actor=actor, now=now, note=reason
        )
        return None
    giving = Giving(
        order_id=order_id,
        payment_id=order.payment_id,
        kind=kind,
        amount_fen=amount,
        ship_fen=ship_fen,
        reason=reason,
        actor=actor,
        now=now,
        is_approved=is_approved,
        parts=parts,
    )
    return await books.write_refund(session, giving)


def _pieces(parts: Sequence[Part]) -> list[Pieces]:
    return [Pieces(part.goods_id, part.quantity, part.restock) for part in parts]


async def refund_rest(
    session: AsyncSession,
    order_id: int,
    kind: str,
    *,
    restocked: Mapping[int, int] | None = None,
    reason: str = "",
    actor: str,
    now: datetime,
) -> str | None:
    """Give back all that is left of what a closed order was paid with; None when nothing is.

    The goods are the caller's business; `restocked` only says, by line, how many of them can be
    sold again (all of them, if it is not given).
    """
    order = await books.lock_order(session, Order.id == order_id)
    left = {
        line_id: (pieces, pieces if restocked is None else restocked.get(line_id, 0))
        for line_id, pieces in await list_kept(session, order_id)
    }
    amount = order.pay_fen - order.refunded_fen
    if not amount or order.payment_id is None:
        return None
    giving = Giving(
        order_id=order_id,
        payment_id=order.payment_id,
        kind=kind,
        amount_fen=amount,
        ship_fen=await books.ship_left(session, order),
        reason=reason,
        actor=actor,
        now=now,
        parts=await books.claim_parts(session, order_id, left),
    )
    return await books.write_refund(session, giving)


async def list_kept(session: AsyncSession, order_id: int) -> list[tuple[int, int]]:
    """The lines that were not wholly given back, and how many pieces each still has."""
    rows = await session.execute(
        select(OrderLine.id, OrderLine.quantity - OrderLine.refunded_quantity)
        .where(OrderLine.order_id == order_id, OrderLine.quantity > OrderLine.refunded_quantity)
        .order_by(OrderLine.id)
    )
    return [(row[0], row[1]) for row in rows]


async def return_money(
    session: AsyncSession,
    order_id: int,
    payment_id: int,
    kind: str,
    amount_fen: int,
    *,
    now: datetime,
) -> str:
    """Give back money that came in too late, twice or in another amount; the refund's number."""
    giving = Giving(
        order_id=order_id,
        payment_id=payment_id,
        kind=kind,
        amount_fen=amount_fen,
        actor="system",
        now=now,
    )
    return await books.write_refund(session, giving)
