"""The brake on guessing passwords: for each address, and each account at an address; and on
opening accounts.

Nobody can lock an account for its owner, who comes from another address.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import case, delete, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import BindParameter, Case

from app.db import count_changed, upsert
from app.errors import TooMany
from app.models import LoginThrottle
from app.security import sign

FREE_TRIES_OF_PAIR = 5
FREE_TRIES_OF_ADDRESS = 30
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)
# Tries at the same moment may come in another order than that in which they looked at the clock.
SIDE_BY_SIDE = timedelta(seconds=10)
_DOUBLINGS = 10  # 1, 2, 4 … 512 seconds, then the longest wait


@dataclass(frozen=True, slots=True)
class Brake:
    """`subject` is a digest, so the table names neither account nor address."""

    subject: str
    free_tries: int
    is_of_account: bool


def brakes_of(account_key: str, address: str, *, secret: str) -> tuple[Brake, ...]:
    """The two that a log-in must pass, in the order in which every transaction takes them."""
    place = _place(address)
    pair = sign(secret, "throttle-pair", f"{account_key}\0{place}".encode())
    alone = sign(secret, "throttle-address", place.encode())
    brakes = (
        Brake(pair, FREE_TRIES_OF_PAIR, is_of_account=True),
        Brake(alone, FREE_TRIES_OF_ADDRESS, is_of_account=False),
    )
    return tuple(sorted(brakes, key=lambda brake: brake.subject))


def brake_on_registering(address: str, *, secret: str, free_tries: int) -> Brake:
    """So that nobody opens accounts by the hundred: they hold names, and get newcomers' gifts."""
    place = sign(secret, "throttle-register", _place(address).encode())
    return Brake(place, free_tries, is_of_account=False)


def _place(address: str) -> str:
    """An IPv6 subscriber has 2^64 addresses and would never meet the brake: they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


async def claim_try(session: AsyncSession, brakes: Iterable[Brake], *, now: datetime) -> None:
    """Count a try before the password is looked at; `forgive_try` takes it back after success.

    Raises TooMany, and counts nothing, while one of the brakes holds.
    """
    for brake in brakes:
        if not await _claim(session, brake, now):
            free_at = await session.scalar(
                select(LoginThrottle.free_at).where(LoginThrottle.subject == brake.subject)
            )
            wait = (free_at or now) - now
            raise TooMany(seconds=max(1, ceil(wait.total_seconds())))


async def _claim(session: AsyncSession, brake: Brake, now: datetime) -> bool:
    """One conditional UPDATE decides, so tries side by side cannot all slip through."""
    await upsert(
        session,
        LoginThrottle,
        {"subject": brake.subject, "tries": 0, "free_at": now, "tried_at": now},
        conflict_on=("subject",),
        update={"subject": brake.subject},
    )
    is_forgotten = LoginThrottle.tried_at < now - FORGET_AFTER
    # MySQL assigns from left to right and reads what it has assigned, so this order matters.
    claim = (
        update(LoginThrottle)
        .where(
            LoginThrottle.subject == brake.subject,
            or_(LoginThrottle.free_at <= now, is_forgotten),
        )
        .ordered_values(
            (LoginThrottle.free_at, _next_free_at(brake, now)),
            (LoginThrottle.tries, case((is_forgotten, 1), else_=LoginThrottle.tries + 1)),
            (LoginThrottle.tried_at, now),
        )
    )
    return await count_changed(session, claim) == 1


def _next_free_at(brake: Brake, now: datetime) -> Case[datetime]:
    """After the free tries the next one is 1, 2, 4 … seconds away."""
    tries = LoginThrottle.tries + 1
    waits = [timedelta(seconds=2**nth) for nth in range(_DOUBLINGS)]
    return case(
        (
            or_(LoginThrottle.tried_at < now - FORGET_AFTER, tries < brake.free_tries),
            _time(now - SIDE_BY_SIDE),
        ),
        *((tries == brake.free_tries + nth, _time(now + wait)) for nth, wait in enumerate(waits)),
        else_=_time(now + LONGEST_WAIT),
    )


def _time(moment: datetime) -> BindParameter[datetime]:
    return literal(moment, LoginThrottle.free_at.type)


async def forgive_try(session: AsyncSession, brakes: Iterable[Brake], *, now: datetime) -> None:
    """The password was right: the account starts anew here, the address gets this try back.

    `now` is the moment at which the try was claimed. Only this one try is given back, or a
    guesser could wash an address clean by logging in to an account of their own.
    """
    for brake in brakes:
        of_this = LoginThrottle.subject == brake.subject
        if brake.is_of_account:
            await session.execute(delete(LoginThrottle).where(of_this))
        else:
            await session.execute(
                update(LoginThrottle)
                .where(of_this, LoginThrottle.tries > 0)
                .ordered_values(
                    (
                        LoginThrottle.free_at,
                        case(
                            (LoginThrottle.tried_at == now, _time(now)), else_=LoginThrottle.free_at
                        ),
                    ),
                    (LoginThrottle.tries, LoginThrottle.tries - 1),
                )
            )


async def prune_brakes(session: AsyncSession, now: datetime, *, limit: int = 500) -> int:
    """Delete counts that are forgotten anyway, a small batch at a time; how many they were."""
    old = select(LoginThrottle.subject).where(LoginThrottle.tried_at < now - FORGET_AFTER)
    subjects = list(await session.scalars(old.order_by(LoginThrottle.subject).limit(limit)))
    if not subjects:
        return 0
    # Asked again: somebody may have tried meanwhile.
    still_old = LoginThrottle.tried_at < now - FORGET_AFTER
    rows = delete(LoginThrottle).where(LoginThrottle.subject.in_(subjects), still_old)
    return await count_changed(session, rows)
