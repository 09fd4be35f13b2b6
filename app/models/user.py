"""Shoppers, the tickets that keep them signed in, and the brake on guessing."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Count, Id, table, utcnow


class User(Base):
    """`username_key` is the name as it is compared: NFKC, casefolded, without outer spaces.

    `nickname` is what others see instead, `avatar` the digest of a Picture. Without a theme the
    browser's own is taken. A closed account keeps its row, since its orders stay.
    """

    __tablename__ = "users"
    __table_args__ = table(
        UniqueConstraint("username_key"),
        CheckConstraint("theme IS NULL OR theme IN ('light','dark')", name="theme_known"),
    )

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(String(32))
    username_key: Mapped[str] = mapped_column(String(64))
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str | None] = mapped_column(String(10))
    nickname: Mapped[str | None] = mapped_column(String(32))
    avatar: Mapped[str | None] = mapped_column(String(64))
    theme: Mapped[str | None] = mapped_column(String(5))
    large_text: Mapped[bool] = mapped_column(default=False, server_default=text("0"))
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class UserTicket(Base):
    """A signed-in browser. The cookie holds the ticket, the table only its SHA-256."""

    __tablename__ = "user_tickets"
    __table_args__ = table(UniqueConstraint("digest"))

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    @staticmethod
    def new_ticket() -> str:
        """256 random bits, for the cookie."""
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(ticket: str) -> str:
        return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()


class LoginThrottle(Base):
    """How often a log-in was tried: one row for each address, and each account at an address.

    `subject` is a digest, so that the table names nobody.
    """

    __tablename__ = "login_throttles"
    __table_args__ = table(CheckConstraint("tries >= 0", name="tries_not_negative"))

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[Count] = mapped_column(default=0)
    free_at: Mapped[datetime]
    tried_at: Mapped[datetime] = mapped_column(index=True)
