"""Checking in: a few points a day, more for each day in a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CheckIn
from app.services.points.books import Gain, add_open, open_books
from app.services.points.rules import CHECK_IN_POINTS, check_in_points, expiry_of, shop_day


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the week: the first, second, … day in a row, and what it brings."""

    number: int
    points: int
    is_done: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class Week:
    """`streak` days in a row so far, today included if `is_done`."""

    streak: int
    is_done: bool

    @property
    def days(self) -> Sequence[Day]:
        today = self.streak if self.is_done else self.streak + 1
        length = len(CHECK_IN_POINTS)
        first = (today - 1) // length * length + 1
        return [
            Day(day, check_in_points(day), day <= self.streak, day == today)
            for day in range(first, first + length)
        ]


async def check_in(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Once a day by the shop's clock; again is no harm."""
    await open_books(session, user_id, now)
    today = shop_day(now)
    streaks = await _list_streaks(session, user_id, today)
    if today in streaks:
        return
    streak = streaks.get(today - timedelta(days=1), 0) + 1
    n = check_in_points(streak)
    session.add(CheckIn(user_id=user_id, day=today, streak=streak, points=n, created_at=now))
    await session.flush()
    gain = Gain(user_id, "checkin", f"{user_id}:{today}", n, now, expiry_of(now))
    await add_open(session, gain, "earned", now)


async def get_week(session: AsyncSession, user_id: int, now: datetime) -> Week:
    today = shop_day(now)
    streaks = await _list_streaks(session, user_id, today)
    if today in streaks:
        return Week(streaks[today], True)
    return Week(streaks.get(today - timedelta(days=1), 0), False)


async def _list_streaks(session: AsyncSession, user_id: int, today: date) -> dict[date, int]:
    """The streaks of yesterday and today, as far as there are any."""
    rows = await session.execute(
        select(CheckIn.day, CheckIn.streak).where(
            CheckIn.user_id == user_id, CheckIn.day.in_([today - timedelta(days=1), today])
        )
    )
    return {row[0]: row[1] for row in rows}
