"""The timed work: orders that were not paid in time, rows that nobody needs any more."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order
from app.services.closing import give_everything_back
from app.services.idempotency import prune_keys
from app.services.order_moves import SYSTEM, make_move
from app.services.outbox import prune_outbox
from app.services.throttle import prune_brakes
from app.services.tickets import prune_tickets

BATCH = 50
KEYS_LIVE = timedelta(days=2)
OUTBOX_LIVES = timedelta(days=30)
CONFIRM_AFTER = timedelta(days=7)


async def close_due(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[str]:
    """Close unpaid orders whose time is over and free their stock; their numbers, in id order.

    Any number of workers may do this at once: SKIP LOCKED (which SQLite, having one writer, does
    not need) gives each its own orders, and the move happens only if the order is still unpaid.
    """
    due = (
        await session.execute(
            select(Order.id, Order.no)
            .where(Order.status == "unpaid", Order.pay_by < now)
            .order_by(Order.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    closed = {
        order_id: no
        for order_id, no in due
        if await make_move(session, order_id, "expire", Order.pay_by < now, actor=SYSTEM, now=now)
    }
    # After all orders are closed, so that the stock of the whole batch is freed in goods order.
    await give_everything_back(session, list(closed), SYSTEM, now)
    return list(closed.values())


async def confirm_due(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[str]:
    """Complete orders that came a week ago and were never confirmed; their numbers."""
    is_due = Order.delivered_at <= now - CONFIRM_AFTER
    due = (
        await session.execute(
            select(Order.user_id, Order.id, Order.no)
            .where(Order.status == "delivered", is_due)
            .order_by(Order.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    # Completing locks the shoppers, and of those, too, everybody takes the lowest first.
    return [
        no
        for _, order_id, no in sorted(due)
        if await make_move(session, order_id, "complete", is_due, actor=SYSTEM, now=now)
    ]


async def prune(session: AsyncSession, now: datetime) -> int:
    """Forget old form keys, dead tickets, brakes that no longer bite, sent mail; how many rows."""
    return (
        await prune_keys(session, now - KEYS_LIVE)
        + await prune_tickets(session, now)
        + await prune_brakes(session, now)
        + await prune_outbox(session, now - OUTBOX_LIVES)
    )
