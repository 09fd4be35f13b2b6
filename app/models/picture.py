"""Pictures that shoppers sent: who sent which, so that room is counted and nothing is lost."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Id, table, utcnow


class Picture(Base):
    """`digest` names the stored files: the SHA-256 of the larger one. Two rows may share one."""

    __tablename__ = "pictures"
    __table_args__ = table(
        CheckConstraint("kind IN ('avatar','review','goods','home')", name="kind_known"),
        CheckConstraint("size_bytes > 0", name="size_positive"),
        Index("ix_pictures_user_id", "user_id", "kind"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(8))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    width: Mapped[Count]
    height: Mapped[Count]
    size_bytes: Mapped[Count]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
