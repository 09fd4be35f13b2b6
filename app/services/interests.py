"""What a shopper has said about a good by a tap: a favourite, or to be told when it is back."""

from dataclasses import dataclass

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Favourite, Goods, RecentView, StockWait


@dataclass(frozen=True, slots=True)
class Interest:
    is_favourite: bool = False
    is_waiting: bool = False


NO_INTEREST = Interest()


async def get_interest(session: AsyncSession, user_id: int, goods_id: int) -> Interest:
    favourite = exists().where(Favourite.user_id == user_id, Favourite.goods_id == goods_id)
    wait = exists().where(StockWait.user_id == user_id, StockWait.goods_id == goods_id)
    row = (await session.execute(select(favourite, wait))).one()
    return Interest(bool(row[0]), bool(row[1]))


async def check_goods(session: AsyncSession, goods_id: int, *, on_sale: bool = True) -> None:
    """Raises NotFound for goods that the shop does not have, or does not sell any more."""
    query = select(Goods.id).where(Goods.id == goods_id)
    if on_sale:
        query = query.where(Goods.on_sale)
    if await session.scalar(query) is None:
        raise NotFound


async def forget_interests(session: AsyncSession, user_id: int) -> None:
    """All favourites, views and waits of a shopper whose account is closed."""
    for model in (Favourite, RecentView, StockWait):
        await session.execute(delete(model).where(model.user_id == user_id))
