"""What the home page shows: banners, nav, must-buy, shop blocks and main shows, in one shape."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Id, Small, table

KINDS = ("banner", "nav", "mustbuy", "shop", "mainshow")


class HomeBlock(Base):
    """`track_no` is the course's trackid. `link_type` and `link_child` are public numbers of the
    market, `link_goods_id` a good; all 0 or empty means the market's first page."""

    __tablename__ = "home_blocks"
    __table_args__ = table(
        UniqueConstraint("kind", "source_key"),
        CheckConstraint("kind IN ('banner','nav','mustbuy','shop','mainshow')", name="kind_known"),
        Index("ix_home_blocks_kind", "kind", "position", "id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(10))
    # What tells this block from its sisters of the same kind, so that a second import finds it.
    source_key: Mapped[str] = mapped_column(String(80))
    position: Mapped[Count] = mapped_column(default=0)
    is_shown: Mapped[bool] = mapped_column(default=True)
    track_no: Mapped[str] = mapped_column(String(20), default="")
    title_zh: Mapped[str] = mapped_column(String(40))
    title_en: Mapped[str] = mapped_column(String(80))
    text_zh: Mapped[str] = mapped_column(String(60), default="")
    text_en: Mapped[str] = mapped_column(String(120), default="")
    # Up to three pictures, space separated; the first is the large one.
    pictures: Mapped[str] = mapped_column(String(120), default="1f9fa")
    tint: Mapped[str] = mapped_column(String(10), default="honey")
    link_type: Mapped[int] = mapped_column(BigInteger, default=0)
    link_child: Mapped[int] = mapped_column(BigInteger, default=0)
    link_goods_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("goods.id"))


class HomeBlockGoods(Base):
    """A good shown in a main show."""

    __tablename__ = "home_block_goods"
    __table_args__ = table()

    block_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("home_blocks.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[Small] = mapped_column(primary_key=True)
    goods_id: Mapped[int] = mapped_column(BigId, ForeignKey("goods.id"), index=True)
