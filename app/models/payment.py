"""Money asked for and received, and the keys that make a repeat harmless."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Fen, Id, table, utcnow


class Payment(Base):
    """One attempt to pay an order. `no` is what the provider knows it by.

    Statuses: created; paid; late (money for an order that was already closed or paid: to be given
    back); mismatch (another amount than asked); void. `paid_for` repeats `order_id` on the one
    payment that counts, so that an order is never paid twice.
    """

    __tablename__ = "payments"
    __table_args__ = table(
        UniqueConstraint("no"),
        UniqueConstraint("provider", "provider_ref"),
        UniqueConstraint("paid_for"),
        CheckConstraint(
            "status IN ('created','paid','late','mismatch','void')", name="status_known"
        ),
        CheckConstraint(
            "(status = 'paid' AND paid_for IS NOT NULL AND paid_for = order_id)"
            " OR (status <> 'paid' AND paid_for IS NULL)",
            name="paid_for_order",
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("received_fen >= 0", name="received_not_negative"),
        CheckConstraint("refunded_fen BETWEEN 0 AND received_fen", name="refunded_within_received"),
    )

    id: Mapped[Id]
    no: Mapped[str] = mapped_column(String(32))
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), index=True)
    paid_for: Mapped[int | None] = mapped_column(BigId)
    provider: Mapped[str] = mapped_column(String(12))
    provider_ref: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10), default="created")
    amount_fen: Mapped[Fen]
    received_fen: Mapped[Fen] = mapped_column(default=0)
    refunded_fen: Mapped[Fen] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    received_at: Mapped[datetime | None]


class StrayMoney(Base):
    """Money that a provider reports for a payment that the shop never asked for: kept until a
    person has found out where it belongs."""

    __tablename__ = "stray_money"
    __table_args__ = table(
        UniqueConstraint("provider", "provider_ref"),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
    )

    id: Mapped[Id]
    provider: Mapped[str] = mapped_column(String(12))
    provider_ref: Mapped[str] = mapped_column(String(64))
    payment_no: Mapped[str] = mapped_column(String(64))
    amount_fen: Mapped[Fen]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    settled_at: Mapped[datetime | None] = mapped_column(index=True)


class IdempotencyKey(Base):
    """Written first in the transaction that it protects. `answer` is what was done: its public
    number. Another `fingerprint` under the same key is another request, and refused."""

    __tablename__ = "idempotency_keys"
    __table_args__ = table()

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
