"""What the shop sells, how much of it there is, and every move of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Fen, Id, Small, table, utcnow


class Goods(Base):
    """`product_no` is the number that the course's data gives; it is unique within a type only.

    `market_price_fen` is 0 when unknown, `member_price_fen` when members pay what everybody pays.
    `unit_price_fen` is the price of one `unit_price_per` ("500g", "100ml"); 0 when the good has no
    weight or volume.
    """

    __tablename__ = "goods"
    __table_args__ = table(
        UniqueConstraint("type_id", "product_no"),
        CheckConstraint("price_fen > 0", name="price_positive"),
        CheckConstraint("market_price_fen >= 0", name="market_price_not_negative"),
        CheckConstraint("member_price_fen >= 0", name="member_price_not_negative"),
        CheckConstraint("unit_price_fen >= 0", name="unit_price_not_negative"),
        CheckConstraint("sales >= 0", name="sales_not_negative"),
        CheckConstraint("min_age >= 0", name="min_age_not_negative"),
        Index("ix_goods_default", "type_id", "is_pinned", "position", "id"),
        Index("ix_goods_sales", "type_id", "sales", "id"),
        Index("ix_goods_price", "type_id", "price_fen", "id"),
    )

    id: Mapped[Id]
    type_id: Mapped[int] = mapped_column(BigId, ForeignKey("food_types.id"))
    child_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("child_types.id"), index=True)
    product_no: Mapped[str] = mapped_column(String(20))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    spec: Mapped[str] = mapped_column(String(40))
    price_fen: Mapped[Fen]
    market_price_fen: Mapped[Fen] = mapped_column(default=0)
    member_price_fen: Mapped[Fen] = mapped_column(default=0, server_default="0")
    unit_price_fen: Mapped[Fen] = mapped_column(default=0)
    unit_price_per: Mapped[str] = mapped_column(String(10), default="")
    sales: Mapped[Count] = mapped_column(default=0)
    position: Mapped[Count] = mapped_column(default=0)
    is_pinned: Mapped[bool] = mapped_column(default=False)
    on_sale: Mapped[bool] = mapped_column(default=True)
    picture: Mapped[str] = mapped_column(String(40), default="1f9fa")
    tint: Mapped[str] = mapped_column(String(10), default="honey")
    origin: Mapped[str] = mapped_column(String(40), default="")
    storage: Mapped[str] = mapped_column(String(8), default="")
    life_days: Mapped[Count] = mapped_column(default=0)
    min_age: Mapped[Small] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class GoodsToken(Base):
    """A word, bigram, character or pinyin by which search finds a good (services/search.py)."""

    __tablename__ = "goods_tokens"
    __table_args__ = table(Index("ix_goods_tokens_goods_id", "goods_id"))

    token: Mapped[str] = mapped_column(String(48), primary_key=True)
    goods_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("goods.id", ondelete="CASCADE"), primary_key=True
    )


class Stock(Base):
    """`on_hand` is in the store, `allocated` of it belongs to orders; the rest can be sold."""

    __tablename__ = "stock"
    __table_args__ = table(
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("allocated >= 0", name="allocated_not_negative"),
        CheckConstraint("allocated <= on_hand", name="allocated_within_on_hand"),
    )

    goods_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("goods.id"), primary_key=True, autoincrement=False
    )
    on_hand: Mapped[Count] = mapped_column(default=0)
    allocated: Mapped[Count] = mapped_column(default=0)


class StockMove(Base):
    """One change of one counter. `on_hand` is the sum of received, adjusted, returned, wasted and
    shipped; `allocated` the sum of allocated, released and shipped. Signed: plus means more."""

    __tablename__ = "stock_moves"
    __table_args__ = table(
        CheckConstraint(
            "kind IN ('received','allocated','released','shipped','returned','wasted','adjusted')",
            name="kind_known",
        ),
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        Index("ix_stock_moves_goods_id", "goods_id", "id"),
    )

    id: Mapped[Id]
    goods_id: Mapped[int] = mapped_column(BigId, ForeignKey("goods.id"))
    kind: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[Count]
    order_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("orders.id"), index=True)
    actor: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class PriceHistory(Base):
    """The price of a good from a moment on: a struck-out price must once have been charged."""

    __tablename__ = "price_history"
    __table_args__ = table(Index("ix_price_history_goods_id", "goods_id", "from_at"))

    id: Mapped[Id]
    goods_id: Mapped[int] = mapped_column(BigId, ForeignKey("goods.id", ondelete="CASCADE"))
    price_fen: Mapped[Fen]
    from_at: Mapped[datetime] = mapped_column(default=utcnow)
