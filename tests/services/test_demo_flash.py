"""The demo shop's flash sales: one to buy in at once, one to wait for."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FlashItem, FlashSession, Goods, Stock
from app.models.base import utcnow
from app.services.demo import loading as demo
from app.services.flash_pages import get_flash_page
from app.services.quote import Delivery
from tests.factories import make_goods
from tests.flash_sales import make_offer

DELIVERY = Delivery(fee_fen=500, free_from_fen=3900)


async def load(session: AsyncSession, now: datetime) -> demo.Added:
    return await demo.load(session, password_hashes={}, delivery=DELIVERY, now=now)


# 15:00, 20:59, 21:01 and 23:30 on the clock of the shop.
@pytest.mark.parametrize(
    ("hour", "minute", "ends"),
    [(7, 0, (14, 0)), (12, 59, (14, 0)), (13, 1, (19, 1)), (15, 30, (21, 30))],
)
async def test_one_runs_until_tonight_and_one_waits(
    session: AsyncSession, hour: int, minute: int, ends: tuple[int, int]
) -> None:
    now = datetime(2026, 11, 20, hour, minute, tzinfo=UTC)

    await load(session, now)

    page = await get_flash_page(session, now)
    (running,), (upcoming,) = page.running, page.upcoming
    assert running.starts_at == now - timedelta(hours=1)
    assert running.ends_at == now.replace(hour=ends[0], minute=ends[1])
    assert running.ends_at <= upcoming.starts_at < upcoming.ends_at
    assert (len(running.offers), len(upcoming.offers)) == (6, 4)


async def test_every_offer_is_cheaper_and_within_the_stock(session: AsyncSession) -> None:
    await load(session, utcnow())

    wrong = select(func.count()).where(
        Goods.id == FlashItem.goods_id,
        Stock.goods_id == Goods.id,
        (FlashItem.price_fen >= Goods.price_fen) | (FlashItem.quota > Stock.on_hand),
    )
    assert await session.scalar(wrong) == 0


async def test_a_load_when_all_are_over_brings_new_ones(session: AsyncSession) -> None:
    now = utcnow()
    await load(session, now)

    again = await load(session, now + timedelta(minutes=1))
    next_week = await load(session, now + timedelta(days=7))

    assert (again.sales, next_week.sales) == (0, 2)


async def test_a_shop_with_a_sale_of_its_own_keeps_it_alone(session: AsyncSession) -> None:
    await make_offer(session, await make_goods(session))

    added = await load(session, utcnow())

    assert added.sales == 0
    assert await session.scalar(select(func.count()).select_from(FlashSession)) == 1
