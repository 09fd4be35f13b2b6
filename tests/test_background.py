"""Each job once per interval, whatever the number of workers, and also when one dies."""

import asyncio
import multiprocessing
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import background
from app.background import JOBS, Job, Tools, background_work, run_all_jobs, run_due_jobs
from app.db import Database
from app.models import Lease
from app.models.base import utcnow
from app.providers.registry import make_providers
from app.services.leases import end_lease, list_free, take_lease
from app.services.slots import list_slots
from app.settings import Settings
from tests.databases import fresh_database
from tests.factories import make_goods
from tests.shopping import make_buyer, order_of, place

HOUR = timedelta(hours=1)
NOW = utcnow()


def tools_of(db: Database) -> Tools:
    settings = Settings(_env_file=None)
    return Tools(db, settings, make_providers(settings))


async def take(session: AsyncSession, holder: str, *, after: timedelta = timedelta(0)) -> bool:
    start = NOW + after
    return await take_lease(session, "job", holder, now=start, until=start + HOUR)


async def test_a_job_is_held_by_one(session: AsyncSession) -> None:
    assert [await take(session, holder) for holder in ("a", "b", "a")] == [True, False, False]
    assert await list_free(session, ["job", "other"], NOW) == ["other"]


async def test_a_dead_holders_lease_runs_out(session: AsyncSession) -> None:
    await take(session, "a")

    assert not await take(session, "b", after=HOUR - timedelta(seconds=1))
    assert await take(session, "b", after=HOUR)


async def test_a_job_that_is_done_is_free_after_its_interval(session: AsyncSession) -> None:
    await take(session, "a")
    await end_lease(session, "job", "a", now=NOW, free_at=NOW + timedelta(minutes=1))

    assert not await take(session, "b", after=timedelta(seconds=59))
    assert await take(session, "b", after=timedelta(seconds=60))


async def test_who_lost_the_lease_does_not_end_it(session: AsyncSession) -> None:
    await take(session, "a")
    await take(session, "b", after=HOUR)

    await end_lease(session, "job", "a", now=NOW + HOUR, free_at=NOW + HOUR)

    lease = await session.get(Lease, "job", populate_existing=True)
    assert lease is not None
    assert (lease.holder, lease.held_until) == ("b", NOW + 2 * HOUR)


async def test_what_was_done_is_not_due_again(real_db: Database) -> None:
    tools = tools_of(real_db)

    first = await run_due_jobs(tools, "a")
    second = await run_due_jobs(tools, "b")

    assert first == [job.name for job in JOBS]
    assert second == []


async def test_a_job_that_fails_does_not_keep_the_others(
    real_db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: Tools, __: object) -> int:
        raise RuntimeError("broken")

    async def count(_: Tools, __: object) -> int:
        return 7

    jobs = (Job("bad", HOUR, fail, "things"), Job("good", HOUR, count, "things"))
    monkeypatch.setattr(background, "JOBS", jobs)

    by_hand = await run_all_jobs(tools_of(real_db))
    by_worker = await run_due_jobs(tools_of(real_db), "a")

    assert list(by_hand.values()) == [None, 7]
    assert by_worker == ["bad", "good"]
    assert "the job bad failed" in caplog.text


async def place_overdue(session: AsyncSession) -> str:
    buyer = await make_buyer(session, (await make_goods(session), 1))
    return (await place(session, buyer.id, now=utcnow() - HOUR)).no


async def test_a_running_shop_works_and_survives_a_bad_moment(
    real_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    no = await real_db.write(place_overdue)
    looks: list[str] = []
    look = background.run_due_jobs

    async def fail_first(tools: Tools, holder: str) -> list[str]:
        looks.append(holder)
        if len(looks) == 1:
            raise ConnectionError("database away")
        return await look(tools, holder)

    monkeypatch.setattr(background, "SECONDS_BETWEEN", 0.01)
    monkeypatch.setattr(background, "run_due_jobs", fail_first)

    async with background_work(tools_of(real_db)):
        deadline = time.monotonic() + 20
        while (await real_db.read(order_of, no)).status != "closed":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    assert len(looks) > 1


def write_tick(log: str) -> None:
    with Path(log).open("a") as file:
        file.write("tick\n")


def count_ticks(log: str) -> int:
    return len(Path(log).read_text().split())


def work_in_a_process(url: str, log: str, seconds: float) -> None:
    """A worker of its own: looks for due jobs all the time and notes each one that it does."""

    async def note(tools: Tools, _: object) -> int:
        write_tick(log)
        await asyncio.sleep(0.05)
        return 1

    async def work() -> None:
        background.JOBS = (Job("tick", timedelta(seconds=1), note, "ticks"),)
        db = Database.connect(url, pool_size=2)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await run_due_jobs(tools_of(db), f"worker-{multiprocessing.current_process().pid}")
            await asyncio.sleep(0.02)
        await db.close()

    asyncio.run(work())


async def test_four_processes_do_a_job_once_per_interval(database_url: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    async with fresh_database(database_url, tmp_path) as url:
        log = str(tmp_path / "ticks")
        workers = [
            context.Process(target=work_in_a_process, args=(url, log, 4.0)) for _ in range(4)
        ]
        start = time.monotonic()
        for worker in workers:
            worker.start()
        for worker in workers:
            await asyncio.to_thread(worker.join)
        lasted = time.monotonic() - start

    ticks = count_ticks(log)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert 3 <= ticks <= lasted + 1


async def test_the_windows_are_open_before_the_first_shopper_comes(real_db: Database) -> None:
    async with background_work(tools_of(real_db)):
        assert await real_db.read(list_slots, utcnow())
