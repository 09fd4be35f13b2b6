"""Deciding about refunds that were asked for, and taking up again one that the provider refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import N_, Conflict, NotFound
from app.models import Order, OrderLine, Refund, RefundLine
from app.services import refund_books as books
from app.services import restock
from app.services.outbox import put, wish_again
from app.services.restock import Pieces


@dataclass(frozen=True, slots=True)
class Asked:
    """A refund whose order's row this transaction has locked."""

    id: int
    no: str
    order_id: int
    payment_id: int
    kind: str
    amount_fen: int


async def approve_refund(
    session: AsyncSession,
    no: str,
    *,
    restocked: Mapping[int, int] | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Let the money go. `restocked`: by line, how many pieces can be sold again (default none)."""
    refund = await _turn(session, no, "asked", "approved", actor=actor, now=now)
    await _take_back(session, refund, restocked or {}, actor=actor)
    await put(session, books.TOPIC, no, {"no": no}, at=now)


async def reject_refund(
    session: AsyncSession, no: str, *, reason: str, actor: str, now: datetime
) -> None:
    """Say no, and let others have what it had reserved."""
    refund = await _turn(session, no, "asked", "rejected", actor=actor, now=now)
    await session.execute(
        update(Refund).where(Refund.id == refund.id).values(reason=reason),
        execution_options={"synchronize_session": False},
    )
    await _set_free(session, refund)


async def fail_refund(session: AsyncSession, no: str, *, now: datetime) -> None:
    """The provider will not do it: the money is ours still, until somebody takes it up again."""
    await _set_free(session, await _turn(session, no, "sending", "failed", actor="system", now=now))


async def retry_refund(session: AsyncSession, no: str, *, actor: str, now: datetime) -> None:
    """Ask the provider again for what it refused, under the same number."""
    refund = await _turn(session, no, "failed", "approved", actor=actor, now=now)
    await books.reserve(session, refund.order_id, refund.payment_id, refund.kind, refund.amount_fen)
    await books.change_lines(session, refund.id, sign=1)
    await put(session, books.TOPIC, no, {"no": no}, at=now)
    await wish_again(session, books.TOPIC, no, at=now)


async def _turn(
    session: AsyncSession, no: str, source: str, target: str, *, actor: str, now: datetime
) -> Asked:
    """Move a refund from one status to another and note it. Raises Conflict when it has moved."""
    refund = await _lock(session, no)
    turned = await count_changed(
        session,
        update(Refund).where(Refund.id == refund.id, Refund.status == source).values(status=target),
    )
    if not turned:
        raise Conflict(N_("Somebody has decided about this refund already"))
    await books.note_refund(session, refund.order_id, no, target, actor=actor, now=now)
    return refund


async def _lock(session: AsyncSession, no: str) -> Asked:
    row = (
        await session.execute(
            select(
                Refund.id,
                Refund.no,
                Refund.order_id,
                Refund.payment_id,
                Refund.kind,
                Refund.amount_fen,
            ).where(Refund.no == no)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    await books.lock_order(session, Order.id == row.order_id)
    return Asked(*row)


async def _set_free(session: AsyncSession, refund: Asked) -> None:
    await books.reserve(
        session, refund.order_id, refund.payment_id, refund.kind, -refund.amount_fen
    )
    await books.change_lines(session, refund.id, sign=-1)


async def _take_back(
    session: AsyncSession, refund: Asked, restocked: Mapping[int, int], *, actor: str
) -> None:
    rows = await session.execute(
        select(RefundLine.line_id, OrderLine.goods_id, RefundLine.quantity)
        .join(OrderLine, OrderLine.id == RefundLine.line_id)
        .where(RefundLine.refund_id == refund.id)
    )
    pieces = []
    for line_id, goods_id, quantity in rows.all():
        restock_quantity = restocked.get(line_id, 0)
        if not 0 <= restock_quantity <= quantity:
            raise Conflict(N_("At most %(left)s can still be given back"), left=quantity)
        pieces.append(Pieces(goods_id, quantity, restock_quantity))
        await session.execute(
            update(RefundLine)
            .where(RefundLine.refund_id == refund.id, RefundLine.line_id == line_id)
            .values(restock_quantity=restock_quantity),
            execution_options={"synchronize_session": False},
        )
    await restock.take_back(session, refund.order_id, pieces, actor=actor)
