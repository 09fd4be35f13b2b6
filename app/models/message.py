"""The message box: what happened to a shopper's orders, points and coupons."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Id, table, utcnow


class UserMessage(Base):
    """`kind` names the text, `params` (JSON) fills it in; it is put into words when it is read,
    in the reader's language. `key` makes the same news twice one message."""

    __tablename__ = "user_messages"
    __table_args__ = table(
        UniqueConstraint("user_id", "kind", "key"),
        Index("ix_user_messages_user_id", "user_id", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(24))
    key: Mapped[str] = mapped_column(String(64))
    params: Mapped[str] = mapped_column(String(500), default="{}")
    link: Mapped[str] = mapped_column(String(200), default="")
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
