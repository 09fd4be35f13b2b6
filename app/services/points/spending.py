"""Points that pay for an order, and how they come back when it, or a part of it, is called off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.models import Member, Order, OrderLine, PointsEntry, PointsLot, Refund, RefundLine
from app.services.messages import tell
from app.services.points.books import Gain, Reason, add_open, list_open, open_books, take
from app.services.points.rules import LEAST_TO_LIVE

# Pieces in a refund that stands so are neither given back nor kept.
UNDECIDED = ("asked", "approved", "sending")


@dataclass(frozen=True, slots=True)
class Purse:
    """`balance` may be below zero: then so many are owed. `usable` have not run out."""

    balance: int = 0
    usable: int = 0


EMPTY_PURSE = Purse()


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an order is. Its row is locked."""

    order_id: int
    no: str
    user_id: int
    points: int


async def get_purse(session: AsyncSession, user_id: int, now: datetime) -> Purse:
    """What a shopper has, without what has run out and was not written off yet."""
    usable = select(func.coalesce(func.sum(PointsLot.left_n), 0)).where(
        PointsLot.user_id == user_id, PointsLot.status == "open", PointsLot.expires_at > now
    )
    stale = select(func.coalesce(func.sum(PointsLot.left_n), 0)).where(
        PointsLot.user_id == user_id, PointsLot.status == "open", PointsLot.expires_at <= now
    )
    query = select(Member.points, usable.scalar_subquery(), stale.scalar_subquery())
    row = (await session.execute(query.where(Member.user_id == user_id))).one_or_none()
    return Purse(row[0] - int(row[2]), int(row[1])) if row else EMPTY_PURSE


async def spend(session: AsyncSession, user_id: int, order_id: int, n: int, now: datetime) -> bool:
    """Pay for an order with points, those that run out first. False when there are not so many."""
    if not n:
        return True
    await open_books(session, user_id, now)
    lots = await list_open(session, user_id)
    if sum(lot.left_n for lot in lots) < n:
        return False
    await take(session, user_id, lots, n, Reason("spent", f"order:{order_id}", now))
    return True


async def give_back(session: AsyncSession, order_ids: Sequence[int], now: datetime) -> None:
    """All points of orders that this transaction closed. Of several shoppers in id order."""
    if not order_ids:
        return
    rows = await session.execute(
        _select_owners()
        .where(Order.id.in_(order_ids), Order.points_fen > 0)
        .order_by(Order.user_id, Order.id)
    )
    for owner in [Owner(*row) for row in rows]:
        await open_books(session, owner.user_id, now)
        await _return(session, owner, await _list_due(session, owner.order_id, whole=True), now)


async def give_back_refunded(session: AsyncSession, owner: Owner, now: datetime) -> None:
    """The points of all pieces that were refunded by now. The shopper's books are open."""
    await _return(session, owner, await _list_due(session, owner.order_id), now)


async def find_owner(session: AsyncSession, order_id: int) -> Owner:
    return Owner(*(await session.execute(_select_owners().where(Order.id == order_id))).one())


def _select_owners() -> Select[*tuple[Any, ...]]:  # Any: SQLAlchemy's type of a row
    return select(Order.id, Order.no, Order.user_id, Order.points_fen)


async def _list_due(
    session: AsyncSession, order_id: int, *, whole: bool = False
) -> dict[int, tuple[int, int]]:
    """By line: points returned before, and those to be returned now.

    Rounded on all pieces so far, so any sequence of refunds ends at what was spent.
    """
    undecided = (
        select(RefundLine.line_id, func.sum(RefundLine.quantity).label("pieces"))
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.order_id == order_id, Refund.status.in_(UNDECIDED))
        .group_by(RefundLine.line_id)
        .subquery()
    )
    rows = await session.execute(
        select(
            OrderLine.id,
            OrderLine.quantity,
            OrderLine.points_fen,
            OrderLine.returned_points,
            OrderLine.refunded_quantity - func.coalesce(undecided.c.pieces, 0),
        )
        .outerjoin(undecided, undecided.c.line_id == OrderLine.id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    due = {}
    for line_id, quantity, points, before, pieces in rows.all():
        target = points if whole else points * int(pieces) // quantity
        if target > before:
            due[line_id] = (before, target - before)
    return due


async def _return(
    session: AsyncSession, owner: Owner, due: Mapping[int, tuple[int, int]], now: datetime
) -> None:
    for line_id, (before, more) in due.items():
        returned = await count_changed(
            session,
            update(OrderLine)
            .where(OrderLine.id == line_id, OrderLine.returned_points == before)
            .values(returned_points=before + more),
        )
        if not returned:
            raise Again
    n = sum(more for _, more in due.values())
    if not n:
        return
    total = await session.scalar(
        select(func.sum(OrderLine.returned_points)).where(OrderLine.order_id == owner.order_id)
    )
    # The sum so far numbers the times, so that the same can be given back only once.
    ref = f"order:{owner.order_id}:{total}"
    expires_at = max(await _latest_expiry(session, owner.order_id), now + LEAST_TO_LIVE)
    gain = Gain(owner.user_id, "returned", ref, n, now, expires_at)
    await add_open(session, gain, "returned", now)
    await tell(
        session,
        owner.user_id,
        "points_returned",
        ref,
        params={"n": n},
        link=f"/axf/orders/{owner.no}/",
        now=now,
    )


async def _latest_expiry(session: AsyncSession, order_id: int) -> datetime:
    """Until when the longest-lived of the points that paid for the order would have lasted."""
    latest: datetime = (
        await session.scalars(
            select(PointsLot.expires_at)
            .join(PointsEntry, PointsEntry.lot_id == PointsLot.id)
            .where(PointsEntry.kind == "spent", PointsEntry.ref == f"order:{order_id}")
            .order_by(PointsLot.expires_at.desc())
            .limit(1)
        )
    ).one()
    return latest
