"""What staff do with an order as a whole: look, pack, close, refund, say that it came or failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, Conflict, NotFound
from app.models import Order, OrderLine, Shipment
from app.services.order_moves import STAFF, allowed, must_move, refuse_move
from app.services.orders import close_order
from app.services.refund_books import Standing, lock_order, ship_left
from app.services.refund_queries import RefundView, list_refunds
from app.services.refunds import ask_refund, list_kept
from app.services.shipment_failures import fail_parcel
from app.services.shipment_moves import deliver, send_out, settle_order

PAGE = 50
NOT_LEFT = ("paid", "picking")


@dataclass(frozen=True, slots=True)
class StaffOrder:
    id: int
    no: str
    status: str
    placed_at: datetime
    pay_fen: int
    refunded_fen: int
    quantity: int
    receiver: str

    @property
    def actions(self) -> list[str]:
        return allowed(self.status, STAFF)


@dataclass(frozen=True, slots=True)
class StaffLine:
    id: int
    name_zh: str
    name_en: str
    quantity: int
    refunded_quantity: int
    pay_fen: int
    if_sold_out: str | None
    note: str


@dataclass(frozen=True, slots=True)
class StaffPage:
    order: StaffOrder
    lines: tuple[StaffLine, ...]
    refunds: tuple[RefundView, ...]


_SELECT = select(
    Order.id,
    Order.no,
    Order.status,
    Order.placed_at,
    Order.pay_fen,
    Order.refunded_fen,
    Order.quantity,
    Order.receiver,
)


async def list_staff_orders(session: AsyncSession, status: str | None = None) -> list[StaffOrder]:
    """The oldest orders that wait for staff, or the latest ones of a status."""
    query = _SELECT.where(Order.status.in_(NOT_LEFT)).order_by(Order.id)
    if status is not None:
        query = _SELECT.where(Order.status == status).order_by(Order.id.desc())
    return [StaffOrder(*row) for row in await session.execute(query.limit(PAGE))]


async def get_staff_order(session: AsyncSession, no: str) -> StaffPage:
    row = (await session.execute(_SELECT.where(Order.no == no))).one_or_none()
    if row is None:
        raise NotFound
    lines = await session.execute(
        select(
            OrderLine.id,
            OrderLine.name_zh,
            OrderLine.name_en,
            OrderLine.quantity,
            OrderLine.refunded_quantity,
            OrderLine.pay_fen,
            OrderLine.if_sold_out,
            OrderLine.note,
        )
        .where(OrderLine.order_id == row.id)
        .order_by(OrderLine.id)
    )
    refunds = await list_refunds(session, row.id)
    return StaffPage(StaffOrder(*row), tuple(StaffLine(*line) for line in lines), tuple(refunds))


async def pick_order(session: AsyncSession, no: str, *, actor: str, now: datetime) -> None:
    """Begin to pack it; from now on the shopper cannot call it off."""
    order = await lock_order(session, Order.no == no)
    await must_move(session, order.id, "pick", actor=actor, now=now)


async def call_off(session: AsyncSession, no: str, *, actor: str, now: datetime) -> None:
    """The shop cannot deliver: everything is given back."""
    order = await lock_order(session, Order.no == no)
    await close_order(session, order.id, "close", "cancel", actor=actor, now=now)


async def refund_lines(
    session: AsyncSession,
    no: str,
    kind: str,
    lines: Mapping[int, tuple[int, int]],
    *,
    ship_fen: int = 0,
    reason: str,
    actor: str,
    now: datetime,
) -> str | None:
    """Give back pieces of lines. An order of which nothing is left ends by itself."""
    order = await lock_order(session, Order.no == no)
    refund_no = await ask_refund(
        session, order.id, kind, lines, ship_fen=ship_fen, reason=reason, actor=actor, now=now
    )
    await _end_if_empty(session, order, actor=actor, now=now)
    return refund_no


async def refund_all(
    session: AsyncSession, no: str, kind: str, *, reason: str, actor: str, now: datetime
) -> str | None:
    """Give back all that is left of an order that was delivered, delivery fee included."""
    order = await lock_order(session, Order.no == no)
    if order.status not in {"delivered", "completed"}:
        await refuse_move(session, order.id, actor=actor)
    kept = {line_id: (pieces, 0) for line_id, pieces in await list_kept(session, order.id)}
    if not kept:
        raise Conflict(N_("Everything was given back already"))
    fee = await ship_left(session, order)
    return await ask_refund(
        session, order.id, kind, kept, ship_fen=fee, reason=reason, actor=actor, now=now
    )


async def _end_if_empty(
    session: AsyncSession, order: Standing, *, actor: str, now: datetime
) -> None:
    if order.status == "shipping":
        await settle_order(session, order.id, actor=actor, now=now)
    elif order.status in NOT_LEFT and not await list_kept(session, order.id):
        await close_order(session, order.id, "close", "cancel", actor=actor, now=now)


async def deliver_order(session: AsyncSession, no: str, *, actor: str, now: datetime) -> None:
    """All its parcels have arrived."""
    order = await lock_order(session, Order.no == no)
    for parcel_no, status in await _parcels_under_way(session, order, actor):
        if status == "packed":
            await send_out(session, parcel_no, now=now)
        await deliver(session, parcel_no, actor=actor, now=now)
    await _check_ended(session, order)


async def fail_order(
    session: AsyncSession,
    no: str,
    restock: Mapping[int, int],
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    """None of its parcels could be delivered; `restock`: pieces by line that can be sold again."""
    order = await lock_order(session, Order.no == no)
    parcels = await _parcels_under_way(session, order, actor)
    if len(parcels) > 1 and restock:
        raise Conflict(N_("There are several parcels: please end them one by one"))
    for index, (parcel_no, _) in enumerate(parcels):
        fee = await ship_left(session, order) if index == 0 else 0
        await fail_parcel(
            session, parcel_no, restock, reason=reason, ship_fen=fee, actor=actor, now=now
        )
    await _check_ended(session, order)


async def _parcels_under_way(
    session: AsyncSession, order: Standing, actor: str
) -> list[tuple[str, str]]:
    if order.status != "shipping":
        await refuse_move(session, order.id, actor=actor)
    rows = await session.execute(
        select(Shipment.no, Shipment.status)
        .where(Shipment.order_id == order.id, Shipment.status.in_(("packed", "out")))
        .order_by(Shipment.id)
    )
    return [(row[0], row[1]) for row in rows]


async def _check_ended(session: AsyncSession, order: Standing) -> None:
    status = await session.scalar(select(Order.status).where(Order.id == order.id))
    if status == "shipping":
        raise Conflict(N_("Some of it has not been sent yet"))
