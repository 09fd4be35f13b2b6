"""What a regular has with the shop: points, growth and the level that comes of it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, Small, table, utcnow

TOP_LEVEL = 4


class Member(Base):
    """One row for each shopper, made when first needed.

    `points` is what can be redeemed: the sum of `left_n` of the open lots, or below zero what is
    still owed. `level` is kept until `level_until`, whatever happens to the growth meanwhile.
    """

    __tablename__ = "members"
    __table_args__ = table(CheckConstraint(f"level BETWEEN 0 AND {TOP_LEVEL}", name="level_known"))

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    points: Mapped[Count] = mapped_column(default=0)
    level: Mapped[Small] = mapped_column(default=0)
    level_until: Mapped[datetime | None] = mapped_column(index=True)


class PointsLot(Base):
    """Points that were earned together and run out together.

    pending until `open_at`, then open, until they are spent or `expires_at` has come; void when
    they were taken back before anybody could use them. `ref` names what they are for, as in
    "order:7". `noticed_days` is the last warning that was sent: 30, 7, or 0 for none. Of the
    `earned_n` of an order refunds leave `kept_n`; `rate_bp` is what its level multiplied by.
    """

    __tablename__ = "points_lots"
    __table_args__ = table(
        UniqueConstraint("kind", "ref"),
        CheckConstraint("kind IN ('order','checkin','returned','gift')", name="kind_known"),
        CheckConstraint(
            "status IN ('pending','open','spent','expired','void')", name="status_known"
        ),
        CheckConstraint("left_n BETWEEN 0 AND earned_n", name="left_within_earned"),
        CheckConstraint("kept_n BETWEEN left_n AND earned_n", name="kept_within_earned"),
        Index("ix_points_lots_user_id", "user_id", "status", "expires_at", "id"),
        Index("ix_points_lots_open_at", "status", "open_at"),
        Index("ix_points_lots_expires_at", "status", "expires_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(10))
    ref: Mapped[str] = mapped_column(String(64))
    earned_n: Mapped[Count]
    kept_n: Mapped[Count]
    left_n: Mapped[Count]
    rate_bp: Mapped[Count] = mapped_column(default=10_000)
    status: Mapped[str] = mapped_column(String(8))
    open_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    noticed_days: Mapped[Small] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class PointsEntry(Base):
    """One change of a shopper's balance, never changed afterwards: the sum of `n` is `points`.

    The unique key is what makes a repeated job or request count once.
    """

    __tablename__ = "points_entries"
    __table_args__ = table(
        UniqueConstraint("kind", "ref", "lot_id"),
        CheckConstraint(
            "kind IN ('earned','spent','returned','expired','taken_back','settled')",
            name="kind_known",
        ),
        CheckConstraint("n <> 0", name="n_not_zero"),
        Index("ix_points_entries_user_id", "user_id", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    lot_id: Mapped[int] = mapped_column(BigId, ForeignKey("points_lots.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    ref: Mapped[str] = mapped_column(String(64))
    n: Mapped[Count]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class CheckIn(Base):
    """A day, by the shop's clock, on which a shopper checked in; `streak` days in a row."""

    __tablename__ = "check_ins"
    __table_args__ = table(CheckConstraint("streak > 0", name="streak_positive"))

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    streak: Mapped[Count]
    points: Mapped[Count]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class GrowthEntry(Base):
    """What an order added to a shopper's growth when it was completed, or a refund took away."""

    __tablename__ = "growth_entries"
    __table_args__ = table(
        UniqueConstraint("kind", "ref"),
        CheckConstraint("kind IN ('completed','refunded')", name="kind_known"),
        CheckConstraint("fen <> 0", name="fen_not_zero"),
        Index("ix_growth_entries_user_id", "user_id", "at"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    ref: Mapped[str] = mapped_column(String(64))
    fen: Mapped[Fen]
    at: Mapped[datetime] = mapped_column(default=utcnow)
