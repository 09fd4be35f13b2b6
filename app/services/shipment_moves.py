"""Parcels on their way: out, handed over, delivered or failed; and what it makes of an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import N_, Conflict, NotFound
from app.models import Shipment
from app.services.order_moves import make_move
from app.services.shipments import MOST_WRONG_CODES, SHOP, list_unsent, lock_order, note_event

# The only place that says what may happen to a parcel: from which statuses to which.
MOVES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "out": (("packed",), "out"),
    "deliver": (("out",), "delivered"),
    "fail": (("packed", "out"), "failed"),
}


@dataclass(frozen=True, slots=True)
class HandOver:
    """What became of a code that a rider entered."""

    is_delivered: bool
    tries_left: int


@dataclass(frozen=True, slots=True)
class Taken:
    id: int
    order_id: int
    status: str


async def send_out(
    session: AsyncSession, shipment_no: str, *, eta: datetime | None = None, now: datetime
) -> None:
    """The rider or carrier has it; the shopper sees the hand-over code from now on."""
    parcel, _ = await take_parcel(session, shipment_no)
    await move_parcel(session, parcel, "out", now=now, eta=eta)


async def deliver(session: AsyncSession, shipment_no: str, *, actor: str, now: datetime) -> None:
    """Staff know that it arrived."""
    parcel, order_status = await take_parcel(session, shipment_no)
    await move_parcel(session, parcel, "deliver", now=now, delivered_at=now)
    await settle(session, parcel.order_id, order_status, actor=actor, now=now)


async def hand_over(
    session: AsyncSession, shipment_no: str, code: str, *, now: datetime
) -> HandOver:
    """The rider enters the shopper's code. A wrong one is counted, so it must not be raised.

    Raises Conflict when the parcel is not out. The right code again is no harm.
    """
    parcel, order_status = await take_parcel(session, shipment_no)
    if parcel.status == "delivered":
        return HandOver(True, 0)
    if parcel.status != "out":
        raise Conflict(N_("This parcel is not on its way"))
    has_tries = Shipment.wrong_codes < MOST_WRONG_CODES
    is_right = Shipment.handover_code == code
    if await _change(session, parcel, "deliver", has_tries, is_right, now=now, delivered_at=now):
        await settle(session, parcel.order_id, order_status, actor="rider", now=now)
        return HandOver(True, 0)
    await count_changed(
        session,
        update(Shipment)
        .where(Shipment.id == parcel.id, Shipment.status == "out", has_tries)
        .values(wrong_codes=Shipment.wrong_codes + 1),
    )
    wrong = await session.scalar(select(Shipment.wrong_codes).where(Shipment.id == parcel.id))
    return HandOver(False, MOST_WRONG_CODES - (wrong or 0))


async def settle_order(session: AsyncSession, order_id: int, *, actor: str, now: datetime) -> None:
    """Finish an order on its way, of which nothing is left to send and no parcel under way."""
    status = await lock_order(session, order_id)
    await settle(session, order_id, status, actor=actor, now=now)


async def settle(
    session: AsyncSession, order_id: int, status: str, *, actor: str, now: datetime
) -> None:
    """Delivered when any parcel arrived, closed as failed when none did."""
    parcels = set(
        await session.scalars(
            select(Shipment.status).where(
                Shipment.order_id == order_id, Shipment.status != "cancelled"
            )
        )
    )
    is_finished = bool(parcels) and not parcels & {"packed", "out"}
    if status == "shipping" and is_finished and not await list_unsent(session, order_id):
        name = "deliver" if "delivered" in parcels else "fail"
        await make_move(session, order_id, name, actor=actor, now=now)


async def take_parcel(session: AsyncSession, shipment_no: str) -> tuple[Taken, str]:
    """A parcel and its order's status, with the order locked: see `shipments`."""
    by_no = select(Shipment.id, Shipment.order_id, Shipment.status).where(
        Shipment.no == shipment_no
    )
    found = (await session.execute(by_no)).one_or_none()
    if found is None:
        raise NotFound
    order_status = await lock_order(session, found.order_id)
    # Asked again: it may have moved while we stood in line.
    return Taken(*(await session.execute(by_no)).one()), order_status


async def move_parcel(
    session: AsyncSession,
    parcel: Taken,
    name: str,
    *,
    now: datetime,
    **values: Any,  # Any: values of several columns
) -> None:
    if not await _change(session, parcel, name, now=now, **values):
        possible = [move for move, (sources, _) in MOVES.items() if parcel.status in sources]
        raise Conflict(
            N_("The parcel is %(status)s. Possible now: %(moves)s"),
            status=parcel.status,
            moves=", ".join(possible) or "-",
        )


async def _change(
    session: AsyncSession,
    parcel: Taken,
    name: str,
    *guards: ColumnElement[bool],
    now: datetime,
    **values: Any,  # Any: values of several columns
) -> bool:
    sources, target = MOVES[name]
    changed = await count_changed(
        session,
        update(Shipment)
        .where(Shipment.id == parcel.id, Shipment.status.in_(sources), *guards)
        .values(status=target, **values),
    )
    if changed:
        await note_event(session, parcel.id, target, source=SHOP, source_id=target, at=now)
    return bool(changed)
