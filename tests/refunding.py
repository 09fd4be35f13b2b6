"""Orders that were paid, sent and delivered, and the check of the money afterwards."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, OrderLine, Payment, Refund, RefundLine, User
from app.models.base import utcnow
from app.providers import Notice
from app.services.order_moves import make_move
from app.services.payments import begin_payment, take_notice
from app.services.shipment_moves import deliver, send_out
from app.services.shipments import ship
from tests.shopping import KEY, make_buyer, order_of, place

VOID = ("failed", "rejected")
STAFF = "staff:test"


async def pay(session: AsyncSession, user_id: int, no: str, *, ref: str | None = None) -> None:
    payment = await begin_payment(session, user_id, no, "sandbox", now=utcnow())
    assert payment is not None
    notice = Notice("sandbox", payment.payment_no, ref or f"R-{no}", payment.amount_fen)
    assert (await take_notice(session, notice, now=utcnow())).status == "paid"


async def make_paid(session: AsyncSession, *basket: tuple[Goods, int]) -> tuple[User, Order]:
    buyer = await make_buyer(session, *basket)
    no = (await place(session, buyer.id, key=KEY)).no
    await pay(session, buyer.id, no)
    return buyer, await order_of(session, no)


async def pick(session: AsyncSession, order: Order) -> None:
    assert await make_move(session, order.id, "pick", actor=STAFF, now=utcnow())


async def send(session: AsyncSession, order: Order) -> str:
    """Pack all of it into one parcel; its number."""
    await pick(session, order)
    return await ship(session, order.id, kind="rider", rider="Wang", actor=STAFF, now=utcnow())


async def make_delivered(session: AsyncSession, *basket: tuple[Goods, int]) -> tuple[User, Order]:
    buyer, order = await make_paid(session, *basket)
    parcel = await send(session, order)
    await send_out(session, parcel, now=utcnow())
    await deliver(session, parcel, actor=STAFF, now=utcnow())
    order = await order_of(session, order.no)
    assert order.status == "delivered"
    return buyer, order


async def delivered_ago(session: AsyncSession, order: Order, ago: timedelta) -> datetime:
    at = utcnow() - ago
    await session.execute(update(Order).where(Order.id == order.id).values(delivered_at=at))
    return at


async def lines_of(session: AsyncSession, order: Order) -> list[OrderLine]:
    rows = await session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def refunds_of(session: AsyncSession, order: Order) -> list[tuple[str, str, int]]:
    rows = await session.execute(
        select(Refund.kind, Refund.status, Refund.amount_fen)
        .where(Refund.order_id == order.id)
        .order_by(Refund.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def wrong_money(session: AsyncSession) -> list[str]:
    """What does not add up: money reserved of payments, orders and lines against the refunds."""
    wrong = []
    payments = select(Payment.id, Payment.refunded_fen, Payment.received_fen)
    for payment_id, refunded, received in (await session.execute(payments)).all():
        if refunded != await _sum(session, Refund.payment_id == payment_id) or refunded > received:
            wrong.append(f"payment {payment_id}")
    orders = select(Order.id, Order.refunded_fen, Order.pay_fen, Order.status, Order.paid_at)
    for order_id, refunded, pay_fen, status, paid_at in (await session.execute(orders)).all():
        beside = Refund.kind.not_in(("late", "mismatch"))
        if refunded != await _sum(session, Refund.order_id == order_id, beside):
            wrong.append(f"order {order_id}")
        if status == "closed" and paid_at and refunded != pay_fen:
            wrong.append(f"closed order {order_id} keeps money")
    lines = select(OrderLine.id, OrderLine.refunded_quantity, OrderLine.refunded_fen)
    for line_id, pieces, fen in (await session.execute(lines)).all():
        given = (
            await session.execute(
                select(
                    func.coalesce(func.sum(RefundLine.quantity), 0),
                    func.coalesce(func.sum(RefundLine.amount_fen), 0),
                )
                .join(Refund, Refund.id == RefundLine.refund_id)
                .where(RefundLine.line_id == line_id, Refund.status.not_in(VOID))
            )
        ).one()
        if (pieces, fen) != (int(given[0]), int(given[1])):
            wrong.append(f"line {line_id}")
    return wrong


async def _sum(session: AsyncSession, *which: object) -> int:
    total = select(func.sum(Refund.amount_fen)).where(Refund.status.not_in(VOID), *which)  # type: ignore[arg-type]
    return int(await session.scalar(total) or 0)
