"""The demo shoppers' growth, as their completed orders brought it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, User
from app.services.growth import count_completed
from app.services.happenings import Happening


async def add_growth(session: AsyncSession, user: User) -> None:
    """In the order in which the orders were completed, by the ordinary service."""
    rows = await session.execute(
        select(Order.completed_at, Order.id)
        .where(Order.user_id == user.id, Order.status == "completed")
        .order_by(Order.completed_at, Order.id)
    )
    for completed_at, order_id in rows.all():
        assert completed_at is not None  # noqa: S101 - orders.times
        await count_completed(session, Happening(order_id, "completed", "", completed_at))
