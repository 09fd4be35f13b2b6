"""The browsers in which a shopper is signed in, and signing them out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import NotFound
from app.models import UserTicket
from app.services.device_names import is_computer, name_device

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser with a living ticket; `id` is no secret, the ticket itself is."""

    id: int
    system: str
    browser: str
    since: datetime
    until: datetime
    is_this: bool

    @property
    def is_computer(self) -> bool:
        return is_computer(self.system)


async def list_devices(
    session: AsyncSession, user_id: int, this_ticket_id: int, *, now: datetime
) -> list[SignedIn]:
    """This one first, then the latest; of very many the latest only."""
    rows = await session.execute(
        select(UserTicket.id, UserTicket.user_agent, UserTicket.created_at, UserTicket.expires_at)
        .where(UserTicket.user_id == user_id, UserTicket.expires_at > now)
        .order_by((UserTicket.id == this_ticket_id).desc(), UserTicket.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        SignedIn(id_, *name_device(user_agent), since, until, id_ == this_ticket_id)
        for id_, user_agent, since, until in rows
    ]


async def end_device(session: AsyncSession, user_id: int, device_id: int, *, now: datetime) -> None:
    """Sign one browser out. Raises NotFound for one that is somebody else's, or out already."""
    theirs = (
        UserTicket.id == device_id,
        UserTicket.user_id == user_id,
        UserTicket.expires_at > now,
    )
    if not await count_changed(session, delete(UserTicket).where(*theirs)):
        raise NotFound


async def end_others(session: AsyncSession, user_id: int, this_ticket_id: int) -> None:
    """Sign out every browser but this one."""
    await session.execute(
        delete(UserTicket).where(UserTicket.user_id == user_id, UserTicket.id != this_ticket_id)
    )
