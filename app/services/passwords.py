"""Asking a signed-in shopper for the password once more, and changing it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, count_changed
from app.errors import N_, InvalidInput, LoginRequired
from app.models import User, UserTicket
from app.models.base import utcnow
from app.security import check_password, hash_password, is_common_password
from app.services.accounts import Shopper
from app.services.throttle import Brake, brakes_of, claim_try, forgive_try
from app.services.tickets import Device, Ticket, issue_ticket

CURRENT = "current_password"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That somebody knew the password at `at`; `password_hash` is what it was compared with.

    A change that relies on it must ask for that same hash, and forgives the try.
    """

    user_id: int
    username_key: str
    password_hash: str
    brakes: tuple[Brake, ...]
    at: datetime


async def confirm_password(
    db: Database, user_id: int, password: str, address: str, *, secret: str
) -> Confirmed:
    """Under the same brakes as a log-in, so that a stolen ticket is no way to guess.

    Raises InvalidInput beside `current_password`, or TooMany before looking at it.
    """
    now = utcnow()
    username_key, stored = await db.read(_find_password, user_id)
    brakes = brakes_of(username_key, address, secret=secret)
    await db.write(claim_try, brakes, now=now)
    is_right, _ = await check_password(password, stored)
    if not is_right:
        raise not_the_password()
    return Confirmed(user_id, username_key, stored, brakes, now)


async def _find_password(session: AsyncSession, user_id: int) -> tuple[str, str]:
    rows = await session.execute(
        select(User.username_key, User.password_hash).where(User.id == user_id, User.is_active)
    )
    row = rows.one_or_none()
    if row is None:
        raise LoginRequired
    return row[0], row[1]


def not_the_password() -> InvalidInput:
    return InvalidInput.of(CURRENT, N_("This is not your current password"))


async def change_password(
    db: Database,
    user: Shopper,
    old: str,
    new: str,
    device: Device,
    *,
    secret: str,
) -> Ticket:
    """Sign out every other browser; this one gets the ticket that is returned.

    It lives as long as the one it replaces would have. Hashing stands outside of the transaction.
    """
    confirmed = await confirm_password(db, user.id, old, device.address, secret=secret)
    if is_common_password(new, username=confirmed.username_key):
        text = N_("Too many people use this password. Please choose another one.")
        raise InvalidInput.of("password", text)
    if old == new:
        raise InvalidInput.of("password", N_("This is the password you have already"))
    password_hash = await hash_password(new)
    return await db.write(_replace, confirmed, password_hash, user.ticket_id, device)


async def _replace(
    session: AsyncSession,
    confirmed: Confirmed,
    password_hash: str,
    ticket_id: int,
    device: Device,
) -> Ticket:
    await change_user(session, confirmed, password_hash=password_hash)
    of_user = UserTicket.user_id == confirmed.user_id
    ends = await session.scalar(
        select(UserTicket.expires_at).where(UserTicket.id == ticket_id, of_user)
    )
    if ends is None:  # this browser was signed out meanwhile, from another one
        raise LoginRequired
    await session.execute(delete(UserTicket).where(of_user))
    left = timedelta(seconds=max(1, int((ends - utcnow()).total_seconds())))
    ticket = await issue_ticket(session, confirmed.user_id, device, left)
    assert ticket is not None  # noqa: S101 - the account is locked and was active
    return ticket


async def change_user(session: AsyncSession, /, confirmed: Confirmed, **values: object) -> None:
    """Change and lock the account of whoever confirmed; refused when the password is another now.

    The user's row comes first, then the brakes: as in a log-in.
    """
    known = (
        User.id == confirmed.user_id,
        User.password_hash == confirmed.password_hash,
        User.is_active,
    )
    if not await count_changed(session, update(User).where(*known).values(**values)):
        raise not_the_password()
    await forgive_try(session, confirmed.brakes, now=confirmed.at)
