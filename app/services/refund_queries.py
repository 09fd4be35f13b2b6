"""Refunds as the shopper and staff see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderLine, Refund, RefundLine

PAGE = 50


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund as the order's page shows it. `reason` is what was typed, by whoever typed last."""

    no: str
    kind: str
    status: str
    amount_fen: int
    reason: str
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefundPieces:
    line_id: int
    name_zh: str
    name_en: str
    quantity: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class WaitingRefund:
    """A refund with its order's number and its pieces, for whoever decides."""

    order_no: str
    refund: RefundView
    pieces: tuple[RefundPieces, ...]


_COLUMNS: tuple[Any, ...] = (  # Any: SQLAlchemy types no rows of so many columns
    Refund.no,
    Refund.kind,
    Refund.status,
    Refund.amount_fen,
    Refund.reason,
    Refund.created_at,
    Refund.done_at,
)


async def list_refunds(session: AsyncSession, order_id: int) -> list[RefundView]:
    """All of an order, the latest first."""
    rows = await session.execute(
        select(*_COLUMNS).where(Refund.order_id == order_id).order_by(Refund.id.desc())
    )
    return [RefundView(*row) for row in rows]


async def list_waiting(
    session: AsyncSession, statuses: Sequence[str] = ("asked", "failed")
) -> list[WaitingRefund]:
    """Refunds that wait for a person, the oldest first."""
    rows = await session.execute(
        select(Refund.id, Order.no, *_COLUMNS)
        .join(Order, Order.id == Refund.order_id)
        .where(Refund.status.in_(statuses))
        .order_by(Refund.id)
        .limit(PAGE)
    )
    refunds = rows.all()
    pieces = await session.execute(
        select(
            RefundLine.refund_id,
            OrderLine.id,
            OrderLine.name_zh,
            OrderLine.name_en,
            RefundLine.quantity,
            RefundLine.amount_fen,
        )
        .join(OrderLine, OrderLine.id == RefundLine.line_id)
        .where(RefundLine.refund_id.in_([row.id for row in refunds]))
        .order_by(OrderLine.id)
    )
    found = [(row[0], RefundPieces(*row[1:])) for row in pieces]
    return [
        WaitingRefund(no, RefundView(*columns), tuple(p for of, p in found if of == refund_id))
        for refund_id, no, *columns in refunds
    ]
