"""Delivery windows: when they are opened, which are shown, and that no place is given twice."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import DeliverySlot
from app.services.slots import (
    SlotHours,
    claim,
    list_slots,
    open_slots,
    prune_slots,
    release,
)
from app.settings import Settings
from tests.conftest import all_at_once
from tests.factories import make_slot

HOURS = SlotHours(minutes=30, capacity=5, opens=7, closes=22)
MORNING = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # 7 o'clock on the 21st in Shanghai
EVENING = MORNING + timedelta(hours=13)


async def count_slots(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(DeliverySlot)) or 0


async def taken_of(session: AsyncSession, slot_id: int) -> int:
    return (await session.scalar(select(DeliverySlot.taken).where(DeliverySlot.id == slot_id))) or 0


async def test_windows_cover_today_and_tomorrow_in_the_shops_time(session: AsyncSession) -> None:
    midnight = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)

    assert await open_slots(session, midnight, HOURS) == 60

    slots = await list_slots(session, midnight)
    assert (slots[0].starts_at, slots[0].ends_at) == (MORNING, MORNING + timedelta(minutes=30))
    assert slots[-1].ends_at == datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
    assert [slot.is_today for slot in slots] == [True] * 30 + [False] * 30


async def test_long_windows_are_half_as_many(session: AsyncSession) -> None:
    midnight = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)

    assert await open_slots(session, midnight, SlotHours(60, 5, 7, 22)) == 30


async def test_only_windows_that_can_be_reached_are_opened(session: AsyncSession) -> None:
    await open_slots(session, EVENING, HOURS)

    slots = await list_slots(session, EVENING)
    assert slots[0].starts_at == EVENING + timedelta(hours=1)
    assert sum(slot.is_today for slot in slots) == 2


async def test_opening_again_changes_nothing(session: AsyncSession) -> None:
    await open_slots(session, MORNING, HOURS)
    await session.execute(update(DeliverySlot).values(capacity=9, taken=2, fee_fen=300))

    assert await open_slots(session, MORNING, HOURS) == 0

    rows = await session.execute(
        select(DeliverySlot.capacity, DeliverySlot.taken, DeliverySlot.fee_fen).distinct()
    )
    assert [tuple(row) for row in rows] == [(9, 2, 300)]


async def test_the_next_day_brings_the_next_windows(session: AsyncSession) -> None:
    await open_slots(session, MORNING, HOURS)

    assert await open_slots(session, MORNING + timedelta(days=1), HOURS) == 30


async def test_other_hours_leave_old_windows_alone(session: AsyncSession) -> None:
    await open_slots(session, MORNING, HOURS)

    assert await open_slots(session, MORNING, SlotHours(60, 5, 7, 22)) == 0
    assert await open_slots(session, MORNING, SlotHours(60, 5, 7, 23)) == 2


async def test_a_passed_cut_off_takes_a_window_off_the_list(session: AsyncSession) -> None:
    slot = await make_slot(session, starts=MORNING, lead=30)

    before = await list_slots(session, MORNING - timedelta(minutes=30, seconds=1))
    after = await list_slots(session, MORNING - timedelta(minutes=30))

    assert [shown.id for shown in before] == [slot.id]
    assert after == []


async def test_a_full_window_is_shown_as_full(session: AsyncSession) -> None:
    await make_slot(session, capacity=2, taken=1)
    await make_slot(session, capacity=2, taken=2, hours=3)

    slots = await list_slots(session, datetime.now(UTC))

    assert [slot.is_full for slot in slots] == [False, True]


async def test_a_window_takes_as_many_as_it_has_places(session: AsyncSession) -> None:
    slot, now = await make_slot(session, capacity=2), datetime.now(UTC)

    claims = [await claim(session, slot.id, now) for _ in range(3)]

    assert claims == [True, True, False]
    assert await taken_of(session, slot.id) == 2


async def test_nobody_gets_in_after_the_cut_off(session: AsyncSession) -> None:
    slot = await make_slot(session, starts=MORNING, lead=30)

    assert not await claim(session, slot.id, MORNING - timedelta(minutes=30))
    assert not await claim(session, slot.id + 1, MORNING - timedelta(days=1))
    assert await taken_of(session, slot.id) == 0


async def test_places_are_given_back(session: AsyncSession) -> None:
    first = await make_slot(session, capacity=3, taken=3)
    second = await make_slot(session, capacity=3, taken=2, hours=3)

    await release(session, [second.id, None, first.id, second.id])

    assert (await taken_of(session, first.id), await taken_of(session, second.id)) == (2, 0)


async def test_a_place_nobody_held_cannot_be_given_back(session: AsyncSession) -> None:
    slot = await make_slot(session)

    with pytest.raises(DBAPIError):
        async with session.begin_nested():
            await release(session, [slot.id])

    assert await taken_of(session, slot.id) == 0


async def test_windows_of_past_days_are_forgotten(session: AsyncSession) -> None:
    await make_slot(session, starts=MORNING)
    kept = await make_slot(session, starts=MORNING + timedelta(days=1))

    assert await prune_slots(session, MORNING + timedelta(days=3)) == 1

    assert list(await session.scalars(select(DeliverySlot.id))) == [kept.id]


async def test_two_workers_open_each_window_once(real_db: Database) -> None:
    results = await all_at_once(*[partial(real_db.write, open_slots, MORNING, HOURS)] * 8)

    opened = [result for result in results if isinstance(result, int)]
    assert len(opened) == 8
    assert sum(opened) == await real_db.read(count_slots)


async def test_the_last_places_are_given_once_each(real_db: Database) -> None:
    slot = await real_db.write(make_slot, capacity=3)
    now = datetime.now(UTC)

    results = await all_at_once(*[partial(real_db.write, claim, slot.id, now)] * 20)

    assert sorted(map(bool, results)) == [False] * 17 + [True] * 3
    assert await real_db.read(taken_of, slot.id) == 3


def test_the_hours_come_from_the_settings() -> None:
    settings = Settings(_env_file=None, slot_minutes=60, slot_capacity=3, slot_closes=20)

    assert SlotHours.of(settings) == SlotHours(60, 3, 7, 20)
