"""A database that others hold, and errors that would tell the log what shoppers typed."""

import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Unavailable


@contextmanager
def held(file: Path, *statements: str) -> Iterator[None]:
    """Another program has the file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        for statement in statements:
            other.execute(statement)
        yield


async def count(session: AsyncSession) -> int:
    return int(await session.scalar(text("SELECT count(*) FROM words")) or 0)


async def add(session: AsyncSession) -> None:
    await session.execute(text("INSERT INTO words VALUES ('one')"))


async def seconds_until_refused(call: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    with pytest.raises(Unavailable):
        await call()
    return time.perf_counter() - started


async def test_a_locked_file_is_said_so_within_the_time_budget(tmp_path: Path) -> None:
    file = tmp_path / "axf.db"
    db = Database.connect(f"sqlite+aiosqlite:///{file}", budget=1.5)
    with held(file, "PRAGMA journal_mode=WAL", "CREATE TABLE words (word TEXT)"):
        pass

    with held(file, "BEGIN IMMEDIATE"):
        waited = await seconds_until_refused(lambda: db.write(add))
        assert await db.read(count) == 0
    await db.write(add)

    assert waited < 3
    assert await db.read(count) == 1
    await db.close()


async def test_a_file_that_another_program_keeps_to_itself_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "axf.db"
    with held(file, "CREATE TABLE words (word TEXT)"):
        pass
    db = Database.connect(f"sqlite+aiosqlite:///{file}", budget=8)

    with held(file, "PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE"):
        assert await seconds_until_refused(lambda: db.read(count)) < 8

    assert await db.read(count) == 0
    await db.close()


async def test_no_error_repeats_what_was_typed(real_db: Database) -> None:
    async def fail(session: AsyncSession) -> None:
        await session.execute(text("SELECT :phone FROM nowhere"), {"phone": "13800006021"})

    for door in (real_db.read, real_db.write):
        with pytest.raises(DBAPIError) as crash:
            await door(fail)
        assert "nowhere" in str(crash.value)
        assert "13800006021" not in str(crash.value)


async def test_a_chatty_log_does_not_repeat_it_either(
    real_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(session: AsyncSession) -> None:
        await session.execute(text("SELECT :phone"), {"phone": "13800006021"})

    with caplog.at_level(logging.DEBUG):
        await real_db.read(ask)
        await real_db.write(ask)

    assert "13800006021" not in caplog.text
