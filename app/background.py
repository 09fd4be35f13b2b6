"""The timed work of a running shop: each job once per interval, whatever the number of workers."""

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from app.db import Database
from app.errors import Unavailable
from app.models.base import utcnow
from app.providers import PaymentProvider
from app.services import (
    account_closing,
    coupon_news,
    growth,
    messages,
    outbox,
    pictures,
    slots,
    stock_waits,
    sweep,
)
from app.services.leases import end_lease, list_free, take_lease
from app.services.open_payments import query_open_payments
from app.services.points import jobs as points
from app.services.refund_books import TOPIC as REFUND
from app.services.refund_sending import RefundSender
from app.services.sweep import BATCH
from app.settings import Settings
from app.storage import make_storage

T = TypeVar("T")

log = logging.getLogger("axf.sweep")

# How often a worker looks whether something is due.
SECONDS_BETWEEN = 2.0
# Who holds a job longer than this is taken for dead, and its work is broken off.
SECONDS_FOR_A_JOB = 300.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs work with."""

    db: Database
    settings: Settings
    providers: Mapping[str, PaymentProvider]


async def close_due(tools: Tools, now: datetime) -> int:
    closed = await _all_batches(tools, sweep.close_due, now)
    for no in closed:
        log.info("order %s was not paid in time and is closed", no)
    return len(closed)


async def confirm_due(tools: Tools, now: datetime) -> int:
    return len(await _all_batches(tools, sweep.confirm_due, now))


async def open_points(tools: Tools, now: datetime) -> int:
    return len(await _all_batches(tools, points.open_due, now))


async def expire_points(tools: Tools, now: datetime) -> int:
    return len(await _all_batches(tools, points.expire_due, now))


async def notice_points(tools: Tools, now: datetime) -> int:
    return len(await _all_batches(tools, points.notice_due, now))


async def _all_batches(
    tools: Tools, work: Callable[..., Awaitable[list[T]]], now: datetime
) -> list[T]:
    """One small transaction after the other, until nothing is left."""
    done: list[T] = []
    while True:
        batch = await tools.db.write(work, now)
        done += batch
        if len(batch) < BATCH:
            return done


async def send_outbox(tools: Tools, now: datetime) -> int:
    handlers: dict[str, outbox.Handler] = {
        REFUND: RefundSender(tools.providers),
        account_closing.TOPIC: account_closing.clear_late,
    }
    return await outbox.take_due(tools.db, handlers, now)


async def ask_providers(tools: Tools, now: datetime) -> int:
    return await query_open_payments(tools.db, tools.providers, now)


async def warn_of_coupons(tools: Tools, now: datetime) -> int:
    return len(await _all_batches(tools, coupon_news.warn_expiring, now))


async def open_slots(tools: Tools, now: datetime) -> int:
    return await tools.db.write(slots.open_slots, now, slots.SlotHours.of(tools.settings))


async def settle_levels(tools: Tools, now: datetime) -> int:
    return len(await _all_batches(tools, growth.settle_levels, now))


async def tell_waiting(tools: Tools, now: datetime) -> int:
    return len(await _all_batches(tools, stock_waits.tell_waiting, now))


async def prune_messages(tools: Tools, now: datetime) -> int:
    return await tools.db.write(messages.prune_messages, now)


async def prune(tools: Tools, now: datetime) -> int:
    await tools.db.write(slots.prune_slots, now)
    return await tools.db.write(sweep.prune, now)


async def sweep_pictures(tools: Tools, now: datetime) -> int:
    return await pictures.sweep_pictures(tools.db, make_storage(tools.settings), now)


@dataclass(frozen=True, slots=True)
class Job:
    """`says` is what `axf sweep` prints behind the number that `work` returns."""

    name: str
    every: timedelta
    work: Callable[[Tools, datetime], Awaitable[int]]
    says: str


OPEN_SLOTS = Job("open_slots", timedelta(minutes=10), open_slots, "delivery windows opened")

# All jobs are right also when they run beside themselves; the lease only saves the double work.
JOBS: tuple[Job, ...] = (
    Job("close_due", timedelta(seconds=5), close_due, "unpaid orders closed"),
    Job("outbox", timedelta(seconds=2), send_outbox, "messages and refunds sent"),
    Job("query_payments", timedelta(minutes=1), ask_providers, "payments settled by asking"),
    Job("auto_confirm", timedelta(minutes=10), confirm_due, "delivered orders completed"),
    Job("open_points", timedelta(minutes=10), open_points, "shoppers got their points"),
    Job("expire_points", timedelta(minutes=10), expire_points, "shoppers' points ran out"),
    Job("notice_points", timedelta(hours=1), notice_points, "shoppers warned of points"),
    OPEN_SLOTS,
    Job("coupon_news", timedelta(hours=1), warn_of_coupons, "shoppers told that a coupon runs out"),
    Job("settle_levels", timedelta(minutes=10), settle_levels, "levels looked at again"),
    Job("back_in_stock", timedelta(seconds=15), tell_waiting, "shoppers told what is back"),
    Job("prune_messages", timedelta(hours=1), prune_messages, "old messages forgotten"),
    Job("sweep_pictures", timedelta(minutes=10), sweep_pictures, "files of pictures removed"),
    Job("prune", timedelta(minutes=1), prune, "old rows forgotten"),
)


async def run_due_jobs(tools: Tools, holder: str) -> list[str]:
    """Do what is due and nobody else is doing; the names of the jobs that were done."""
    done = []
    for name in await tools.db.read(list_free, [job.name for job in JOBS], utcnow()):
        job = next(job for job in JOBS if job.name == name)
        start = utcnow()
        until = start + timedelta(seconds=SECONDS_FOR_A_JOB)
        if await tools.db.write(take_lease, name, holder, now=start, until=until):
            await _run(tools, job, start)
            free_at = start + job.every
            await tools.db.write(end_lease, name, holder, now=utcnow(), free_at=free_at)
            done.append(name)
    return done


async def _run(tools: Tools, job: Job, now: datetime) -> int | None:
    """How much was done; None when it failed, which must not keep the others from their work."""
    try:
        async with asyncio.timeout(SECONDS_FOR_A_JOB):
            return await job.work(tools, now)
    except Unavailable:
        log.warning("the database is away or busy: the job %s waits", job.name)
        return None
    except Exception:
        log.exception("the job %s failed", job.name)
        return None


async def run_all_jobs(tools: Tools) -> dict[Job, int | None]:
    """Every job once, now; None for those that failed."""
    return {job: await _run(tools, job, utcnow()) for job in JOBS}


async def work_forever(tools: Tools) -> None:
    """Look again and again, at times of its own so that the workers do not march in step."""
    holder = secrets.token_hex(8)
    while True:
        await asyncio.sleep(SECONDS_BETWEEN * random.uniform(0.6, 1.4))  # noqa: S311 - jitter
        try:
            await run_due_jobs(tools, holder)
        except Unavailable:
            log.warning("the database is away or busy: the timed work waits")
        except Exception:
            # Whatever it was, the next look must come: stock would stay locked away without it.
            log.exception("the timed work was broken off")


@asynccontextmanager
async def background_work(tools: Tools) -> AsyncIterator[None]:
    """Do the timed work for as long as the application runs."""
    # Before the first shopper comes: a check-out opened without windows is refused once there are.
    await _run(tools, OPEN_SLOTS, utcnow())
    task = asyncio.create_task(work_forever(tools))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
