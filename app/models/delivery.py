"""When orders are brought, and how each parcel fares on its way."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, Small, table, utcnow


class DeliverySlot(Base):
    """A window in which orders are brought. `taken` counts the orders that hold a place in it."""

    __tablename__ = "delivery_slots"
    __table_args__ = table(
        UniqueConstraint("zone", "starts_at"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken_within_capacity"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("fee_fen >= 0", name="fee_not_negative"),
    )

    id: Mapped[Id]
    zone: Mapped[str] = mapped_column(String(20), default="all")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    cutoff_at: Mapped[datetime] = mapped_column(index=True)
    capacity: Mapped[Count]
    taken: Mapped[Count] = mapped_column(default=0)
    fee_fen: Mapped[Fen] = mapped_column(default=0)


class Shipment(Base):
    """A parcel of an order. `status` is moved by people and the hand-over code, `track_status`
    by the carrier's news alone."""

    __tablename__ = "shipments"
    __table_args__ = table(
        UniqueConstraint("no"),
        UniqueConstraint("carrier", "tracking_no"),
        CheckConstraint("kind IN ('rider','courier','pickup')", name="kind_known"),
        CheckConstraint(
            "status IN ('packed','out','delivered','failed','cancelled')", name="status_known"
        ),
    )

    id: Mapped[Id]
    no: Mapped[str] = mapped_column(String(20))
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(10), default="packed")
    track_status: Mapped[str] = mapped_column(String(20), default="")
    carrier: Mapped[str | None] = mapped_column(String(20))
    tracking_no: Mapped[str | None] = mapped_column(String(40))
    rider: Mapped[str] = mapped_column(String(32), default="")
    rider_phone: Mapped[str] = mapped_column(String(20), default="")
    handover_code: Mapped[str] = mapped_column(String(8), default="")
    wrong_codes: Mapped[Count] = mapped_column(default=0)
    eta: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    delivered_at: Mapped[datetime | None]


class ShipmentLine(Base):
    __tablename__ = "shipment_lines"
    __table_args__ = table(CheckConstraint("quantity > 0", name="quantity_positive"))

    shipment_id: Mapped[int] = mapped_column(BigId, ForeignKey("shipments.id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("order_lines.id"), primary_key=True, index=True
    )
    quantity: Mapped[Count]


class ShipmentEvent(Base):
    """Something that happened to a parcel, in order of `seq`. `source_id` is the teller's own
    number for it, so that the same news twice is one event."""

    __tablename__ = "shipment_events"
    __table_args__ = table(UniqueConstraint("shipment_id", "source", "source_id"))

    shipment_id: Mapped[int] = mapped_column(BigId, ForeignKey("shipments.id"), primary_key=True)
    seq: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
