"""Which way an order may go, who may send it there, and how it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import N_, MoveRefused, NotFound
from app.models import Order, OrderEvent
from app.models.base import UtcDateTime
from app.services import order_effects
from app.services.happenings import Happening

SHOPPER, PROVIDER, SYSTEM, STAFF, RIDER = "shopper", "provider", "system", "staff", "rider"


@dataclass(frozen=True, slots=True)
class Move:
    """From any of some statuses to another. `event` is the word that the history keeps, `label`
    what a button says. The statuses stand in the order in which an order goes through them."""

    sources: tuple[str, ...]
    target: str
    actors: frozenset[str]
    event: str
    label: str
    close_reason: str | None = None


def _by(*actors: str) -> frozenset[str]:
    return frozenset(actors)


# The only place that says what may happen to an order. Every move but the first is one UPDATE
# whose WHERE repeats the old status, so of two that race exactly one happens.
TRANSITIONS: Mapping[str, Move] = {
    "place": Move((), "unpaid", _by(SHOPPER), "placed", N_("Place order")),
    "pay": Move(("unpaid",), "paid", _by(PROVIDER), "paid", N_("Pay")),
    # Nothing is left to be paid: the caller's guard is `pay_fen = 0`.
    "settle": Move(("unpaid",), "paid", _by(SYSTEM), "paid", N_("Settle")),
    "cancel": Move(
        ("unpaid", "paid"), "closed", _by(SHOPPER), "cancelled", N_("Cancel order"), "user"
    ),
    "expire": Move(("unpaid",), "closed", _by(SYSTEM), "expired", N_("Close unpaid"), "timeout"),
    "close": Move(
        ("unpaid", "paid", "picking"), "closed", _by(STAFF), "closed", N_("Close"), "admin"
    ),
    "pick": Move(("paid",), "picking", _by(STAFF), "picking", N_("Start packing")),
    "ship": Move(("picking",), "shipping", _by(STAFF), "shipping", N_("Hand over for delivery")),
    "deliver": Move(
        ("shipping",), "delivered", _by(RIDER, STAFF, SYSTEM), "delivered", N_("Mark as delivered")
    ),
    "fail": Move(
        ("shipping",), "closed", _by(STAFF), "failed", N_("Close as undeliverable"), "failed"
    ),
    "complete": Move(
        ("delivered",), "completed", _by(SHOPPER, SYSTEM), "completed", N_("I have received it")
    ),
}
# How an order stands, in the words of its page.
STATE_LABELS: Mapping[str, str] = {
    "unpaid": N_("Waiting for payment"),
    "paid": N_("Paid, waiting to be packed"),
    "picking": N_("Being packed"),
    "shipping": N_("On its way"),
    "delivered": N_("Delivered"),
    "completed": N_("Completed"),
    "closed": N_("Closed"),
}
_ROLES = {"user": SHOPPER}


def allowed(status: str, actor: str) -> list[str]:
    """The moves that this kind of actor may make from here, for buttons and for the API."""
    return [
        name
        for name, move in TRANSITIONS.items()
        if status in move.sources and actor in move.actors
    ]


def role_of(actor: str) -> str:
    """The kind of whoever stands in an event: `user:7` is a shopper, `staff:ann` is staff."""
    prefix = actor.partition(":")[0]
    return _ROLES.get(prefix, prefix)


async def make_move(
    session: AsyncSession,
    order_id: int,
    name: str,
    *guards: ColumnElement[bool],
    actor: str,
    now: datetime,
) -> str | None:
    """Send the order on its way and note it; the status it had.

    None when it was not where the move begins, or a guard said no: then nothing has changed.
    """
    move = TRANSITIONS[name]
    for source in move.sources:
        changed = await count_changed(
            session,
            update(Order)
            .where(Order.id == order_id, Order.status == source, *guards)
            .values(status=move.target, **_times(move, now)),
        )
        if changed:
            await note_event(
                session, order_id, move.event, source, move.target, actor=actor, now=now
            )
            return source
    return None


async def must_move(
    session: AsyncSession,
    order_id: int,
    name: str,
    *guards: ColumnElement[bool],
    actor: str,
    now: datetime,
) -> str:
    """As `make_move`, for people: raises MoveRefused, which names what is possible instead."""
    source = await make_move(session, order_id, name, *guards, actor=actor, now=now)
    if source is None:
        await refuse_move(session, order_id, actor=actor)
    return source


async def refuse_move(session: AsyncSession, order_id: int, *, actor: str) -> NoReturn:
    """Say how the order stands and what this actor may do with it."""
    # The row is locked to read what is, not what this transaction saw when it began.
    status = await session.scalar(
        select(Order.status).where(Order.id == order_id).with_for_update()
    )
    if status is None:
        raise NotFound
    moves = allowed(status, role_of(actor))
    labels = tuple(TRANSITIONS[name].label for name in moves)
    raise MoveRefused(status, STATE_LABELS[status], moves, labels)


def _times(move: Move, now: datetime) -> dict[str, Any]:  # Any: values of several columns
    times: dict[str, dict[str, Any]] = {
        "paid": {"paid_at": now, "pay_by": None},
        "delivered": {"delivered_at": now},
        "completed": {"completed_at": now},
        "closed": {"close_reason": move.close_reason, "closed_at": now},
    }
    return times.get(move.target, {})


async def note_event(
    session: AsyncSession,
    order_id: int,
    kind: str,
    source: str | None,
    target: str | None,
    *,
    actor: str,
    now: datetime,
    note: str = "",
) -> None:
    """Append to the history, and do what follows from it (order_effects.py).

    The order's row must be locked, so that `seq` has no rival.
    """
    columns = ["order_id", "seq", "kind", "from_status", "to_status", "actor", "note", "at"]
    row = select(
        literal(order_id),
        func.coalesce(func.max(OrderEvent.seq), 0) + 1,
        literal(kind),
        literal(source),
        literal(target),
        literal(actor),
        literal(note),
        literal(now, UtcDateTime()),
    ).where(OrderEvent.order_id == order_id)
    await session.execute(insert(OrderEvent).from_select(columns, row))
    await order_effects.carry_out(session, Happening(order_id, kind, note, now))
