"""Packing parcels: which pieces are still to be sent, and sending them.

Whoever counts pieces or moves parcels takes the order's row first, so that two at once stand in
line, and stock last and in goods order, as everywhere in the shop.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, Conflict, NotFound, Words
from app.models import Order, OrderLine, Shipment, ShipmentEvent, ShipmentLine
from app.models.base import UtcDateTime
from app.services.numbers import new_handover_code, new_shipment_no
from app.services.order_moves import must_move
from app.services.stock import count_held, ship_stock

SHOP = "shop"
# After so many only staff can say that a parcel was delivered.
MOST_WRONG_CODES = 5


@dataclass(frozen=True, slots=True)
class Unsent:
    """A line, and how many of its pieces can still go into a parcel."""

    line_id: int
    goods_id: int
    name: Words
    pieces: int


async def ship(
    session: AsyncSession,
    order_id: int,
    *,
    kind: str,
    carrier: str | None = None,
    tracking_no: str | None = None,
    rider: str = "",
    rider_phone: str = "",
    lines: Mapping[int, int] | None = None,
    actor: str,
    now: datetime,
) -> str:
    """Pack a parcel; its number. `lines` is pieces by line, None for all that is not sent yet.

    The first parcel sends the order on its way. The pieces leave the stock here and now.
    """
    status = await lock_order(session, order_id)
    pieces = _choose(await list_unsent(session, order_id), lines)
    if status != "shipping":
        await must_move(session, order_id, "ship", actor=actor, now=now)
    no = new_shipment_no()
    shipment_id = await _insert_shipment(
        session,
        no=no,
        order_id=order_id,
        kind=kind,
        carrier=carrier,
        tracking_no=tracking_no,
        rider=rider,
        rider_phone=rider_phone,
        # Whoever brings a parcel by courier has no page to enter a code on.
        handover_code="" if kind == "courier" else new_handover_code(),
        created_at=now,
    )
    rows = [
        {"shipment_id": shipment_id, "line_id": unsent.line_id, "quantity": count}
        for unsent, count in pieces
    ]
    await session.execute(insert(ShipmentLine), rows)
    await note_event(session, shipment_id, "packed", source=SHOP, source_id="packed", at=now)
    leaving = Counter[int]()
    for unsent, count in pieces:
        leaving[unsent.goods_id] += count
    await ship_stock(session, order_id, leaving, actor=actor)
    return no


async def lock_order(session: AsyncSession, order_id: int) -> str:
    """Make others who would move this order or its parcels wait; its status."""
    status = await session.scalar(
        select(Order.status).where(Order.id == order_id).with_for_update()
    )
    if status is None:
        raise NotFound
    return status


async def list_unsent(session: AsyncSession, order_id: int) -> dict[int, Unsent]:
    """The lines of which the store still holds pieces, by id: neither sent nor given back.

    Lock the order before relying on it.
    """
    held = await count_held(session, [order_id])
    rows = await session.execute(
        select(OrderLine.id, OrderLine.goods_id, OrderLine.name_zh, OrderLine.name_en)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    return {
        line_id: Unsent(line_id, goods_id, Words(zh, en), held[order_id, goods_id])
        for line_id, goods_id, zh, en in rows
        if (order_id, goods_id) in held
    }


async def count_sent(session: AsyncSession, order_id: int) -> dict[int, int]:
    """Pieces in parcels, by line. Those of a failed parcel too: they did leave the stock."""
    rows = await session.execute(
        select(ShipmentLine.line_id, func.sum(ShipmentLine.quantity))
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.order_id == order_id, Shipment.status != "cancelled")
        .group_by(ShipmentLine.line_id)
    )
    return {row[0]: int(row[1]) for row in rows}  # MariaDB's SUM is a Decimal


def _choose(
    unsent: Mapping[int, Unsent], lines: Mapping[int, int] | None
) -> list[tuple[Unsent, int]]:
    """What goes into the parcel, in line order. Raises Conflict when there is not so much left."""
    wanted = {id_: line.pieces for id_, line in unsent.items()} if lines is None else lines
    if not wanted:
        raise Conflict(N_("There is nothing left to send"))
    for line_id, count in wanted.items():
        left = unsent[line_id].pieces if line_id in unsent else 0
        if not 0 < count <= left:
            raise Conflict(
                N_("Line %(line)s: %(left)s left to send, not %(count)s"),
                line=line_id,
                left=left,
                count=count,
            )
    return [(unsent[line_id], count) for line_id, count in sorted(wanted.items())]


async def _insert_shipment(session: AsyncSession, **values: object) -> int:
    """The new parcel's id. Two parcels cannot have the same tracking number."""
    try:
        await session.execute(insert(Shipment).values(**values))
    except IntegrityError:
        raise Conflict(N_("Another parcel has this tracking number")) from None
    return (
        await session.execute(select(Shipment.id).where(Shipment.no == values["no"]))
    ).scalar_one()


async def note_event(
    session: AsyncSession,
    shipment_id: int,
    code: str,
    *,
    source: str,
    source_id: str,
    at: datetime,
    text: str = "",
    place: str = "",
) -> None:
    """Append to a parcel's story. Its row is locked by who calls, so `seq` has no rival."""
    columns = ["shipment_id", "seq", "code", "text", "place", "source", "source_id", "at"]
    row = select(
        literal(shipment_id),
        func.coalesce(func.max(ShipmentEvent.seq), 0) + 1,
        literal(code),
        literal(text),
        literal(place),
        literal(source),
        literal(source_id),
        literal(at, UtcDateTime()),
    ).where(ShipmentEvent.shipment_id == shipment_id)
    await session.execute(insert(ShipmentEvent).from_select(columns, row))
