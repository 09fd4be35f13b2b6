"""The timed work on points: opening what has waited long enough, warning, writing off."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.models import PointsLot, User
from app.services.messages import Told, tell
from app.services.points.books import PAGE, Part, Reason, open_books, open_lot
from app.services.points.rules import last_day

# Shoppers in one transaction.
BATCH = 50
NOTICE_DAYS = (30, 7)


async def open_due(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[int]:
    """Open what is due, of some shoppers; who they are.

    Any number of workers may do this at once: SKIP LOCKED gives each its own shoppers.
    """
    is_due = (PointsLot.status == "pending", PointsLot.open_at <= now)
    users = await _take_users(session, is_due, limit)
    for user_id in users:
        await open_books(session, user_id, now)
        lots = await session.execute(
            select(PointsLot.id, PointsLot.left_n, PointsLot.ref)
            .where(PointsLot.user_id == user_id, *is_due)
            .order_by(PointsLot.open_at, PointsLot.id)
        )
        for lot_id, n, ref in lots.all():
            await open_lot(session, user_id, Part(lot_id, n), Reason("earned", ref, now))
            await tell(
                session,
                user_id,
                "points_earned",
                f"lot:{lot_id}",
                params={"n": n},
                link=PAGE,
                now=now,
            )
    return users


async def expire_due(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[int]:
    """Write off what has run out, of some shoppers; who they are."""
    users = await _take_users(
        session, (PointsLot.status == "open", PointsLot.expires_at <= now), limit
    )
    for user_id in users:
        await open_books(session, user_id, now)
    return users


async def notice_due(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[int]:
    """Warn of what runs out in 30 days and in 7, once each, some shoppers; who they are."""
    due = or_(*(_is_unnoticed(days, now) for days in NOTICE_DAYS))
    users = await _take_users(
        session, (PointsLot.status == "open", PointsLot.expires_at > now, due), limit
    )
    for user_id in users:
        await open_books(session, user_id, now)
        # What runs out within 7 days needs no other warning.
        for days in reversed(NOTICE_DAYS):
            await _notice(session, user_id, days, now)
    return users


def _is_unnoticed(days: int, now: datetime) -> ColumnElement[bool]:
    heard = [0, *(other for other in NOTICE_DAYS if other > days)]
    return (PointsLot.expires_at <= now + timedelta(days=days)) & PointsLot.noticed_days.in_(heard)


async def _notice(session: AsyncSession, user_id: int, days: int, now: datetime) -> None:
    theirs = (
        PointsLot.user_id == user_id,
        PointsLot.status == "open",
        _is_unnoticed(days, now),
    )
    rows = await session.execute(
        select(PointsLot.expires_at, func.sum(PointsLot.left_n))
        .where(*theirs)
        .group_by(PointsLot.expires_at)
        .order_by(PointsLot.expires_at)
    )
    for expires_at, n in rows.all():
        params: Told = {"n": int(n), "day": f"{last_day(expires_at)}"}
        await tell(
            session,
            user_id,
            "points_expiring",
            f"{days}:{expires_at.isoformat()}",
            params=params,
            link=PAGE,
            now=now,
        )
    await count_changed(session, update(PointsLot).where(*theirs).values(noticed_days=days))


async def _take_users(
    session: AsyncSession, which: Sequence[ColumnElement[bool]], limit: int
) -> list[int]:
    """Shoppers with such lots whom nobody else works on, in id order; their rows are locked."""
    found = await session.scalars(
        select(PointsLot.user_id).where(*which).distinct().order_by(PointsLot.user_id).limit(limit)
    )
    ids = found.all()
    if not ids:
        return []
    locked = await session.scalars(
        select(User.id).where(User.id.in_(ids)).order_by(User.id).with_for_update(skip_locked=True)
    )
    return list(locked)
