"""The goods that a shopper likes to find again."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.errors import N_, Conflict, NotFound
from app.models import Favourite, Goods, User
from app.services.catalogue import CARD_WIDTH, GoodsCard, select_cards
from app.services.interests import check_goods
from app.services.viewer import seen_by

PAGE = 40
MOST_FAVOURITES = 500
_KEY = re.compile(r"([0-9]{1,16})-([0-9]{1,15})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FavouritePage:
    """The newest first; `next_key` leads to the next page and is None on the last."""

    cards: tuple[GoodsCard, ...]
    next_key: str | None


async def add_favourite(
    session: AsyncSession, user_id: int, goods_id: int, *, now: datetime
) -> None:
    """Keep a good in mind; again is no harm. Raises NotFound, or Conflict beyond the limit."""
    await check_goods(session, goods_id)
    # The account's row is locked, so that clicks side by side cannot go beyond the limit.
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())
    others = select(func.count()).where(
        Favourite.user_id == user_id, Favourite.goods_id != goods_id
    )
    if (await session.scalar(others) or 0) >= MOST_FAVOURITES:
        raise Conflict(N_("At most %(most)s favourites"), most=MOST_FAVOURITES)
    await upsert(
        session,
        Favourite,
        {"user_id": user_id, "goods_id": goods_id, "created_at": now},
        conflict_on=("user_id", "goods_id"),
        update={"goods_id": goods_id},
    )


async def remove_favourite(session: AsyncSession, user_id: int, goods_id: int) -> None:
    """Again is no harm. Raises NotFound for goods that the shop does not have."""
    await check_goods(session, goods_id, on_sale=False)
    await session.execute(
        delete(Favourite).where(Favourite.user_id == user_id, Favourite.goods_id == goods_id)
    )


async def list_favourites(
    session: AsyncSession, user_id: int, after: str | None = None
) -> FavouritePage:
    """The page behind the key `after`, or the first. What is off sale waits unseen until it is
    back. Raises NotFound for a broken key."""
    query = (
        select_cards()
        .add_columns(Favourite.created_at)
        .join(Favourite, Favourite.goods_id == Goods.id)
        .where(Favourite.user_id == user_id, Goods.on_sale)
        .order_by(Favourite.created_at.desc(), Favourite.goods_id.desc())
        .limit(PAGE + 1)
    )
    if after:
        at, goods_id = _parse_key(after)
        older = Favourite.created_at < at
        tied = and_(Favourite.created_at == at, Favourite.goods_id < goods_id)
        query = query.where(or_(older, tied))
    rows = (await session.execute(query, seen_by(user_id))).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    next_key = f"{(last[CARD_WIDTH] - _EPOCH) // _MICROSECOND}-{last[0]}" if last else None
    return FavouritePage(tuple(GoodsCard(*row[:CARD_WIDTH]) for row in rows[:PAGE]), next_key)


def _parse_key(after: str) -> tuple[datetime, int]:
    found = _KEY.fullmatch(after)
    if found is None:
        raise NotFound
    return _EPOCH + int(found[1]) * _MICROSECOND, int(found[2])
