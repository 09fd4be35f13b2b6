"""A shopper asks for money back for something that came and was not right."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, Conflict, InvalidInput, NotFound
from app.models import Order, OrderLine, Refund, User
from app.services.idempotency import claim_key
from app.services.order_views import REFUND_TIME
from app.services.refund_decisions import approve_refund
from app.services.refunds import ask_refund

KIND = "quality"
# Up to this sum for an order, the shop believes a shopper in good standing.
SMALL_FEN = 3000
FEW_REFUNDS = 3
MEMORY = timedelta(days=30)


async def ask_for_refund(
    session: AsyncSession,
    user_id: int,
    no: str,
    goods_id: int,
    quantity: int,
    *,
    key: str,
    reason: str,
    now: datetime,
) -> None:
    """Ask for so many pieces of a good, once for each key; a small sum is approved at once."""
    # One shopper's forms stand in line, so that a copy finds its key taken.
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())
    print_ = hashlib.sha256(repr((no, goods_id, quantity, reason)).encode()).hexdigest()
    if await claim_key(session, user_id, key, fingerprint=print_, answer=no) is not None:
        return
    order_id = await _find_order(session, user_id, no, now)
    line_id = await _find_line(session, order_id, goods_id, quantity)
    trusted = await _is_in_good_standing(session, user_id, now)
    refund_no = await ask_refund(
        session,
        order_id,
        KIND,
        {line_id: (quantity, 0)},
        reason=reason,
        actor=f"user:{user_id}",
        now=now,
        is_approved=False,
    )
    if refund_no and trusted and await _sum_of(session, order_id) <= SMALL_FEN:
        await approve_refund(session, refund_no, actor="system", now=now)


async def _find_order(session: AsyncSession, user_id: int, no: str, now: datetime) -> int:
    query = (
        select(Order.id, Order.delivered_at)
        .where(Order.user_id == user_id, Order.no == no)
        .with_for_update()
    )
    order = (await session.execute(query)).one_or_none()
    if order is None:
        raise NotFound
    if order.delivered_at is not None and order.delivered_at + REFUND_TIME <= now:
        raise Conflict(N_("Refunds can be asked for within 7 days after delivery"))
    return int(order.id)


async def _find_line(session: AsyncSession, order_id: int, goods_id: int, quantity: int) -> int:
    left = OrderLine.quantity - OrderLine.refunded_quantity
    line = (
        await session.execute(
            select(OrderLine.id, left).where(
                OrderLine.order_id == order_id, OrderLine.goods_id == goods_id
            )
        )
    ).one_or_none()
    if line is None:
        raise InvalidInput.of("goods", N_("Please choose what it is about"))
    if quantity > line[1]:
        raise InvalidInput.of(
            "quantity", N_("At most %(left)s can still be given back"), left=line[1]
        )
    return line[0]


async def _is_in_good_standing(session: AsyncSession, user_id: int, now: datetime) -> bool:
    """Few such refunds of late, and none that was turned down."""
    rows = await session.execute(
        select(Refund.status, func.count())
        .join(Order, Order.id == Refund.order_id)
        .where(Order.user_id == user_id, Refund.kind == KIND, Refund.created_at > now - MEMORY)
        .group_by(Refund.status)
    )
    numbers = {row[0]: row[1] for row in rows}
    return "rejected" not in numbers and sum(numbers.values()) < FEW_REFUNDS


async def _sum_of(session: AsyncSession, order_id: int) -> int:
    total = select(func.sum(Refund.amount_fen)).where(
        Refund.order_id == order_id,
        Refund.kind == KIND,
        Refund.status.not_in(("rejected", "failed")),
    )
    return int(await session.scalar(total) or 0)
