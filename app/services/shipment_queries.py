"""Parcels as the shopper and the rider see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound, Words
from app.models import Order, OrderLine, Shipment, ShipmentEvent, ShipmentLine
from app.providers.carriers import CARRIERS
from app.services.shipments import MOST_WRONG_CODES

# The statuses in which an order has parcels.
SHIPPED = ("shipping", "delivered", "completed", "closed")


# Of a drop's columns the first so many name neither receiver nor address.
_OPEN = 5


@dataclass(frozen=True, slots=True)
class ParcelLine:
    shipment_id: int
    line_id: int
    name_zh: str
    name_en: str
    spec: str
    picture: str
    tint: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ParcelEvent:
    """`kind` is the shop's or the carrier's code, `text` what the carrier wrote about it."""

    shipment_id: int
    kind: str
    text: str
    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel with its lines and its story, what happened last first."""

    lines: tuple[ParcelLine, ...]
    events: tuple[ParcelEvent, ...]
    id: int
    no: str
    kind: str
    status: str
    track_status: str
    carrier: str | None
    tracking_no: str | None
    rider: str
    rider_phone: str
    handover_code: str
    wrong_codes: int
    eta: datetime | None

    @property
    def carrier_name(self) -> Words:
        name = self.carrier or ""
        return CARRIERS.get(name, Words(name, name))

    @property
    def is_under_way(self) -> bool:
        return self.status in {"packed", "out"}

    @property
    def is_locked(self) -> bool:
        return self.wrong_codes >= MOST_WRONG_CODES

    @property
    def shown_code(self) -> str:
        """The code in two halves, to be read out; empty when it opens nothing."""
        if self.status != "out" or self.is_locked:
            return ""
        half = len(self.handover_code) // 2
        return f"{self.handover_code[:half]} {self.handover_code[half:]}".strip()

    def minutes_left(self, now: datetime) -> int:
        """Until it should be there; 0 when nobody has said so, or it is late."""
        if self.status != "out" or self.eta is None or self.eta <= now:
            return 0
        return ceil((self.eta - now).total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Drop:
    """What a rider needs to bring a parcel to the door."""

    lines: tuple[ParcelLine, ...]
    no: str
    kind: str
    status: str
    has_code: bool
    wrong_codes: int
    receiver: str
    phone: str
    region: str
    area: str
    room: str
    note: str

    @property
    def tries_left(self) -> int:
        return MOST_WRONG_CODES - self.wrong_codes

    @property
    def takes_code(self) -> bool:
        return self.status == "out" and self.has_code and self.tries_left > 0


async def list_shipments(session: AsyncSession, order_id: int) -> tuple[Parcel, ...]:
    """An order's parcels, the first one first. The caller has made sure whose order it is."""
    rows = await session.execute(
        select(
            Shipment.id,
            Shipment.no,
            Shipment.kind,
            Shipment.status,
            Shipment.track_status,
            Shipment.carrier,
            Shipment.tracking_no,
            Shipment.rider,
            Shipment.rider_phone,
            Shipment.handover_code,
            Shipment.wrong_codes,
            Shipment.eta,
        )
        .where(Shipment.order_id == order_id, Shipment.status != "cancelled")
        .order_by(Shipment.id)
    )
    heads: list[tuple[Any, ...]] = [tuple(row) for row in rows]  # Any: the columns above
    lines = await _list_lines(session, [head[0] for head in heads])
    events = await _list_events(session, [head[0] for head in heads])
    return tuple(
        Parcel(
            tuple(line for line in lines if line.shipment_id == head[0]),
            tuple(event for event in events if event.shipment_id == head[0]),
            *head,
        )
        for head in heads
    )


async def get_drop(session: AsyncSession, shipment_no: str) -> Drop:
    """A parcel for whoever holds its number; where it goes only as long as it is under way."""
    row = (
        await session.execute(
            select(
                Shipment.id,
                Shipment.no,
                Shipment.kind,
                Shipment.status,
                case((Shipment.handover_code != "", True), else_=False),
                Shipment.wrong_codes,
                Order.receiver,
                Order.phone,
                Order.region,
                Order.area,
                Order.room,
                Order.note,
            )
            .join(Order, Order.id == Shipment.order_id)
            .where(Shipment.no == shipment_no)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    shipment_id, *columns = tuple(row)
    if row.status not in {"packed", "out"}:
        return Drop((), *columns[:_OPEN], *[""] * (len(columns) - _OPEN))
    return Drop(tuple(await _list_lines(session, [shipment_id])), *columns)


async def _list_lines(session: AsyncSession, shipment_ids: Sequence[int]) -> list[ParcelLine]:
    if not shipment_ids:
        return []
    rows = await session.execute(
        select(
            ShipmentLine.shipment_id,
            ShipmentLine.line_id,
            OrderLine.name_zh,
            OrderLine.name_en,
            OrderLine.spec,
            OrderLine.picture,
            OrderLine.tint,
            ShipmentLine.quantity,
        )
        .join(OrderLine, OrderLine.id == ShipmentLine.line_id)
        .where(ShipmentLine.shipment_id.in_(shipment_ids))
        .order_by(ShipmentLine.line_id)
    )
    return [ParcelLine(*row) for row in rows]


async def _list_events(session: AsyncSession, shipment_ids: Sequence[int]) -> list[ParcelEvent]:
    if not shipment_ids:
        return []
    rows = await session.execute(
        select(
            ShipmentEvent.shipment_id,
            ShipmentEvent.code,
            ShipmentEvent.text,
            ShipmentEvent.place,
            ShipmentEvent.at,
        )
        .where(ShipmentEvent.shipment_id.in_(shipment_ids))
        .order_by(ShipmentEvent.at.desc(), ShipmentEvent.seq.desc())
    )
    return [ParcelEvent(*row) for row in rows]
