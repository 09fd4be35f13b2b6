"""A shopper's orders: how many wait for what, calling one off, and saying that it has come."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Order, Refund
from app.services.closing import give_everything_back
from app.services.order_moves import must_move
from app.services.refunds import refund_rest
from app.services.reviews import awaits_review
from app.services.sales import uncount_sales

# What stands behind each tab of the order list; that of refunds is asked of the refunds.
TABS = {"unpaid": ("unpaid",), "to_send": ("paid", "picking"), "to_receive": ("shipping",)}
OPEN_REFUNDS = ("asked", "approved", "sending", "failed")


async def cancel_order(session: AsyncSession, user_id: int, no: str, *, now: datetime) -> None:
    """Call off an order of one's own that nobody has begun to pack; again is no harm.

    Everything it held is given back, and all that was paid.
    """
    order_id, status, reason = await _lock_own(session, user_id, no)
    if (status, reason) != ("closed", "user"):
        await close_order(session, order_id, "cancel", "cancel", actor=f"user:{user_id}", now=now)


async def close_order(
    session: AsyncSession, order_id: int, move: str, kind: str, *, actor: str, now: datetime
) -> None:
    """Close an order that has not left yet and give everything back, money included."""
    source = await must_move(session, order_id, move, actor=actor, now=now)
    await give_everything_back(session, [order_id], actor, now)
    if source != "unpaid":
        await uncount_sales(session, order_id)
        await refund_rest(session, order_id, kind, actor=actor, now=now)


async def confirm_received(session: AsyncSession, user_id: int, no: str, *, now: datetime) -> None:
    """The shopper says that everything has come; again is no harm."""
    order_id, status, _ = await _lock_own(session, user_id, no)
    if status != "completed":
        await must_move(session, order_id, "complete", actor=f"user:{user_id}", now=now)


async def _lock_own(session: AsyncSession, user_id: int, no: str) -> tuple[int, str, str | None]:
    query = (
        select(Order.id, Order.status, Order.close_reason)
        .where(Order.user_id == user_id, Order.no == no)
        .with_for_update()
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def has_refund(*statuses: str) -> ColumnElement[bool]:
    """Orders with a refund, in one of these statuses if any are named."""
    refunds = select(Refund.id).where(Refund.order_id == Order.id)
    return (refunds.where(Refund.status.in_(statuses)) if statuses else refunds).exists()


async def count_tabs(session: AsyncSession, user_id: int) -> dict[str, int]:
    """How many orders wait to be paid, sent, received and reviewed, and how many for money."""
    with_refund = func.sum(case((has_refund(*OPEN_REFUNDS), 1), else_=0))
    to_review = func.sum(case((awaits_review(), 1), else_=0))
    rows = await session.execute(
        select(Order.status, func.count(), with_refund, to_review)
        .where(Order.user_id == user_id)
        .group_by(Order.status)
    )
    numbers = {row[0]: (row[1], int(row[2]), int(row[3])) for row in rows}
    counts = {
        tab: sum(numbers[status][0] for status in TABS[tab] if status in numbers) for tab in TABS
    }
    asked = ("refunds", "to_review")
    return counts | {
        tab: sum(row[nth] for row in numbers.values()) for nth, tab in enumerate(asked, start=1)
    }
