"""The demo shop's flash sales: one that runs since an hour, and one tomorrow morning."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FlashItem, FlashSession
from app.services.demo.files import read_sales
from app.services.demo.parts import DemoSale
from app.services.demo.placings import SHOP_ZONE

BEGAN = timedelta(hours=1)
# Tonight's end, unless that is too soon for anybody to look at it.
CLOSING, AT_LEAST = time(22), timedelta(hours=6)
MORNING, NOON = time(8), time(12)


async def add_sales(session: AsyncSession, goods_ids: Mapping[str, int], *, now: datetime) -> int:
    """Add the sales unless there is one that is not over; returns how many."""
    is_open = select(FlashSession.id).where(FlashSession.ends_at > now).limit(1)
    if await session.scalar(is_open) is not None:
        return 0
    sales = list(_plan(now))
    for sale, starts_at, ends_at in sales:
        await _insert_sale(session, sale, goods_ids, starts_at=starts_at, ends_at=ends_at)
    return len(sales)


def _plan(now: datetime) -> Iterator[tuple[DemoSale, datetime, datetime]]:
    """Each sale with its start and end, by the clock of the shop."""
    today = now.astimezone(SHOP_ZONE).date()
    tomorrow = today + timedelta(days=1)
    tonight = datetime.combine(today, CLOSING, SHOP_ZONE)
    times = {
        "running": (now - BEGAN, tonight if tonight > now + BEGAN else now + AT_LEAST),
        "upcoming": (
            datetime.combine(tomorrow, MORNING, SHOP_ZONE),
            datetime.combine(tomorrow, NOON, SHOP_ZONE),
        ),
    }
    for sale in read_sales():
        yield sale, *times[sale.key]


async def _insert_sale(
    session: AsyncSession,
    sale: DemoSale,
    goods_ids: Mapping[str, int],
    *,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    row = FlashSession(
        source_key=f"demo-{sale.key}-{ends_at.astimezone(SHOP_ZONE):%Y-%m-%dT%H:%M}",
        title_zh=sale.title_zh,
        title_en=sale.title_en,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    session.add(row)
    await session.flush()
    offers = [
        {
            "session_id": row.id,
            "goods_id": goods_ids[offer.good],
            "price_fen": offer.price,
            "quota": offer.quota,
            "per_user": offer.per_user,
        }
        for offer in sale.offers
    ]
    await session.execute(insert(FlashItem), offers)
