"""The database's two doors: short autocommit reads, and writes that are one retried transaction."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

from sqlalchemy import CursorResult, Delete, Insert, Update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.engine import make_engine
from app.errors import Unavailable
from app.models import Base

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[Concatenate[AsyncSession, P], Awaitable[T]]

# MySQL's and Galera's error numbers. A clash was rolled back for certain: run it again.
CLASHES = frozenset({1213, 1205, 1020, 3101})
# The server or the link is gone; after COMMIT was sent nobody knows whether it happened.
OUTAGES = frozenset(
    {1040, 1047, 1053, 1129, 1158, 1159, 1160, 1161, 1180, 1203, 1290, 1836, 1927}
    | {2002, 2003, 2005, 2006, 2013, 2014, 2055, 4031}
)


class Again(Exception):
    """Raised by work that lost a race on a unique key and wants a fresh transaction."""


class Database:
    """`read` and `write` run a service function with a session of its own as first argument.

    A request never holds two connections: neither door is opened inside the other.
    """

    def __init__(
        self,
        reads: async_sessionmaker[AsyncSession],
        writes: async_sessionmaker[AsyncSession],
        *,
        readers: int = 8,
        writers: int = 8,
        budget: float = 6.0,
    ) -> None:
        self._reads = reads
        self._writes = writes
        # The pool is not fair: a task that just gave a connection back may take it again before
        # those who wait. These let people in one after the other.
        self._read_gate = asyncio.Semaphore(readers)
        self._write_gate = asyncio.Semaphore(writers)
        self._budget = budget
        self._closings: set[asyncio.Task[None]] = set()

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 8, budget: float = 6.0) -> Self:
        writers = 1 if make_url(url).get_backend_name() == "sqlite" else pool_size
        return cls(
            _sessions(make_engine(url, autocommit=True, pool_size=pool_size)),
            # Whoever is told to try again asks for the lock anew, so a short wait is enough.
            _sessions(make_engine(url, pool_size=writers, patience=1)),
            readers=pool_size,
            writers=writers,
            budget=budget,
        )

    async def close(self) -> None:
        await asyncio.gather(*self._closings, return_exceptions=True)
        for sessions in (self._reads, self._writes):
            await sessions.kw["bind"].dispose()

    async def read(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in autocommit. It must not write.

        Raises Unavailable when the database does not answer in time.
        """
        try:
            async with asyncio.timeout(self._budget), self._read_gate, self._reads() as session:
                return await work(session, *args, **kwargs)
        except (TimeoutError, PoolTimeout) as error:
            raise Unavailable from error
        except (DBAPIError, OSError) as error:
            # There is nothing to clash with, so here a clash is a file that others keep.
            if _is_outage(error) or _error_code(error) in CLASHES:
                raise Unavailable from error
            raise

    async def write(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction and commit it; on a clash run it again from the start.

        Raises Unavailable when the time budget is spent or the database is away.
        """
        return await self._write(False, work, *args, **kwargs)

    async def write_keyed(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for work that notices by a unique key that it has been done before.

        It may therefore run again even when the link broke after COMMIT had been sent.
        """
        return await self._write(True, work, *args, **kwargs)

    async def _write(
        self, replay_safe: bool, work: Work[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        deadline = time.monotonic() + self._budget
        attempt = 0
        while True:
            attempt += 1
            try:
                async with asyncio.timeout_at(_loop_time(deadline)), self._write_gate:
                    return await self._run_once(replay_safe, work, *args, **kwargs)
            except Again:
                pause = random.uniform(0, 0.01)  # noqa: S311 - jitter, not a secret
            except _Clash as clash:
                pause = random.uniform(0, min(0.2, 0.004 * 2**attempt))  # noqa: S311
                if clash.is_outage:
                    pause = random.uniform(0.05, min(1.0, 0.1 * 2**attempt))  # noqa: S311
            except (TimeoutError, PoolTimeout) as error:
                raise Unavailable from error
            if time.monotonic() + pause > deadline:
                raise Unavailable
            await asyncio.sleep(pause)

    async def _run_once(
        self, replay_safe: bool, work: Work[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        session = self._writes()
        is_committing = False
        try:
            result = await work(session, *args, **kwargs)
            is_committing = True
            await session.commit()
        except BaseException as error:
            await self._see_through(_roll_back_and_close(session, error))
            if isinstance(error, (DBAPIError, OSError)):
                if _error_code(error) in CLASHES:
                    raise _Clash(is_outage=False) from error
                if _is_outage(error):
                    if is_committing and not replay_safe:
                        raise Unavailable from error
                    raise _Clash(is_outage=True) from error
            raise
        await self._see_through(session.close())
        return result

    async def _see_through(self, closing: Coroutine[None, None, None]) -> None:
        """Also when the caller's time runs out meanwhile: no connection may be left half closed."""
        task = asyncio.create_task(closing)
        self._closings.add(task)  # the loop itself holds its tasks only weakly
        task.add_done_callback(self._closings.discard)
        await asyncio.shield(task)


class _Clash(Exception):
    def __init__(self, *, is_outage: bool) -> None:
        super().__init__()
        self.is_outage = is_outage


async def _roll_back_and_close(session: AsyncSession, error: BaseException) -> None:
    """Give the connection back clean, or not at all.

    A plain ROLLBACK to a frozen server would wait for ever and keep caller and connection, so a
    link that did not answer is dropped instead; the server then rolls back by itself.
    """
    try:
        if not isinstance(error, (TimeoutError, asyncio.CancelledError)):
            try:
                async with asyncio.timeout(1):
                    await session.rollback()
                    return
            except Exception:  # noqa: S110 - whatever it was, the link is not to be trusted
                pass
        await session.invalidate()
    finally:
        await session.close()


def _sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


def _loop_time(deadline: float) -> float:
    return asyncio.get_running_loop().time() + deadline - time.monotonic()


def _is_outage(error: BaseException) -> bool:
    return (
        isinstance(error, OSError)
        or getattr(error, "connection_invalidated", False)
        or _error_code(error) in OUTAGES
    )


def _error_code(error: BaseException) -> int | None:
    """The server's error number behind SQLAlchemy's exception; SQLite's "locked" counts as 1205."""
    cause = getattr(error, "orig", None) or error
    args = getattr(cause, "args", ())
    if args and isinstance(args[0], int):
        return args[0]
    if "database is locked" in str(cause) or "table is locked" in str(cause):
        return 1205
    inner = cause.__cause__
    return _error_code(inner) if inner is not None else None


async def count_changed(session: AsyncSession, change: Update | Delete | Insert) -> int:
    """Run a conditional change; the number of rows that met its condition."""
    result = await session.execute(change, execution_options={"synchronize_session": False})
    return cast(CursorResult[Any], result).rowcount


async def upsert(
    session: AsyncSession,
    model: type[Base],
    values: Mapping[str, Any],
    *,
    conflict_on: tuple[str, ...],
    update: Mapping[str, Any],
) -> None:
    """Insert a row, or update the one that already holds the same unique key, in one statement."""
    if session.get_bind().dialect.name == "sqlite":
        lite = sqlite.insert(model).values(**values)
        await session.execute(
            lite.on_conflict_do_update(index_elements=conflict_on, set_=dict(update))
        )
    else:
        my = mysql.insert(model).values(**values)
        await session.execute(my.on_duplicate_key_update(**update))
