"""Taking pieces out of a flash sale for an order, and putting them back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Update, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed, upsert
from app.errors import N_, Message, Words
from app.models import FlashClaim, FlashItem, FlashSession, Goods, Order, OrderLine
from app.services.viewer import is_open, seen_by


async def claim(
    session: AsyncSession, user_id: int, wanted: Mapping[int, int], now: datetime
) -> list[int]:
    """Take so many pieces of each item; the items of which this shopper cannot have so many.

    When any came short the caller must refuse, which gives back what was claimed. The items come
    first and in their order: two orders for the same ones then wait in line, never in a circle.
    """
    short = [
        item_id
        for item_id, quantity in sorted(wanted.items())
        if not await count_changed(session, _sell(item_id, user_id, quantity, now))
    ]
    return short + [
        item_id
        for item_id, quantity in sorted(wanted.items())
        if item_id not in short and not await _count_for(session, item_id, user_id, quantity)
    ]


def _sell(item_id: int, user_id: int, quantity: int, now: datetime) -> Update:
    """Quota and window are in the WHERE: whoever comes too early, too late or last sells none."""
    running = (
        select(FlashSession.id)
        .where(FlashSession.id == FlashItem.session_id, is_open)
        .params(seen_by(user_id, now))
    )
    return (
        update(FlashItem)
        .where(
            FlashItem.id == item_id, FlashItem.sold + quantity <= FlashItem.quota, running.exists()
        )
        .values(sold=FlashItem.sold + quantity)
    )


async def _count_for(session: AsyncSession, item_id: int, user_id: int, quantity: int) -> bool:
    """Note what this shopper takes; False when it is more than one may."""
    await upsert(
        session,
        FlashClaim,
        {"item_id": item_id, "user_id": user_id, "quantity": 0},
        conflict_on=("item_id", "user_id"),
        update={"quantity": FlashClaim.quantity},
    )
    most = select(FlashItem.per_user).where(FlashItem.id == item_id).scalar_subquery()
    take = (
        update(FlashClaim)
        .where(*_claim_of(item_id, user_id), FlashClaim.quantity + quantity <= most)
        .values(quantity=FlashClaim.quantity + quantity)
    )
    return await count_changed(session, take) == 1


def _claim_of(item_id: int, user_id: int) -> tuple[Any, ...]:  # Any: SQLAlchemy's conditions
    return (FlashClaim.item_id == item_id, FlashClaim.user_id == user_id)


async def explain(
    session: AsyncSession, user_id: int, short: Mapping[int, int], now: datetime
) -> dict[int, Message]:
    """Why this shopper cannot have so many of each of these items, in words."""
    rows = await session.execute(
        select(
            FlashItem.id,
            FlashItem.per_user,
            (FlashItem.quota - FlashItem.sold).label("left"),
            func.coalesce(FlashClaim.quantity, 0).label("taken"),
            is_open.label("is_running"),
            Goods.name_zh,
            Goods.name_en,
        )
        .join(FlashSession, FlashSession.id == FlashItem.session_id)
        .join(Goods, Goods.id == FlashItem.goods_id)
        .outerjoin(
            FlashClaim, and_(FlashClaim.item_id == FlashItem.id, FlashClaim.user_id == user_id)
        )
        .where(FlashItem.id.in_(short)),
        seen_by(user_id, now),
    )
    return {row.id: _reason(row, short[row.id]) for row in rows}


def _reason(row: Any, quantity: int) -> Message:  # Any: a row of explain
    name = Words(row.name_zh, row.name_en)
    if not row.is_running:
        return Message(N_("%(name)s is not in a flash sale now"), {"name": name})
    if row.taken + quantity > row.per_user:
        text = N_("At most %(most)s of %(name)s per shopper at the flash price")
        return Message(text, {"most": row.per_user, "name": name})
    if row.left <= 0:
        return Message(N_("%(name)s is sold out at the flash price"), {"name": name})
    text = N_("Only %(left)s of %(name)s left at the flash price")
    return Message(text, {"left": row.left, "name": name})


async def release(session: AsyncSession, order_ids: Sequence[int]) -> None:
    """Put back what these orders, just closed by this transaction, had taken.

    Call it before stock is released: placing locks the items first, too.
    """
    rows = await session.execute(
        select(FlashItem.id, Order.user_id, OrderLine.quantity)
        .join(OrderLine, OrderLine.flash_item_id == FlashItem.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.order_id.in_(order_ids))
    )
    freed, claims = Counter[int](), Counter[tuple[int, int]]()
    for item_id, user_id, quantity in rows:
        freed[item_id] += quantity
        claims[item_id, user_id] += quantity
    # The CHECKs refuse to put back what was never taken.
    for item_id, quantity in sorted(freed.items()):
        back = update(FlashItem).where(FlashItem.id == item_id)
        await count_changed(session, back.values(sold=FlashItem.sold - quantity))
    for (item_id, user_id), quantity in sorted(claims.items()):
        less = update(FlashClaim).where(*_claim_of(item_id, user_id))
        await count_changed(session, less.values(quantity=FlashClaim.quantity - quantity))
