"""Registering, logging in and out, and who is signed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import N_, InvalidInput, Message
from app.models import Address, CartLine, Member, User, UserTicket
from app.models.base import utcnow
from app.security import check_password, hash_password, is_common_password
from app.services.coupon_claims import welcome
from app.services.throttle import Brake, brakes_of, claim_try, forgive_try
from app.services.tickets import Device, Ticket, issue_ticket


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who wants to register. `username_key` is the name as it is compared."""

    username: str
    username_key: str
    password: str
    email: str | None


@dataclass(frozen=True, slots=True)
class _Account:
    id: int
    password_hash: str


@dataclass(frozen=True, slots=True)
class _Try:
    brakes: tuple[Brake, ...]
    at: datetime


async def register(
    db: Database,
    newcomer: Newcomer,
    device: Device,
    *,
    life: timedelta,
    brakes: Iterable[Brake] = (),
) -> Ticket:
    """A new account that is signed in at once. Raises InvalidInput with what is in the way, or
    TooMany when one of the brakes holds."""
    problems: dict[str, Message] = {}
    if not await db.read(is_username_free, newcomer.username_key):
        problems |= _taken().fields
    if is_common_password(newcomer.password, username=newcomer.username_key):
        text = N_("Too many people use this password. Please choose another one.")
        problems["password"] = Message(text, {})
    if problems:
        raise InvalidInput(problems)
    await db.write(claim_try, brakes, now=utcnow())
    password_hash = await hash_password(newcomer.password)
    return await db.write(_create_account, newcomer, password_hash, device, life)


async def is_username_free(session: AsyncSession, username_key: str) -> bool:
    found = await session.scalar(select(User.id).where(User.username_key == username_key))
    return found is None


def _taken() -> InvalidInput:
    return InvalidInput.of("username", N_("This name is taken"))


async def _create_account(
    session: AsyncSession,
    newcomer: Newcomer,
    password_hash: str,
    device: Device,
    life: timedelta,
) -> Ticket:
    user = User(
        username=newcomer.username,
        username_key=newcomer.username_key,
        email=newcomer.email,
        password_hash=password_hash,
    )
    session.add(user)
    try:
        await session.flush()
    except IntegrityError:  # somebody else was faster
        raise _taken() from None
    ticket = await issue_ticket(session, user.id, device, life)
    assert ticket is not None  # noqa: S101 - made in this very transaction
    await welcome(session, user.id, utcnow())
    return ticket


async def log_in(
    db: Database,
    username_key: str,
    password: str,
    device: Device,
    *,
    life: timedelta,
    secret: str,
) -> Ticket:
    """A ticket for who knows the password. Raises InvalidInput, or TooMany before looking at it.

    Neither words nor time tell whether it was the name or the password that was wrong. Hashing
    stands between the transactions, so that no connection waits for it.
    """
    now = utcnow()
    brakes = brakes_of(username_key, device.address, secret=secret)
    await db.write(claim_try, brakes, now=now)
    account = await db.read(_find_account, username_key)
    stored = account.password_hash if account else None
    is_right, renewed = await check_password(password, stored)
    if account is None or not is_right:
        raise _wrong()
    ticket = await db.write(_let_in, account, renewed, device, _Try(brakes, now), life=life)
    if ticket is None:
        raise _wrong()
    return ticket


async def _find_account(session: AsyncSession, username_key: str) -> _Account | None:
    row = (
        await session.execute(
            select(User.id, User.password_hash).where(
                User.username_key == username_key, User.is_active
            )
        )
    ).one_or_none()
    return _Account(*row) if row else None


def _wrong() -> InvalidInput:
    return InvalidInput.of("", N_("User name or password is not right. Try again?"))


async def _let_in(
    session: AsyncSession,
    account: _Account,
    renewed: str | None,
    device: Device,
    claimed: _Try,
    *,
    life: timedelta,
) -> Ticket | None:
    if renewed:
        await session.execute(
            update(User)
            .where(User.id == account.id, User.password_hash == account.password_hash)
            .values(password_hash=renewed)
        )
    await forgive_try(session, claimed.brakes, now=claimed.at)
    return await issue_ticket(session, account.id, device, life)


async def choose_locale(session: AsyncSession, user_id: int, locale: str) -> None:
    await session.execute(update(User).where(User.id == user_id).values(locale=locale))


@dataclass(frozen=True, slots=True)
class Shopper:
    """The signed-in user, with what the layout of every page shows of them.

    `avatar` is the digest of their picture, `theme` None for the browser's own, `level` from 0
    to 4.
    """

    id: int
    username: str
    is_staff: bool
    locale: str | None
    ticket_id: int
    cart_count: int
    deliver_to: str | None
    nickname: str | None = None
    avatar: str | None = None
    theme: str | None = None
    large_text: bool = False
    level: int = 0

    @property
    def name(self) -> str:
        """What the shop calls them."""
        return self.nickname or self.username


async def find_shopper(session: AsyncSession, ticket: str, *, now: datetime) -> Shopper | None:
    """The owner of a ticket that is known and lives; one statement for all that layouts show."""
    cart_count = (
        select(func.coalesce(func.sum(CartLine.quantity), 0))
        .where(CartLine.user_id == User.id)
        .scalar_subquery()
    )
    deliver_to = select(Address.area).where(Address.default_of == User.id).scalar_subquery()
    row = (
        await session.execute(
            select(
                User.id,
                User.username,
                User.is_staff,
                User.locale,
                UserTicket.id,
                cart_count,
                deliver_to,
                User.nickname,
                User.avatar,
                User.theme,
                User.large_text,
                func.coalesce(Member.level, 0),
            )
            .join(UserTicket, UserTicket.user_id == User.id)
            .outerjoin(Member, Member.user_id == User.id)
            .where(
                UserTicket.digest == UserTicket.digest_of(ticket),
                UserTicket.expires_at > now,
                User.is_active,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    user_id, username, is_staff, locale, ticket_id, count, *rest = row
    return Shopper(user_id, username, is_staff, locale, ticket_id, int(count), *rest)
