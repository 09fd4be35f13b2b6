"""Setting prices. Each change is kept, so that nobody has to believe a struck-out price."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.models import Goods, PriceHistory


async def set_price(session: AsyncSession, goods_id: int, price_fen: int, now: datetime) -> bool:
    """Charge `price_fen` from now on. False when the good is unknown or costs that already."""
    is_changed = await count_changed(
        session,
        update(Goods)
        .where(Goods.id == goods_id, Goods.price_fen != price_fen)
        .values(price_fen=price_fen, updated_at=now),
    )
    if is_changed:
        await note_prices(session, {goods_id: price_fen}, from_at=now)
    return bool(is_changed)


async def note_prices(
    session: AsyncSession, prices: Mapping[int, int], *, from_at: datetime
) -> None:
    """Write down what these goods, by id, cost from a moment on."""
    if prices:
        await session.execute(
            insert(PriceHistory),
            [
                {"goods_id": goods_id, "price_fen": price_fen, "from_at": from_at}
                for goods_id, price_fen in sorted(prices.items())
            ],
        )
