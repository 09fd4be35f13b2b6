"""Delivery windows: opening them, showing them, and holding a place in one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.models import DeliverySlot
from app.settings import Settings

# The shop's own clock: its days and hours are those of its customers.
SHOP_ZONE = ZoneInfo("Asia/Shanghai")
DAYS_OPEN = 2
# Orders must be paid and packed before the window begins.
LEAD = timedelta(minutes=30)
KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class SlotHours:
    """How the shop cuts its days into windows: from `opens` to `closes` o'clock."""

    minutes: int
    capacity: int
    opens: int
    closes: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            minutes=settings.slot_minutes,
            capacity=settings.slot_capacity,
            opens=settings.slot_opens,
            closes=settings.slot_closes,
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """A window that can still be reached. `is_today` is by the shop's clock."""

    id: int
    starts_at: datetime
    ends_at: datetime
    fee_fen: int
    is_full: bool
    is_today: bool


async def list_slots(session: AsyncSession, now: datetime) -> list[Slot]:
    """The windows of today and tomorrow whose cut-off is still to come, the earliest first."""
    today = now.astimezone(SHOP_ZONE).date()
    end = _midnight(now) + timedelta(days=DAYS_OPEN)
    rows = await session.execute(
        select(
            DeliverySlot.id,
            DeliverySlot.starts_at,
            DeliverySlot.ends_at,
            DeliverySlot.fee_fen,
            DeliverySlot.taken >= DeliverySlot.capacity,
        )
        .where(DeliverySlot.cutoff_at > now, DeliverySlot.starts_at < end)
        .order_by(DeliverySlot.starts_at, DeliverySlot.id)
    )
    return [
        Slot(id_, starts, ends, fee, bool(full), starts.astimezone(SHOP_ZONE).date() == today)
        for id_, starts, ends, fee, full in rows
    ]


async def claim(session: AsyncSession, slot_id: int, now: datetime) -> bool:
    """Hold one place; False when the window is full or its cut-off has passed."""
    claimed = await count_changed(
        session,
        update(DeliverySlot)
        .where(
            DeliverySlot.id == slot_id,
            DeliverySlot.taken < DeliverySlot.capacity,
            DeliverySlot.cutoff_at > now,
        )
        .values(taken=DeliverySlot.taken + 1),
    )
    return claimed == 1


async def release(session: AsyncSession, slot_ids: Sequence[int | None]) -> None:
    """Free one place for each entry: the windows of orders that this transaction closed."""
    freed = Counter(slot_id for slot_id in slot_ids if slot_id is not None)
    for slot_id, places in sorted(freed.items()):
        # CHECK (taken >= 0) refuses to free what was never held.
        await count_changed(
            session,
            update(DeliverySlot)
            .where(DeliverySlot.id == slot_id)
            .values(taken=DeliverySlot.taken - places),
        )


async def open_slots(session: AsyncSession, now: datetime, hours: SlotHours) -> int:
    """Make the missing windows of the coming days; how many. Those that exist stay as they are."""
    start = _midnight(now)
    end = start + timedelta(days=DAYS_OPEN)
    known = (
        await session.execute(
            select(DeliverySlot.starts_at, DeliverySlot.ends_at).where(
                DeliverySlot.ends_at > start, DeliverySlot.starts_at < end
            )
        )
    ).all()
    # A window of other hours, from before the settings changed, may already hold orders.
    missing = [
        {
            "starts_at": starts,
            "ends_at": ends,
            "cutoff_at": starts - LEAD,
            "capacity": hours.capacity,
        }
        for starts, ends in _windows(start, hours)
        if starts - LEAD > now and not any(starts < row[1] and row[0] < ends for row in known)
    ]
    if missing:
        try:
            await session.execute(insert(DeliverySlot), missing)
        except IntegrityError as error:
            raise Again from error  # another worker opened them at the same moment
    return len(missing)


async def prune_slots(session: AsyncSession, now: datetime) -> int:
    """Forget windows that are over; orders keep a copy of theirs."""
    return await count_changed(
        session, delete(DeliverySlot).where(DeliverySlot.ends_at < now - KEPT)
    )


def _midnight(now: datetime) -> datetime:
    """When the shop's present day began."""
    return now.astimezone(SHOP_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


def _windows(start: datetime, hours: SlotHours) -> Iterator[tuple[datetime, datetime]]:
    length = timedelta(minutes=hours.minutes)
    for day in range(DAYS_OPEN):
        midnight = start + timedelta(days=day)
        starts = midnight + timedelta(hours=hours.opens)
        while starts + length <= midnight + timedelta(hours=hours.closes):
            yield starts, starts + length
            starts += length
