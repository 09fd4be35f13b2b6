"""Flash sales: a session with a window, and in it goods at a price, for as long as there are."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, table


class FlashSession(Base):
    __tablename__ = "flash_sessions"
    __table_args__ = table(
        UniqueConstraint("source_key"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_flash_sessions_window", "ends_at", "starts_at"),
    )

    id: Mapped[Id]
    source_key: Mapped[str] = mapped_column(String(80))
    title_zh: Mapped[str] = mapped_column(String(40))
    title_en: Mapped[str] = mapped_column(String(80))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class FlashItem(Base):
    """`sold` counts pieces in orders that are not closed; it never passes `quota`."""

    __tablename__ = "flash_items"
    __table_args__ = table(
        UniqueConstraint("session_id", "goods_id"),
        CheckConstraint("sold BETWEEN 0 AND quota", name="sold_within_quota"),
        CheckConstraint("price_fen > 0", name="price_positive"),
        CheckConstraint("per_user > 0", name="per_user_positive"),
    )

    id: Mapped[Id]
    session_id: Mapped[int] = mapped_column(BigId, ForeignKey("flash_sessions.id"))
    goods_id: Mapped[int] = mapped_column(BigId, ForeignKey("goods.id"), index=True)
    price_fen: Mapped[Fen]
    quota: Mapped[Count]
    sold: Mapped[Count] = mapped_column(default=0)
    per_user: Mapped[Count] = mapped_column(default=1)


class FlashClaim(Base):
    """How many pieces one shopper has taken of one flash item."""

    __tablename__ = "flash_claims"
    __table_args__ = table(CheckConstraint("quantity >= 0", name="quantity_not_negative"))

    item_id: Mapped[int] = mapped_column(BigId, ForeignKey("flash_items.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id"), primary_key=True, index=True
    )
    quantity: Mapped[Count]
