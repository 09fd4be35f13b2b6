"""The brake on guessing passwords."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import TooMany
from app.models import LoginThrottle
from app.services.throttle import (
    FREE_TRIES_OF_ADDRESS,
    FREE_TRIES_OF_PAIR,
    Brake,
    brakes_of,
    claim_try,
    forgive_try,
)
from tests.conftest import all_at_once

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
HOME, CAFE = "203.0.113.7", "198.51.100.9"


def brakes(account: str = "ann", address: str = HOME) -> tuple[Brake, ...]:
    return brakes_of(account, address, secret="secret")


async def count_tries(db: Database, account: str, *, at: datetime = NOW) -> int:
    """Try until the brake holds."""
    for tries in range(100):
        try:
            await db.write(claim_try, brakes(account), now=at)
        except TooMany:
            return tries
    raise AssertionError("nothing stopped this")


async def seconds_to_wait(db: Database, *, at: datetime, address: str = HOME) -> int:
    try:
        await db.write(claim_try, brakes(address=address), now=at)
    except TooMany as refusal:
        return refusal.seconds
    return 0


async def test_five_tries_are_free_for_an_account_at_an_address(db: Database) -> None:
    assert await count_tries(db, "ann") == FREE_TRIES_OF_PAIR == 5


async def test_each_further_failure_doubles_the_wait(db: Database) -> None:
    await count_tries(db, "ann")
    waits, at = [], NOW

    for _ in range(12):
        wait = await seconds_to_wait(db, at=at)
        waits.append(wait)
        at += timedelta(seconds=wait)
        assert await seconds_to_wait(db, at=at) == 0

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


async def test_the_wait_ends_at_its_moment_and_not_before(db: Database) -> None:
    await count_tries(db, "ann")

    early = await seconds_to_wait(db, at=NOW + timedelta(seconds=1, microseconds=-1))
    on_time = await seconds_to_wait(db, at=NOW + timedelta(seconds=1))

    assert (early, on_time) == (1, 0)


async def test_a_refused_try_makes_nothing_worse(db: Database) -> None:
    await count_tries(db, "ann")

    for _ in range(20):
        assert await seconds_to_wait(db, at=NOW) == 1


async def test_an_hour_without_tries_is_forgotten(db: Database) -> None:
    await count_tries(db, "ann")

    later = NOW + timedelta(hours=1, seconds=1)

    assert await count_tries(db, "ann", at=later) == FREE_TRIES_OF_PAIR


async def test_nobody_locks_an_account_from_another_address(db: Database) -> None:
    await count_tries(db, "ann")

    assert await seconds_to_wait(db, at=NOW, address=CAFE) == 0


async def test_an_address_has_thirty_tries_over_all_accounts(db: Database) -> None:
    done = 0
    for number in range(20):
        done += await count_tries(db, f"ann{number}")

    assert done == FREE_TRIES_OF_ADDRESS == 30


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("testclient", "testclient", True),
    ],
)
def test_addresses_of_one_ipv6_line_are_one(one: str, other: str, are_same: bool) -> None:
    assert (brakes(address=one) == brakes(address=other)) is are_same


async def test_success_starts_the_account_anew_and_gives_the_address_its_try_back(
    db: Database, session: AsyncSession
) -> None:
    for _ in range(3):
        await db.write(claim_try, brakes(), now=NOW)

    await db.write(forgive_try, brakes(), now=NOW)

    left = await session.scalars(select(LoginThrottle.tries))
    assert list(left) == [2]


async def test_an_own_account_does_not_wash_an_address_clean(db: Database) -> None:
    for number in range(6):
        await count_tries(db, f"ann{number}")
    later = NOW + timedelta(seconds=1)
    await db.write(claim_try, brakes("guesser"), now=later)
    await db.write(forgive_try, brakes("guesser"), now=later)

    await db.write(claim_try, brakes("bob"), now=later)

    with pytest.raises(TooMany):
        await db.write(claim_try, brakes("carl"), now=later)


async def test_the_table_names_neither_account_nor_address(
    db: Database, session: AsyncSession
) -> None:
    await db.write(claim_try, brakes(), now=NOW)

    subjects = list(await session.scalars(select(LoginThrottle.subject)))

    assert [len(subject) for subject in subjects] == [64, 64]
    assert brakes_of("ann", HOME, secret="other")[0].subject not in subjects


async def test_a_refusal_counts_nothing(real_db: Database) -> None:
    for _ in range(5):
        await real_db.write(claim_try, brakes(), now=NOW)
    with pytest.raises(TooMany):
        await real_db.write(claim_try, brakes(), now=NOW)

    async def total(session: AsyncSession) -> int:
        return int(await session.scalar(select(func.sum(LoginThrottle.tries))) or 0)

    assert await real_db.read(total) == 10


async def test_fifty_tries_side_by_side_are_still_five(real_db: Database) -> None:
    results = await all_at_once(
        *[lambda: real_db.write(claim_try, brakes(), now=NOW) for _ in range(50)]
    )

    assert results.count(None) == 5
    assert sum(isinstance(result, TooMany) for result in results) == 45


async def test_success_does_not_shorten_the_wait_that_another_try_has_earned(db: Database) -> None:
    for number in range(29):
        await db.write(claim_try, brakes(f"ann{number}"), now=NOW)
    a_second = timedelta(seconds=1)
    await db.write(claim_try, brakes("owner"), now=NOW)
    await db.write(claim_try, brakes("guesser"), now=NOW + a_second)

    await db.write(forgive_try, brakes("owner"), now=NOW)

    with pytest.raises(TooMany) as refusal:
        await db.write(claim_try, brakes("bob"), now=NOW + 2 * a_second)
    assert refusal.value.seconds == 1
