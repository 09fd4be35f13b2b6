"""What must reach the outside: written with what wants it, carried out after the commit."""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, count_changed, upsert
from app.models import OutboxItem

log = logging.getLogger("axf.outbox")

BATCH = 8
# A wish in work is hidden from others for so long; whoever dies over it loses it afterwards.
HELD = timedelta(minutes=2)
SECONDS_TO_WORK = 30.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
LONGEST_ERROR = 200

Payload = Mapping[str, Any]  # Any: JSON
Handler = Callable[[Database, Payload], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wish:
    """`tries` is what it has been tried, this time included."""

    id: int
    topic: str
    payload: Payload
    tries: int


async def put(
    session: AsyncSession, topic: str, key: str, payload: Payload, *, at: datetime
) -> None:
    """Wish for something once: the same topic and key again is the same wish."""
    values = {"topic": topic, "key": key, "payload": json.dumps(payload), "next_at": at}
    await upsert(
        session,
        OutboxItem,
        {**values, "tries": 0, "last_error": "", "created_at": at},
        conflict_on=("topic", "key"),
        update={"topic": topic},
    )


async def wish_again(session: AsyncSession, topic: str, key: str, *, at: datetime) -> None:
    """Take up a wish anew that was done with."""
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.topic == topic, OutboxItem.key == key)
        .values(done_at=None, next_at=at, tries=0),
        execution_options={"synchronize_session": False},
    )


async def take_due(db: Database, handlers: Mapping[str, Handler], now: datetime) -> int:
    """Carry out all that is due, some side by side; how many succeeded.

    Any number of workers may do so. A handler may run twice for one wish (a worker may die
    between the deed and the note), so it must be right then too.
    """
    done = 0
    while wishes := await db.write(_claim, list(handlers), now):
        results = await asyncio.gather(
            *(_carry_out(db, handlers[wish.topic], wish, now) for wish in wishes)
        )
        done += sum(results)
        if len(wishes) < BATCH:
            break
    return done


async def _claim(session: AsyncSession, topics: Sequence[str], now: datetime) -> list[Wish]:
    rows = (
        await session.execute(
            select(OutboxItem.id, OutboxItem.topic, OutboxItem.payload, OutboxItem.tries)
            .where(
                OutboxItem.done_at.is_(None),
                OutboxItem.next_at <= now,
                OutboxItem.topic.in_(topics),
            )
            .order_by(OutboxItem.next_at, OutboxItem.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if rows:
        await session.execute(
            update(OutboxItem)
            .where(OutboxItem.id.in_([row.id for row in rows]))
            .values(next_at=now + HELD, tries=OutboxItem.tries + 1),
            execution_options={"synchronize_session": False},
        )
    return [Wish(row.id, row.topic, json.loads(row.payload), row.tries + 1) for row in rows]


async def _carry_out(db: Database, handler: Handler, wish: Wish, now: datetime) -> bool:
    try:
        async with asyncio.timeout(SECONDS_TO_WORK):
            await handler(db, wish.payload)
    except Exception as error:
        # Whatever it was: what was wished for is still owed, and others wait behind it.
        log.warning("%s %s failed (try %s): %r", wish.topic, wish.id, wish.tries, error)
        await db.write(_put_off, wish, now + pause_after(wish.tries), f"{error!r}"[:LONGEST_ERROR])
        return False
    return await db.write(_tick_off, wish, now)


def pause_after(tries: int) -> timedelta:
    """Twice as long after each try, up to an hour; never quite the same for two."""
    pause = min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - jitter


async def _put_off(session: AsyncSession, wish: Wish, next_at: datetime, error: str) -> None:
    await count_changed(session, _mine(wish).values(next_at=next_at, last_error=error))


async def _tick_off(session: AsyncSession, wish: Wish, now: datetime) -> bool:
    return await count_changed(session, _mine(wish).values(done_at=now)) == 1


def _mine(wish: Wish) -> Update:
    """The row, as long as nobody else has taken the wish over meanwhile."""
    return update(OutboxItem).where(
        OutboxItem.id == wish.id, OutboxItem.tries == wish.tries, OutboxItem.done_at.is_(None)
    )


async def prune_outbox(session: AsyncSession, before: datetime, *, limit: int = 500) -> int:
    """Forget wishes carried out before a moment, a small batch at a time; how many they were."""
    old = await session.scalars(
        select(OutboxItem.id)
        .where(OutboxItem.done_at < before)
        .order_by(OutboxItem.id)
        .limit(limit)
    )
    return await count_changed(session, delete(OutboxItem).where(OutboxItem.id.in_(old.all())))
