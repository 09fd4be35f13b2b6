"""Orders as their pages show them. Everything is found through its owner."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Order, OrderEvent, OrderLine, Payment, Review
from app.services.order_views import Event, Head, Listed, OrderPage, OrderView, Piece
from app.services.orders import TABS, has_refund
from app.services.refund_queries import list_refunds
from app.services.reviews import awaits_review

PAGE = 20

Columns = Select[*tuple[Any, ...]]  # Any: SQLAlchemy's own type of a row of many columns


async def get_head(session: AsyncSession, user_id: int, no: str, *, now: datetime) -> Head:
    rows = await session.execute(_select_heads().where(Order.user_id == user_id, Order.no == no))
    row = rows.one_or_none()
    if row is None:
        raise NotFound
    return _head(now, *row)


async def get_order(session: AsyncSession, user_id: int, no: str, *, now: datetime) -> OrderView:
    head = await get_head(session, user_id, no, now=now)
    events = await session.execute(
        select(OrderEvent.kind, OrderEvent.at)
        .where(OrderEvent.order_id == head.id)
        .order_by(OrderEvent.seq.desc())
    )
    lines = await _list_pieces(session, [head.id])
    refunds = await list_refunds(session, head.id)
    return OrderView(head, tuple(lines), tuple(Event(*row) for row in events), tuple(refunds))


async def list_orders(
    session: AsyncSession, user_id: int, tab: str, *, before: str | None, now: datetime
) -> OrderPage:
    """A page of orders by key: those older than the order `before`."""
    query = _select_heads().where(Order.user_id == user_id)
    if tab in TABS:
        query = query.where(Order.status.in_(TABS[tab]))
    elif tab == "refunds":
        query = query.where(has_refund())
    elif tab == "to_review":
        query = query.where(awaits_review())
    if before:
        # An unknown number, or somebody else's, is NULL here and finds nothing.
        last = select(Order.id).where(Order.no == before, Order.user_id == user_id)
        query = query.where(Order.id < last.scalar_subquery())
    rows = await session.execute(query.order_by(Order.id.desc()).limit(PAGE + 1))
    heads = [_head(now, *row) for row in rows]
    shown = heads[:PAGE]
    pieces = await _list_pieces(session, [head.id for head in shown])
    orders = tuple(
        Listed(head, tuple(piece for piece in pieces if piece.order_id == head.id))
        for head in shown
    )
    return OrderPage(orders, shown[-1].no if len(heads) > PAGE else None)


def _select_heads() -> Columns:
    late = (
        select(func.coalesce(func.sum(Payment.received_fen), 0))
        .where(Payment.order_id == Order.id, Payment.status.in_(("late", "mismatch")))
        .scalar_subquery()
    )
    return select(
        late,
        Order.id,
        Order.no,
        Order.status,
        Order.close_reason,
        Order.goods_fen,
        Order.ship_fen,
        Order.off_fen,
        Order.points_fen,
        Order.pay_fen,
        Order.refunded_fen,
        Order.quantity,
        Order.receiver,
        Order.phone,
        Order.region,
        Order.area,
        Order.room,
        Order.note,
        Order.placed_at,
        Order.pay_by,
        Order.paid_at,
        Order.delivered_at,
        Order.slot_starts_at,
        Order.slot_ends_at,
    )


def _head(now: datetime, *row: Any) -> Head:  # Any: the columns of _select_heads
    late, *columns = row
    return Head(now, int(late), *columns)  # MariaDB's SUM is a Decimal


async def _list_pieces(session: AsyncSession, order_ids: list[int]) -> list[Piece]:
    if not order_ids:
        return []
    query: Columns = select(
        OrderLine.order_id,
        OrderLine.goods_id,
        OrderLine.name_zh,
        OrderLine.name_en,
        OrderLine.spec,
        OrderLine.picture,
        OrderLine.tint,
        OrderLine.quantity,
        OrderLine.unit_fen,
        OrderLine.pay_fen,
        OrderLine.refunded_quantity,
        OrderLine.note,
        Review.id.is_not(None),
    )
    rows = await session.execute(
        query.outerjoin(Review, Review.order_line_id == OrderLine.id)
        .where(OrderLine.order_id.in_(order_ids))
        .order_by(OrderLine.id)
    )
    return [Piece(*row) for row in rows]
