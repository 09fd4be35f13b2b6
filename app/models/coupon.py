"""Coupons: what the shop offers, and the ones that shoppers hold."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, Small, table, utcnow


class CouponTemplate(Base):
    """Kinds: amount (`amount_fen` off), percent (`percent_bp` basis points off, at most
    `most_fen`), delivery (no delivery fee). `least_fen` is the sum it takes of the goods it is
    for: all, or those of the types, child types or goods in CouponScope.

    Those that are listed can be claimed from `claim_from` to `claim_to` by whoever has reached
    `least_level`. What is claimed is good from then for `valid_days`, or, when that is None, from
    `valid_from` to `valid_to`.
    """

    __tablename__ = "coupon_templates"
    __table_args__ = table(
        UniqueConstraint("source_key"),
        CheckConstraint("kind IN ('amount','percent','delivery')", name="kind_known"),
        CheckConstraint("percent_bp BETWEEN 0 AND 10000", name="percent_in_range"),
        CheckConstraint("amount_fen >= 0 AND least_fen >= 0", name="sums_not_negative"),
        CheckConstraint("total IS NULL OR claimed <= total", name="claimed_within_total"),
        CheckConstraint("per_user > 0", name="per_user_positive"),
        CheckConstraint("scope IN ('all','type','child','goods')", name="scope_known"),
        CheckConstraint("valid_days IS NULL OR valid_days > 0", name="valid_days_positive"),
    )

    id: Mapped[Id]
    source_key: Mapped[str] = mapped_column(String(80))
    title_zh: Mapped[str] = mapped_column(String(40))
    title_en: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(8))
    amount_fen: Mapped[Fen] = mapped_column(default=0)
    percent_bp: Mapped[Count] = mapped_column(default=0)
    most_fen: Mapped[int | None] = mapped_column(BigId)
    least_fen: Mapped[Fen] = mapped_column(default=0)
    total: Mapped[int | None]
    claimed: Mapped[Count] = mapped_column(default=0)
    per_user: Mapped[Count] = mapped_column(default=1)
    scope: Mapped[str] = mapped_column(String(5), default="all", server_default="all")
    is_listed: Mapped[bool] = mapped_column(default=False, server_default=text("0"))
    claim_from: Mapped[datetime | None]
    claim_to: Mapped[datetime | None]
    least_level: Mapped[Small] = mapped_column(default=0, server_default="0")
    valid_days: Mapped[int | None]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]


class CouponScope(Base):
    """What a coupon is for; `ref_id` is a type, a child type or a good, as its template says."""

    __tablename__ = "coupon_scopes"
    __table_args__ = table()

    template_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("coupon_templates.id", ondelete="CASCADE"), primary_key=True
    )
    ref_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)


class Coupon(Base):
    """One coupon of one shopper: ready, held by an unpaid order, used by a paid one, or void.
    Whether it has run out is asked of its dates, not of its status. `extended_at` says that it
    ran out while an order held it and was given a day more, which happens once."""

    __tablename__ = "coupons"
    __table_args__ = table(
        UniqueConstraint("template_id", "user_id", "nth"),
        CheckConstraint("status IN ('ready','held','used','void')", name="status_known"),
        CheckConstraint(
            "(status IN ('held','used') AND order_id IS NOT NULL)"
            " OR (status IN ('ready','void') AND order_id IS NULL)",
            name="held_by_order",
        ),
        Index("ix_coupons_user_id", "user_id", "status", "valid_to"),
    )

    id: Mapped[Id]
    template_id: Mapped[int] = mapped_column(BigId, ForeignKey("coupon_templates.id"))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    nth: Mapped[Small] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(8), default="ready")
    order_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("orders.id"), index=True)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    extended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
