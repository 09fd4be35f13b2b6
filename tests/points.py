"""Points for tests, and how a shopper's stand."""

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Member, PointsEntry, PointsLot
from app.models.base import utcnow
from app.services.points.books import Gain, add_open, open_books

_serial = count(1)


async def give_points(
    session: AsyncSession,
    user_id: int,
    n: int,
    *,
    days: float = 200,
    now: datetime | None = None,
) -> str:
    """A gift that can be used for some days; its ref."""
    now = now or utcnow()
    ref = f"gift:{user_id}:{next(_serial)}"
    await open_books(session, user_id, now)
    await add_open(
        session, Gain(user_id, "gift", ref, n, now, now + timedelta(days=days)), "earned", now
    )
    return ref


async def balance_of(session: AsyncSession, user_id: int) -> int:
    """The balance, which must be the sum of the entries."""
    points = await session.scalar(select(Member.points).where(Member.user_id == user_id)) or 0
    total = select(func.sum(PointsEntry.n)).where(PointsEntry.user_id == user_id)
    assert points == int(await session.scalar(total) or 0)
    return points


async def entries_of(session: AsyncSession, user_id: int) -> list[tuple[str, int]]:
    """What happened, in order: (kind, points)."""
    rows = await session.execute(
        select(PointsEntry.kind, PointsEntry.n)
        .where(PointsEntry.user_id == user_id)
        .order_by(PointsEntry.id)
    )
    return [(row[0], row[1]) for row in rows]


async def lots_of(session: AsyncSession, user_id: int) -> list[tuple[str, str, int]]:
    """(kind, status, left) of every lot, in the order in which they came to be."""
    rows = await session.execute(
        select(PointsLot.kind, PointsLot.status, PointsLot.left_n)
        .where(PointsLot.user_id == user_id)
        .order_by(PointsLot.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]
