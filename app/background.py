"""The timed work of a running shop. Every worker does it; the database keeps them apart."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from app.db import Database
from app.errors import Unavailable
from app.models.base import utcnow
from app.services.sweep import BATCH, close_due, prune

log = logging.getLogger("axf.sweep")

SECONDS_BETWEEN = 5.0


@dataclass(frozen=True, slots=True)
class Swept:
    """What one pass did."""

    closed: int
    pruned: int


async def sweep(db: Database) -> Swept:
    """One pass over all that is due, in small transactions."""
    closed = 0
    while True:
        numbers = await db.write(close_due, utcnow())
        for no in numbers:
            log.info("order %s was not paid in time and is closed", no)
        closed += len(numbers)
        if len(numbers) < BATCH:
            break
    return Swept(closed, await db.write(prune, utcnow()))


async def sweep_forever(db: Database) -> None:
    """Pass after pass, at times of its own so that the workers do not march in step."""
    while True:
        await asyncio.sleep(SECONDS_BETWEEN * random.uniform(0.6, 1.4))  # noqa: S311 - jitter
        try:
            await sweep(db)
        except Unavailable:
            log.warning("the database is away or busy: the timed work waits")
        except Exception:
            # Whatever it was, the next pass must come: stock would stay locked away without it.
            log.exception("a pass of the timed work failed")


@asynccontextmanager
async def background_work(db: Database) -> AsyncIterator[None]:
    """Sweep for as long as the application runs."""
    task = asyncio.create_task(sweep_forever(db))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
