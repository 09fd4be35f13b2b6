"""Who may do a timed job now: one worker of all, and another soon when that one died."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed, upsert
from app.models import Lease


async def list_free(session: AsyncSession, jobs: Sequence[str], now: datetime) -> list[str]:
    """The jobs, in their order, that nobody does or did too short a time ago."""
    rows = await session.scalars(select(Lease.job).where(Lease.held_until > now))
    taken = set(rows)
    return [job for job in jobs if job not in taken]


async def take_lease(
    session: AsyncSession, job: str, holder: str, *, now: datetime, until: datetime
) -> bool:
    """Get hold of a job for a time; False when somebody else was faster."""
    if await session.get(Lease, job) is None:
        await upsert(
            session,
            Lease,
            {"job": job, "holder": "", "held_until": now},
            conflict_on=("job",),
            update={"job": job},
        )
    taken = await count_changed(
        session,
        update(Lease)
        .where(Lease.job == job, Lease.held_until <= now)
        .values(holder=holder, held_until=until),
    )
    return taken == 1


async def end_lease(
    session: AsyncSession, job: str, holder: str, *, now: datetime, free_at: datetime
) -> None:
    """The job is done: nobody need do it before `free_at`. Nothing if the lease ran out."""
    await count_changed(
        session,
        update(Lease)
        .where(Lease.job == job, Lease.holder == holder)
        .values(held_until=free_at, done_at=now),
    )
