"""Telling shoppers that what was sold out can be bought again."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed, upsert
from app.errors import N_, Conflict, NotFound
from app.models import Goods, Stock, StockWait
from app.services.interests import check_goods
from app.services.messages import tell
from app.services.sweep import BATCH

_CAN_BE_BOUGHT = (Goods.on_sale, Stock.on_hand > Stock.allocated)


async def wait_for_goods(
    session: AsyncSession, user_id: int, goods_id: int, *, now: datetime
) -> None:
    """Have the shopper told when the good is back; again is no harm.

    Raises NotFound for goods off sale, Conflict for those that can be bought already.
    """
    left = await session.scalar(
        select(Stock.on_hand - Stock.allocated)
        .join(Goods, Goods.id == Stock.goods_id)
        .where(Goods.id == goods_id, Goods.on_sale)
    )
    if left is None:
        raise NotFound
    if left > 0:
        raise Conflict(N_("It is back already: you can put it into the cart"))
    await upsert(
        session,
        StockWait,
        {"user_id": user_id, "goods_id": goods_id, "created_at": now},
        conflict_on=("goods_id", "user_id"),
        update={"goods_id": goods_id},
    )


async def stop_waiting(session: AsyncSession, user_id: int, goods_id: int) -> None:
    """Again is no harm. Raises NotFound for goods that the shop does not have."""
    await check_goods(session, goods_id, on_sale=False)
    await session.execute(delete(StockWait).where(*_is(user_id, goods_id)))


async def tell_waiting(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[str]:
    """Tell those who have waited longest for what can be bought again; one key for each told.

    Whoever deletes the wait tells, so any number of workers tell once. Nothing is locked to look
    for them: that would keep the goods from being sold meanwhile.
    """
    due = (
        await session.execute(
            select(
                StockWait.goods_id,
                StockWait.user_id,
                StockWait.created_at,
                Goods.name_zh,
                Goods.name_en,
            )
            .join(Goods, Goods.id == StockWait.goods_id)
            .join(Stock, Stock.goods_id == StockWait.goods_id)
            .where(*_CAN_BE_BOUGHT)
            .order_by(StockWait.created_at, StockWait.goods_id, StockWait.user_id)
            .limit(limit)
        )
    ).all()
    told = []
    for goods_id, user_id, since, name_zh, name_en in sorted(due):
        if await count_changed(session, delete(StockWait).where(*_is(user_id, goods_id))):
            key = f"{goods_id}:{since:%Y%m%d%H%M%S%f}"
            names = {"name_zh": name_zh, "name_en": name_en}
            link = f"/axf/goods/{goods_id}/"
            await tell(session, user_id, "back_in_stock", key, params=names, link=link, now=now)
            told.append(key)
    return told


def _is(user_id: int, goods_id: int) -> tuple[ColumnElement[bool], ...]:
    return StockWait.goods_id == goods_id, StockWait.user_id == user_id
