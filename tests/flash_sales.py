"""Flash sales for tests, and what is taken of them."""

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FlashClaim, FlashItem, FlashSession, Goods
from app.models.base import utcnow

_serial = count(1)


async def make_sale(
    session: AsyncSession,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    title: str = "Noon sale",
) -> FlashSession:
    """A sale that began an hour ago and ends in one, unless said otherwise."""
    sale = FlashSession(
        source_key=f"test-{next(_serial)}",
        title_zh="午间闪购",
        title_en=title,
        starts_at=starts_at or utcnow() - timedelta(hours=1),
        ends_at=ends_at or utcnow() + timedelta(hours=1),
    )
    session.add(sale)
    await session.flush()
    return sale


async def make_offer(
    session: AsyncSession,
    goods: Goods,
    *,
    sale: FlashSession | None = None,
    price: int = 500,
    quota: int = 30,
    sold: int = 0,
    per_user: int = 1,
) -> FlashItem:
    sale = sale or await make_sale(session)
    item = FlashItem(
        session_id=sale.id,
        goods_id=goods.id,
        price_fen=price,
        quota=quota,
        sold=sold,
        per_user=per_user,
    )
    session.add(item)
    await session.flush()
    return item


async def sold_of(session: AsyncSession, item_id: int) -> int:
    return await session.scalar(select(FlashItem.sold).where(FlashItem.id == item_id)) or 0


async def taken_of(session: AsyncSession, item_id: int) -> dict[int, int]:
    """What each shopper took, by user id."""
    rows = await session.execute(
        select(FlashClaim.user_id, FlashClaim.quantity).where(
            FlashClaim.item_id == item_id, FlashClaim.quantity > 0
        )
    )
    return {row[0]: row[1] for row in rows}
