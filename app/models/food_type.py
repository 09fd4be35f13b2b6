"""The market's shelves: food types and their child types, under their public numbers."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Id, table


class FoodType(Base):
    __tablename__ = "food_types"
    __table_args__ = table(
        UniqueConstraint("number"), CheckConstraint("number > 0", name="number_positive")
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[Count] = mapped_column(default=0)
    name_zh: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(60))
    picture: Mapped[str] = mapped_column(String(40), default="1f9fa")
    tint: Mapped[str] = mapped_column(String(10), default="honey")


class ChildType(Base):
    """A part of a food type. Number 0 means "all of the type" and is never stored."""

    __tablename__ = "child_types"
    __table_args__ = table(
        UniqueConstraint("type_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[Id]
    type_id: Mapped[int] = mapped_column(BigId, ForeignKey("food_types.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[Count] = mapped_column(default=0)
    name_zh: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(60))
