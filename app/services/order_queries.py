"""Orders as their pages show them. Everything is found through its owner."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Order, OrderEvent, OrderLine, Payment
from app.services.order_moves import SHOPPER, allowed
from app.services.orders import TABS

PAGE = 20

Columns = Select[*tuple[Any, ...]]  # Any: SQLAlchemy's own type of a row of many columns


@dataclass(frozen=True, slots=True)
class Head:
    """An order without its lines. `late_fen` is money that came in beside it, to be given back."""

    now: datetime
    late_fen: int
    id: int
    no: str
    status: str
    close_reason: str | None
    goods_fen: int
    ship_fen: int
    off_fen: int
    pay_fen: int
    quantity: int
    receiver: str
    phone: str
    area: str
    room: str
    note: str
    placed_at: datetime
    pay_by: datetime | None
    paid_at: datetime | None

    @property
    def state(self) -> str:
        """The status in the shopper's eyes: an order past its time is `expired`, and is shown so
        before anybody has come to close it."""
        if self.status == "unpaid" and self.pay_by is not None and self.pay_by <= self.now:
            return "expired"
        if self.status == "closed" and self.close_reason == "timeout":
            return "expired"
        return self.status

    @property
    def can_pay(self) -> bool:
        return self.state == "unpaid"

    @property
    def actions(self) -> list[str]:
        """What the shopper may do now, as the names of moves."""
        return allowed(self.state, SHOPPER)

    @property
    def seconds_to_pay(self) -> int:
        return max(0, int((self.pay_by - self.now).total_seconds())) if self.pay_by else 0

    @property
    def seconds_given(self) -> int:
        return int((self.pay_by - self.placed_at).total_seconds()) if self.pay_by else 0

    @property
    def masked_phone(self) -> str:
        return f"{self.phone[:3]}****{self.phone[-4:]}"

    @property
    def groups(self) -> list[str]:
        """The number in pieces of four, to be read out."""
        return [self.no[start : start + 4] for start in range(0, len(self.no), 4)]


@dataclass(frozen=True, slots=True)
class Piece:
    """A frozen line."""

    order_id: int
    goods_id: int
    name_zh: str
    name_en: str
    spec: str
    picture: str
    tint: str
    quantity: int
    unit_fen: int
    pay_fen: int


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order with its lines and its history, latest first."""

    head: Head
    lines: tuple[Piece, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    head: Head
    lines: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some orders, latest first; `next_before` is where the next page begins, if there is one."""

    orders: tuple[Listed, ...]
    next_before: str | None


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
    return OrderView(head, tuple(lines), tuple(Event(*row) for row in events))


async def list_orders(
    session: AsyncSession, user_id: int, tab: str, *, before: str | None, now: datetime
) -> OrderPage:
    """A page of orders by key: those older than the order `before`."""
    query = _select_heads().where(Order.user_id == user_id)
    if tab in TABS:
        query = query.where(Order.status.in_(TABS[tab]))
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
        select(func.coalesce(func.sum(Payment.received_fen - Payment.refunded_fen), 0))
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
        Order.pay_fen,
        Order.quantity,
        Order.receiver,
        Order.phone,
        Order.area,
        Order.room,
        Order.note,
        Order.placed_at,
        Order.pay_by,
        Order.paid_at,
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
    )
    rows = await session.execute(
        query.where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.id)
    )
    return [Piece(*row) for row in rows]
