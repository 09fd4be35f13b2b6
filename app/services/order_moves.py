"""Which way an order may go, who may send it there, and how it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.models import Order, OrderEvent
from app.models.base import UtcDateTime

SHOPPER, PROVIDER, SYSTEM = "shopper", "provider", "system"


@dataclass(frozen=True, slots=True)
class Move:
    """From one status to another. `event` is the word that the order's history keeps."""

    source: str | None
    target: str
    actor: str
    event: str
    close_reason: str | None = None


# The only place that says what may happen to an order. Every move but the first is one UPDATE
# whose WHERE repeats the old status, so of two that race exactly one happens.
TRANSITIONS: Mapping[str, Move] = {
    "place": Move(None, "unpaid", SHOPPER, "placed"),
    "pay": Move("unpaid", "paid", PROVIDER, "paid"),
    "cancel": Move("unpaid", "closed", SHOPPER, "cancelled", "user"),
    "expire": Move("unpaid", "closed", SYSTEM, "expired", "timeout"),
}


def allowed(status: str, actor: str) -> list[str]:
    """The moves that this actor may make from here, for buttons and for the API."""
    return [
        name for name, move in TRANSITIONS.items() if (move.source, move.actor) == (status, actor)
    ]


async def make_move(
    session: AsyncSession,
    order_id: int,
    name: str,
    *guards: ColumnElement[bool],
    actor: str,
    now: datetime,
) -> bool:
    """Send the order on its way and note it; False when it is no longer where the move begins."""
    move = TRANSITIONS[name]
    changed = await count_changed(
        session,
        update(Order)
        .where(Order.id == order_id, Order.status == move.source, *guards)
        .values(status=move.target, **_times(move, now)),
    )
    if not changed:
        return False
    await _note(session, order_id, move, actor=actor, now=now)
    return True


def _times(move: Move, now: datetime) -> dict[str, Any]:  # Any: values of several columns
    if move.target == "closed":
        return {"close_reason": move.close_reason, "closed_at": now}
    return {"paid_at": now, "pay_by": None}


async def _note(
    session: AsyncSession, order_id: int, move: Move, *, actor: str, now: datetime
) -> None:
    """Append to the history. The order's row is locked by the move, so `seq` has no rival."""
    columns = ["order_id", "seq", "kind", "from_status", "to_status", "actor", "note", "at"]
    row = select(
        literal(order_id),
        func.coalesce(func.max(OrderEvent.seq), 0) + 1,
        literal(move.event),
        literal(move.source),
        literal(move.target),
        literal(actor),
        literal(""),
        literal(now, UtcDateTime()),
    ).where(OrderEvent.order_id == order_id)
    await session.execute(insert(OrderEvent).from_select(columns, row))
