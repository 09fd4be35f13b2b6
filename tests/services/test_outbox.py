"""What must reach the outside gets there: once, after the commit, and as often as it takes."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import OutboxItem
from app.models.base import utcnow
from app.services import outbox
from app.services.outbox import Payload, pause_after, prune_outbox, put, take_due, wish_again
from tests.conftest import all_at_once

NOW = utcnow()


class Recorder:
    """A handler that writes down what it was given, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[str] = []
        self.failures = failures

    async def __call__(self, db: Database, payload: Payload) -> None:
        await asyncio.sleep(0)
        self.seen.append(payload["name"])
        if self.failures:
            self.failures -= 1
            raise ConnectionError("nobody there")


async def wish(session: AsyncSession, *names: str, topic: str = "mail") -> None:
    for name in names:
        await put(session, topic, name, {"name": name}, at=NOW)


async def items(session: AsyncSession) -> list[OutboxItem]:
    query = select(OutboxItem).order_by(OutboxItem.id).execution_options(populate_existing=True)
    return list(await session.scalars(query))


async def test_a_wish_is_carried_out_once(session: AsyncSession, db: Database) -> None:
    await wish(session, "one", "two")
    await session.commit()
    handler = Recorder()

    done = [await take_due(db, {"mail": handler}, NOW + timedelta(hours=i)) for i in range(3)]

    assert done == [2, 0, 0]
    assert sorted(handler.seen) == ["one", "two"]
    assert {item.done_at for item in await items(session)} == {NOW}


async def test_the_same_wish_twice_is_one(session: AsyncSession, db: Database) -> None:
    await wish(session, "one", "one")
    await session.commit()
    handler = Recorder()

    await take_due(db, {"mail": handler}, NOW)

    assert handler.seen == ["one"]


async def test_what_failed_is_tried_again_later(session: AsyncSession, db: Database) -> None:
    await wish(session, "one")
    await session.commit()
    handler = Recorder(failures=2)

    at_once = [await take_due(db, {"mail": handler}, NOW) for _ in range(2)]
    (item,) = await items(session)
    (tries, error, next_at) = item.tries, item.last_error, item.next_at
    later = [await take_due(db, {"mail": handler}, NOW + timedelta(hours=i)) for i in (1, 3)]

    assert (at_once, later) == ([0, 0], [0, 1])
    assert handler.seen == ["one"] * 3
    assert (tries, error) == (1, "ConnectionError('nobody there')")
    assert next_at > NOW


async def test_one_that_fails_does_not_keep_the_others(session: AsyncSession, db: Database) -> None:
    await wish(session, *"abcdefghijkl")
    await session.commit()
    handler = Recorder(failures=1)

    assert await take_due(db, {"mail": handler}, NOW) == 11


async def test_nobody_waits_for_a_handler_for_ever(
    session: AsyncSession, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(_: Database, __: Payload) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(outbox, "SECONDS_TO_WORK", 0.01)
    await wish(session, "one")
    await session.commit()

    assert await take_due(db, {"mail": sleep}, NOW) == 0
    assert "Timeout" in (await items(session))[0].last_error


async def test_a_topic_without_handler_waits(session: AsyncSession, db: Database) -> None:
    await wish(session, "one", topic="pigeon")
    await session.commit()

    assert await take_due(db, {"mail": Recorder()}, NOW) == 0
    assert [(item.tries, item.done_at) for item in await items(session)] == [(0, None)]


async def test_a_wish_for_later_waits(session: AsyncSession, db: Database) -> None:
    await put(session, "mail", "x", {"name": "x"}, at=NOW + timedelta(minutes=1))
    await session.commit()
    handler = Recorder()

    assert await take_due(db, {"mail": handler}, NOW) == 0
    assert await take_due(db, {"mail": handler}, NOW + timedelta(minutes=1)) == 1


async def test_the_wish_of_a_dead_worker_is_taken_over(session: AsyncSession, db: Database) -> None:
    await wish(session, "one")
    await session.commit()
    await db.write(outbox._claim, ["mail"], NOW)  # and then it dies
    handler = Recorder()

    soon = await take_due(db, {"mail": handler}, NOW + timedelta(minutes=1))
    later = await take_due(db, {"mail": handler}, NOW + outbox.HELD)

    assert (soon, later) == (0, 1)
    assert (await items(session))[0].tries == 2


async def test_a_wish_can_be_taken_up_again(session: AsyncSession, db: Database) -> None:
    await wish(session, "one")
    await session.commit()
    handler = Recorder()
    await take_due(db, {"mail": handler}, NOW)

    await wish_again(session, "mail", "one", at=NOW)
    await session.commit()
    await take_due(db, {"mail": handler}, NOW)

    assert handler.seen == ["one", "one"]


def test_the_pauses_grow_up_to_an_hour() -> None:
    pauses = [pause_after(tries).total_seconds() for tries in (1, 2, 5, 50, 5000)]

    for pause, middle in zip(pauses, (5, 10, 80, 3600, 3600), strict=True):
        assert 0.8 * middle <= pause <= 1.2 * middle


async def test_only_what_was_done_long_ago_is_forgotten(
    session: AsyncSession, db: Database
) -> None:
    await wish(session, "old", "young", "waiting")
    rows = await items(session)
    rows[0].done_at, rows[1].done_at = NOW - timedelta(days=31), NOW
    await session.flush()

    assert await prune_outbox(session, NOW - timedelta(days=30)) == 1
    assert [item.key for item in await items(session)] == ["young", "waiting"]


async def test_four_workers_deliver_each_once(real_db: Database) -> None:
    names = [f"wish-{number}" for number in range(60)]
    await real_db.write(wish, *names)
    handler = Recorder()

    results = await all_at_once(*[lambda: take_due(real_db, {"mail": handler}, NOW)] * 4)

    assert sum(result for result in results if isinstance(result, int)) == 60
    assert Counter(handler.seen) == Counter(names)
