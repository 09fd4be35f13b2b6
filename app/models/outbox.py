"""What must still reach the outside, and who does the timed work just now."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Count, Id, table, utcnow


class OutboxItem(Base):
    """Written in the transaction that wants it, carried out after the commit, tried until done.

    `key` makes the same wish twice one row. `payload` is JSON.
    """

    __tablename__ = "outbox"
    __table_args__ = table(
        UniqueConstraint("topic", "key"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        Index("ix_outbox_due", "done_at", "next_at", "id"),
    )

    id: Mapped[Id]
    topic: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(64))
    payload: Mapped[str] = mapped_column(Text, default="{}")
    tries: Mapped[Count] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=utcnow)
    done_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Lease(Base):
    """Who may do a job until when. Taken by one conditional UPDATE; a dead holder's runs out."""

    __tablename__ = "leases"
    __table_args__ = table()

    job: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(40), default="")
    held_until: Mapped[datetime]
    done_at: Mapped[datetime | None]
