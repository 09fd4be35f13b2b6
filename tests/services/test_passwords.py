"""Changing a password while others change it, too."""

from datetime import timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import InvalidInput, LoginRequired, TooMany
from app.models import User, UserTicket
from app.models.base import utcnow
from app.services import accounts, passwords
from app.services.accounts import Newcomer, Shopper
from app.services.tickets import Device, Ticket
from tests.conftest import all_at_once

OLD, LIFE = "蜂蜜很甜，草莓也是", timedelta(hours=12)


async def sign_in(db: Database, name: str) -> tuple[Shopper, Device]:
    """A new browser of the shopper."""
    device = Device("203.0.113.7", "a browser", None)
    ticket = await accounts.log_in(db, name, OLD, device, life=LIFE, secret="secret")
    shopper = await db.read(accounts.find_shopper, ticket.value, now=utcnow())
    assert shopper is not None
    return shopper, Device("203.0.113.7", "a browser", ticket.value)


async def count_tickets(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(UserTicket)) or 0


async def test_of_two_changes_at_once_one_counts_and_one_browser_stays(real_db: Database) -> None:
    device = Device("203.0.113.7", "a browser", None)
    newcomer = Newcomer("lin", "lin", OLD, None)
    await accounts.register(real_db, newcomer, device, life=LIFE)
    browsers = [await sign_in(real_db, "lin") for _ in range(3)]

    results = await all_at_once(
        *(
            partial(
                passwords.change_password,
                *(real_db, shopper, OLD, f"another sentence {nth}", device),
                secret="secret",
            )
            for nth, (shopper, device) in enumerate(browsers)
        )
    )

    won = [nth for nth, result in enumerate(results) if isinstance(result, Ticket)]
    assert len(won) == 1
    assert all(
        isinstance(result, InvalidInput | LoginRequired | TooMany)
        for nth, result in enumerate(results)
        if nth not in won
    )
    assert await real_db.read(count_tickets) == 1
    new = f"another sentence {won[0]}"
    await accounts.log_in(real_db, "lin", new, device, life=LIFE, secret="secret")


async def test_a_browser_that_was_signed_out_meanwhile_changes_nothing(
    db: Database, session: AsyncSession
) -> None:
    device = Device("203.0.113.7", "a browser", None)
    await accounts.register(db, Newcomer("lin", "lin", OLD, None), device, life=LIFE)
    shopper, device = await sign_in(db, "lin")
    stored = await session.scalar(select(User.password_hash))
    await db.write(_end_all)

    (result,) = await all_at_once(
        partial(
            passwords.change_password,
            *(db, shopper, OLD, "another sentence", device),
            secret="secret",
        )
    )

    assert isinstance(result, LoginRequired)
    assert await session.scalar(select(User.password_hash)) == stored


async def _end_all(session: AsyncSession) -> None:
    for row in await session.scalars(select(UserTicket)):
        await session.delete(row)
