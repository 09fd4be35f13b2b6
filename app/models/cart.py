"""What a shopper means to buy."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, table, utcnow

MOST_OF_ONE = 99
MOST_LINES = 200


class CartLine(Base):
    """`seen_price_fen` is the price when the shopper last touched the line."""

    __tablename__ = "cart_lines"
    __table_args__ = table(
        UniqueConstraint("user_id", "goods_id"),
        CheckConstraint(f"quantity BETWEEN 1 AND {MOST_OF_ONE}", name="quantity_in_range"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    goods_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("goods.id", ondelete="CASCADE"), index=True
    )
    quantity: Mapped[Count]
    is_select: Mapped[bool] = mapped_column(default=True)
    seen_price_fen: Mapped[Fen]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
