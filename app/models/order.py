"""Orders, their frozen lines, and what happened to them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, Small, table, utcnow

STATUSES = ("unpaid", "paid", "picking", "shipping", "delivered", "completed", "closed")


class Order(Base):
    """One order. `no` is its public number: random, never the row's id.

    The address is copied, since the shopper may change the book later; `region` is in words.
    Amounts are fen and the database checks that they add up.
    """

    __tablename__ = "orders"
    __table_args__ = table(
        UniqueConstraint("no"),
        CheckConstraint(
            "status IN ('unpaid','paid','picking','shipping','delivered','completed','closed')",
            name="status_known",
        ),
        CheckConstraint(
            "(status = 'closed' AND close_reason IS NOT NULL)"
            " OR (status <> 'closed' AND close_reason IS NULL)",
            name="closed_has_reason",
        ),
        CheckConstraint(
            "close_reason IS NULL OR close_reason IN ('user','timeout','admin','failed')",
            name="close_reason_known",
        ),
        CheckConstraint(
            "pay_fen = goods_fen + ship_fen - off_fen - points_fen", name="pay_adds_up"
        ),
        CheckConstraint("pay_fen >= 0", name="pay_not_negative"),
        CheckConstraint("goods_fen >= 0 AND ship_fen >= 0", name="sums_not_negative"),
        CheckConstraint("off_fen >= 0 AND points_fen >= 0", name="reductions_not_negative"),
        CheckConstraint("refunded_fen BETWEEN 0 AND pay_fen", name="refunded_within_pay"),
        CheckConstraint("if_sold_out IN ('refund','match','ask')", name="if_sold_out_known"),
        Index("ix_orders_user_id", "user_id", "id"),
        Index("ix_orders_due", "status", "pay_by"),
    )

    id: Mapped[Id]
    no: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(String(10), default="unpaid")
    close_reason: Mapped[str | None] = mapped_column(String(12))
    goods_fen: Mapped[Fen]
    ship_fen: Mapped[Fen]
    off_fen: Mapped[Fen] = mapped_column(default=0)
    points_fen: Mapped[Fen] = mapped_column(default=0)
    pay_fen: Mapped[Fen]
    refunded_fen: Mapped[Fen] = mapped_column(default=0)
    quantity: Mapped[Count]
    receiver: Mapped[str] = mapped_column(String(32))
    phone: Mapped[str] = mapped_column(String(20))
    region: Mapped[str] = mapped_column(String(60), default="", server_default="")
    area: Mapped[str] = mapped_column(String(80))
    room: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(String(60), default="")
    # What to do when something is sold out after all; a line may say otherwise.
    if_sold_out: Mapped[str] = mapped_column(String(8), default="refund", server_default="refund")
    # The delivery window is copied: the slot's row may go once its day is over.
    slot_id: Mapped[int | None] = mapped_column(BigId)
    slot_starts_at: Mapped[datetime | None]
    slot_ends_at: Mapped[datetime | None]
    placed_at: Mapped[datetime] = mapped_column(default=utcnow)
    pay_by: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class OrderLine(Base):
    """A line as it was bought: names, spec, picture and price never follow the goods again.

    One point pays one fen, so `points_fen` is also the number of points spent on the line, of
    which `returned_points` were given back.
    """

    __tablename__ = "order_lines"
    __table_args__ = table(
        UniqueConstraint("order_id", "goods_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("gross_fen = unit_fen * quantity", name="gross_adds_up"),
        CheckConstraint("pay_fen = gross_fen - off_fen - points_fen", name="pay_adds_up"),
        CheckConstraint("pay_fen >= 0", name="pay_not_negative"),
        CheckConstraint("off_fen >= 0 AND points_fen >= 0", name="reductions_not_negative"),
        CheckConstraint(
            "if_sold_out IS NULL OR if_sold_out IN ('refund','match','ask')",
            name="if_sold_out_known",
        ),
        CheckConstraint(
            "refunded_quantity BETWEEN 0 AND quantity", name="refunded_quantity_within_quantity"
        ),
        CheckConstraint("refunded_fen BETWEEN 0 AND pay_fen", name="refunded_within_pay"),
        CheckConstraint(
            "returned_points BETWEEN 0 AND points_fen", name="returned_points_within_points"
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"))
    goods_id: Mapped[int] = mapped_column(BigId, ForeignKey("goods.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    spec: Mapped[str] = mapped_column(String(40))
    picture: Mapped[str] = mapped_column(String(40))
    tint: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[Count]
    unit_fen: Mapped[Fen]
    gross_fen: Mapped[Fen]
    off_fen: Mapped[Fen] = mapped_column(default=0)
    points_fen: Mapped[Fen] = mapped_column(default=0)
    pay_fen: Mapped[Fen]
    note: Mapped[str] = mapped_column(String(60), default="", server_default="")
    if_sold_out: Mapped[str | None] = mapped_column(String(8))
    flash_item_id: Mapped[int | None] = mapped_column(BigId)
    refunded_quantity: Mapped[Count] = mapped_column(default=0, server_default="0")
    refunded_fen: Mapped[Fen] = mapped_column(default=0, server_default="0")
    returned_points: Mapped[Count] = mapped_column(default=0, server_default="0")


class OrderLineOff(Base):
    """What one source took off one line, in fen. Lanes: 1 price, 2 promotion, 3 coupon, 4 points.

    The sum over an order's lines is its `off_fen` plus `points_fen`.
    """

    __tablename__ = "order_line_offs"
    __table_args__ = table(
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("lane BETWEEN 1 AND 4", name="lane_known"),
    )

    line_id: Mapped[int] = mapped_column(BigId, ForeignKey("order_lines.id"), primary_key=True)
    lane: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(24), primary_key=True)
    amount_fen: Mapped[Fen]


class OrderEvent(Base):
    """Something that happened to an order, in order of `seq`; never changed afterwards."""

    __tablename__ = "order_events"
    __table_args__ = table()

    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), primary_key=True)
    seq: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    from_status: Mapped[str | None] = mapped_column(String(10))
    to_status: Mapped[str | None] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=utcnow)
