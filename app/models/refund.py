"""Money on its way back."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, table, utcnow

# Money that came in beside the order: it is not of what the order was paid with.
BESIDE = ("late", "mismatch")


class Refund(Base):
    """Asked → approved → sending → done or failed; or rejected. `no` is the key under which the
    provider knows it, so that a repeated call gives the money back once.

    The sum of an order's refunds that are neither failed nor rejected is what its payments have
    in `refunded_fen`.
    """

    __tablename__ = "refunds"
    __table_args__ = table(
        UniqueConstraint("no"),
        CheckConstraint(
            "kind IN ('cancel','shortage','quality','goodwill','late','mismatch','failed')",
            name="kind_known",
        ),
        CheckConstraint(
            "status IN ('asked','approved','sending','done','failed','rejected')",
            name="status_known",
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint(
            "status <> 'done' OR provider_ref IS NOT NULL", name="done_has_provider_ref"
        ),
        Index("ix_refunds_order_id", "order_id", "id"),
    )

    id: Mapped[Id]
    no: Mapped[str] = mapped_column(String(32))
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"))
    payment_id: Mapped[int] = mapped_column(BigId, ForeignKey("payments.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10), default="asked")
    amount_fen: Mapped[Fen]
    ship_fen: Mapped[Fen] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(60), default="")
    provider_ref: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    done_at: Mapped[datetime | None]


class RefundLine(Base):
    """How much of a line is given back, and how many pieces go back on the shelf."""

    __tablename__ = "refund_lines"
    __table_args__ = table(
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
        CheckConstraint("restock_quantity BETWEEN 0 AND quantity", name="restock_within_quantity"),
    )

    refund_id: Mapped[int] = mapped_column(BigId, ForeignKey("refunds.id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("order_lines.id"), primary_key=True, index=True
    )
    quantity: Mapped[Count]
    amount_fen: Mapped[Fen]
    restock_quantity: Mapped[Count] = mapped_column(default=0)
