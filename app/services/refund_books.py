"""The books of refunds: what is reserved of payment, order and lines, and the rows that say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.errors import N_, Conflict, NotFound
from app.models import Order, OrderLine, Payment, Refund, RefundLine
from app.models.refund import BESIDE
from app.services.money import refundable
from app.services.numbers import new_payment_no
from app.services.order_moves import note_event
from app.services.outbox import put

TOPIC = "refund"
# Nothing of such a refund is reserved any more.
VOID = ("failed", "rejected")


@dataclass(frozen=True, slots=True)
class Standing:
    """An order whose row this transaction has locked. `payment_id` is None when it cost nothing."""

    id: int
    status: str
    pay_fen: int
    ship_fen: int
    refunded_fen: int
    payment_id: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """Some pieces of a line, what they bring, and how many can be sold again."""

    line_id: int
    goods_id: int
    quantity: int
    amount_fen: int
    restock: int


@dataclass(frozen=True, slots=True)
class Giving:
    """A refund to be written."""

    order_id: int
    payment_id: int
    kind: str
    amount_fen: int
    actor: str
    now: datetime
    ship_fen: int = 0
    reason: str = ""
    is_approved: bool = True
    parts: Sequence[Part] = ()


async def lock_order(session: AsyncSession, *which: ColumnElement[bool]) -> Standing:
    """Make everybody else wait who would move this order or its money."""
    query = (
        select(Order.id, Order.status, Order.pay_fen, Order.ship_fen, Order.refunded_fen)
        .where(*which)
        .with_for_update()
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    paid = await session.scalar(select(Payment.id).where(Payment.paid_for == row.id))
    return Standing(*row, payment_id=paid)


async def claim_parts(
    session: AsyncSession, order_id: int, wanted: Mapping[int, tuple[int, int]]
) -> list[Part]:
    """Reserve pieces of lines, and of each how many can be sold again, with their money."""
    rows = await session.execute(
        select(
            OrderLine.id,
            OrderLine.goods_id,
            OrderLine.quantity,
            OrderLine.pay_fen,
            OrderLine.refunded_quantity,
            OrderLine.refunded_fen,
        )
        .where(OrderLine.order_id == order_id, OrderLine.id.in_(list(wanted)))
        .order_by(OrderLine.id)
    )
    lines = rows.all()
    if len(lines) != len(wanted):
        raise NotFound
    parts = []
    for line_id, goods_id, quantity, pay_fen, done, done_fen in lines:
        more, restock = wanted[line_id]
        if not 0 < more <= quantity - done or not 0 <= restock <= more:
            raise Conflict(N_("At most %(left)s can still be given back"), left=quantity - done)
        amount = refundable(pay_fen, quantity, done, done_fen, more)
        await _change_line(session, line_id, more, amount, OrderLine.refunded_quantity == done)
        parts.append(Part(line_id, goods_id, more, amount, restock))
    return parts


async def _change_line(
    session: AsyncSession, line_id: int, pieces: int, fen: int, *guards: ColumnElement[bool]
) -> None:
    changed = await count_changed(
        session,
        update(OrderLine)
        .where(OrderLine.id == line_id, *guards)
        .values(
            refunded_quantity=OrderLine.refunded_quantity + pieces,
            refunded_fen=OrderLine.refunded_fen + fen,
        ),
    )
    if not changed:
        raise Again


async def check_ship(session: AsyncSession, order: Standing, ship_fen: int) -> None:
    """Raises Conflict when the delivery fee would be given back more than once."""
    if ship_fen > await ship_left(session, order):
        raise Conflict(N_("The delivery fee was given back already"))


async def ship_left(session: AsyncSession, order: Standing) -> int:
    given = select(func.coalesce(func.sum(Refund.ship_fen), 0)).where(
        Refund.order_id == order.id, Refund.status.not_in(VOID)
    )
    return order.ship_fen - int(await session.scalar(given) or 0)


async def write_refund(session: AsyncSession, giving: Giving) -> str:
    """Reserve the money and write the rows; the refund's number. The order's row is locked.

    Raises Conflict when the payment or the order does not have so much left.
    """
    await reserve(session, giving.order_id, giving.payment_id, giving.kind, giving.amount_fen)
    no = new_payment_no()
    refund = Refund(
        no=no,
        order_id=giving.order_id,
        payment_id=giving.payment_id,
        kind=giving.kind,
        status="approved" if giving.is_approved else "asked",
        amount_fen=giving.amount_fen,
        ship_fen=giving.ship_fen,
        reason=giving.reason,
        actor=giving.actor,
        created_at=giving.now,
    )
    session.add(refund)
    await session.flush()
    if giving.parts:
        await session.execute(insert(RefundLine), [_row(refund.id, part) for part in giving.parts])
    if giving.is_approved:
        await put(session, TOPIC, no, {"no": no}, at=giving.now)
    await note_refund(
        session, giving.order_id, no, refund.status, actor=giving.actor, now=giving.now
    )
    return no


def _row(refund_id: int, part: Part) -> dict[str, int]:
    return {
        "refund_id": refund_id,
        "line_id": part.line_id,
        "quantity": part.quantity,
        "amount_fen": part.amount_fen,
        "restock_quantity": part.restock,
    }


async def note_refund(
    session: AsyncSession, order_id: int, no: str, status: str, *, actor: str, now: datetime
) -> None:
    """In the order's history, with the refund's number."""
    await note_event(
        session, order_id, f"refund_{status}", None, None, actor=actor, now=now, note=no
    )


async def reserve(
    session: AsyncSession, order_id: int, payment_id: int, kind: str, fen: int
) -> None:
    """Take money aside so that nobody gives it back too; a negative sum sets it free again."""
    reserved = await count_changed(
        session,
        update(Payment)
        .where(Payment.id == payment_id, Payment.refunded_fen + fen <= Payment.received_fen)
        .values(refunded_fen=Payment.refunded_fen + fen),
    )
    if reserved and kind not in BESIDE:
        reserved = await count_changed(
            session,
            update(Order)
            .where(Order.id == order_id, Order.refunded_fen + fen <= Order.pay_fen)
            .values(refunded_fen=Order.refunded_fen + fen),
        )
    if not reserved:
        raise Conflict(N_("That is more than was paid"))


async def change_lines(session: AsyncSession, refund_id: int, *, sign: int) -> None:
    """Undo (-1) or redo (1) what a refund has reserved of its lines."""
    rows = await session.execute(
        select(RefundLine.line_id, RefundLine.quantity, RefundLine.amount_fen)
        .where(RefundLine.refund_id == refund_id)
        .order_by(RefundLine.line_id)
    )
    for line_id, pieces, fen in rows.all():
        await _change_line(
            session,
            line_id,
            sign * pieces,
            sign * fen,
            OrderLine.refunded_quantity + sign * pieces <= OrderLine.quantity,
            OrderLine.refunded_fen + sign * fen <= OrderLine.pay_fen,
        )
