"""The tickets that keep browsers signed in: issuing, counting and ending them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.models import User, UserTicket
from app.models.base import utcnow

LONGEST_USER_AGENT = 200


@dataclass(frozen=True, slots=True)
class Device:
    """The browser that asks: where it is, what it calls itself, the ticket it holds already."""

    address: str
    user_agent: str
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the cookie holds. The row ends at `expires_at`, `seconds` from its creation."""

    value: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def new(cls, life: timedelta) -> "Ticket":
        # A cookie counts whole seconds, so the row does too.
        created_at = utcnow().replace(microsecond=0)
        return cls(UserTicket.new_ticket(), created_at, created_at + life)

    @property
    def seconds(self) -> int:
        return int((self.expires_at - self.created_at).total_seconds())


async def issue_ticket(
    session: AsyncSession, user_id: int, device: Device, life: timedelta
) -> Ticket | None:
    """A new ticket; the one this browser had, and the user's expired ones, are gone.

    None when the account was closed while its password was checked.
    """
    ticket = Ticket.new(life)
    if device.ticket:
        old = UserTicket.digest_of(device.ticket)
        await session.execute(delete(UserTicket).where(UserTicket.digest == old))
    await session.execute(
        delete(UserTicket).where(
            UserTicket.user_id == user_id, UserTicket.expires_at <= ticket.created_at
        )
    )
    values = {
        UserTicket.user_id: User.id,
        UserTicket.digest: literal(UserTicket.digest_of(ticket.value)),
        UserTicket.user_agent: literal(device.user_agent[:LONGEST_USER_AGENT]),
        UserTicket.created_at: literal(ticket.created_at, UserTicket.created_at.type),
        UserTicket.expires_at: literal(ticket.expires_at, UserTicket.expires_at.type),
    }
    source = select(*values.values()).where(User.id == user_id, User.is_active)
    written = await count_changed(session, insert(UserTicket).from_select([*values], source))
    return ticket if written else None


async def end_ticket(session: AsyncSession, ticket_id: int) -> None:
    await session.execute(delete(UserTicket).where(UserTicket.id == ticket_id))


async def end_all_tickets(session: AsyncSession, user_id: int) -> None:
    """Signs the user out everywhere."""
    await session.execute(delete(UserTicket).where(UserTicket.user_id == user_id))


async def count_other_devices(
    session: AsyncSession, user_id: int, this_ticket_id: int, *, now: datetime
) -> int:
    """On how many devices but this one the user is signed in."""
    return (
        await session.scalar(
            select(func.count()).where(
                UserTicket.user_id == user_id,
                UserTicket.id != this_ticket_id,
                UserTicket.expires_at > now,
            )
        )
        or 0
    )


async def prune_tickets(session: AsyncSession, now: datetime, *, limit: int = 500) -> int:
    """Delete tickets that are over, a small batch at a time; how many they were."""
    dead = select(UserTicket.id).where(UserTicket.expires_at <= now).order_by(UserTicket.id)
    ids = list(await session.scalars(dead.limit(limit)))
    if not ids:
        return 0
    return await count_changed(session, delete(UserTicket).where(UserTicket.id.in_(ids)))
