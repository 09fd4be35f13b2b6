"""What shoppers look at: favourites, what they saw lately, what they wait for."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, table, utcnow


class Favourite(Base):
    __tablename__ = "favourites"
    __table_args__ = table(Index("ix_favourites_created_at", "user_id", "created_at"))

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    goods_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("goods.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class RecentView(Base):
    """That a shopper looked at a good, and when last."""

    __tablename__ = "recent_views"
    __table_args__ = table(Index("ix_recent_views_seen_at", "user_id", "seen_at"))

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    goods_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("goods.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    seen_at: Mapped[datetime] = mapped_column(default=utcnow)


class StockWait(Base):
    """A shopper wants to hear when a good can be bought again; gone when they were told."""

    __tablename__ = "stock_waits"
    __table_args__ = table()

    goods_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("goods.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
