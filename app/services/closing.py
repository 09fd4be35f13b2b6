"""What an order gives back when it closes before anybody has begun to pack it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order
from app.services import coupons, flash, slots
from app.services.points import spending
from app.services.stock import release_stock


async def give_everything_back(
    session: AsyncSession, order_ids: Sequence[int], actor: str, now: datetime
) -> None:
    """Points, coupons, delivery windows, flash pieces and stock of orders just closed.

    In the order in which placing takes them, so that the two never wait for each other in a
    circle; of many orders everything of one kind goes before the next kind.
    """
    if order_ids:
        held = await session.scalars(select(Order.slot_id).where(Order.id.in_(order_ids)))
        await spending.give_back(session, order_ids, now)
        await coupons.give_back(session, order_ids, now)
        await slots.release(session, list(held))
        await flash.release(session, order_ids)
        await release_stock(session, order_ids, actor=actor)
