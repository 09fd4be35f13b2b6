"""The goods that a shopper looked at lately."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.models import Goods, RecentView
from app.services.catalogue import GoodsCard, list_cards, select_cards
from app.services.interests import check_goods

MOST_VIEWS = 50


async def note_view(session: AsyncSession, user_id: int, goods_id: int, *, now: datetime) -> None:
    """This good was looked at now. Raises NotFound for goods off sale."""
    await check_goods(session, goods_id)
    await upsert(
        session,
        RecentView,
        {"user_id": user_id, "goods_id": goods_id, "seen_at": now},
        conflict_on=("user_id", "goods_id"),
        update={"seen_at": now},
    )
    await _forget_older(session, user_id)


async def _forget_older(session: AsyncSession, user_id: int) -> None:
    """Keep the newest only. What views side by side leave behind, the next one forgets."""
    older = (
        await session.execute(
            select(RecentView.goods_id, RecentView.seen_at)
            .where(RecentView.user_id == user_id)
            .order_by(RecentView.seen_at.desc(), RecentView.goods_id.desc())
            .offset(MOST_VIEWS)
            .limit(MOST_VIEWS)
        )
    ).all()
    if older:
        await session.execute(
            delete(RecentView).where(
                RecentView.user_id == user_id,
                RecentView.goods_id.in_(sorted(row[0] for row in older)),
                # One that is looked at again in this very moment stays.
                RecentView.seen_at <= older[0][1],
            )
        )


async def list_views(session: AsyncSession, user_id: int) -> list[GoodsCard]:
    """What was looked at, the latest first, as far as it is still on sale."""
    query = (
        select_cards()
        .join(RecentView, RecentView.goods_id == Goods.id)
        .where(RecentView.user_id == user_id, Goods.on_sale)
        .order_by(RecentView.seen_at.desc(), RecentView.goods_id.desc())
        .limit(MOST_VIEWS)
    )
    return await list_cards(session, query, user_id)


async def clear_views(session: AsyncSession, user_id: int) -> None:
    await session.execute(delete(RecentView).where(RecentView.user_id == user_id))
