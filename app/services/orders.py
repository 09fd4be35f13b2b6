"""A shopper's orders: how many wait for what, and calling one off."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, Conflict, NotFound
from app.models import Order
from app.services.order_moves import make_move
from app.services.stock import release_stock

# What stands behind each tab of the order list.
TABS = {"unpaid": ("unpaid",), "to_send": ("paid", "picking"), "to_receive": ("shipping",)}


async def cancel_order(session: AsyncSession, user_id: int, no: str, *, now: datetime) -> None:
    """Close an unpaid order of one's own and give its stock back; again is no harm."""
    order = (
        await session.execute(
            select(Order.id, Order.status).where(Order.user_id == user_id, Order.no == no)
        )
    ).one_or_none()
    if order is None:
        raise NotFound
    actor = f"user:{user_id}"
    if await make_move(session, order.id, "cancel", actor=actor, now=now):
        await release_stock(session, [order.id], actor=actor)
    elif order.status != "closed":
        raise Conflict(N_("This order can no longer be cancelled here"))


async def count_tabs(session: AsyncSession, user_id: int) -> dict[str, int]:
    """How many orders wait to be paid, sent and received."""
    rows = await session.execute(
        select(Order.status, func.count()).where(Order.user_id == user_id).group_by(Order.status)
    )
    numbers = {row[0]: row[1] for row in rows}
    return {tab: sum(numbers.get(status, 0) for status in TABS[tab]) for tab in TABS}
