"""Where a shopper's orders go."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Id, table, utcnow


class Address(Base):
    """`default_of` repeats `user_id` on the default address only, so that there is but one.

    `region` is the official six-digit code of the district (GB/T 2260), empty on addresses from
    before the book knew districts; `area` is the street or estate.
    """

    __tablename__ = "addresses"
    __table_args__ = table(
        UniqueConstraint("default_of"),
        CheckConstraint("default_of IS NULL OR default_of = user_id", name="default_of_owner"),
        CheckConstraint("tag IN ('','home','work','school')", name="tag_known"),
    )

    id: Mapped[Id]
    # No cascade: MySQL forbids one on a column that a CHECK reads (error 3823).
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    default_of: Mapped[int | None] = mapped_column(BigId)
    receiver: Mapped[str] = mapped_column(String(32))
    phone: Mapped[str] = mapped_column(String(20))
    region: Mapped[str] = mapped_column(String(6), default="", server_default="")
    area: Mapped[str] = mapped_column(String(80))
    room: Mapped[str] = mapped_column(String(80))
    tag: Mapped[str] = mapped_column(String(6), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
