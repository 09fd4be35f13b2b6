"""Asking for an order's money, and believing that it came only when the provider says so."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.errors import NotFound
from app.models import Order, Payment
from app.providers import Notice, PaymentRequest
from app.services import coupons
from app.services.numbers import new_payment_no
from app.services.order_moves import SYSTEM, make_move
from app.services.refund_books import lock_order
from app.services.refunds import return_money
from app.services.sales import count_sales
from app.services.stray_money import keep_stray

log = logging.getLogger("axf.payments")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the money: paid, late (order closed or paid already), mismatch, or stray
    (for no payment of ours)."""

    payment_no: str
    status: str


async def begin_payment(
    session: AsyncSession, user_id: int, no: str, provider: str, *, now: datetime
) -> PaymentRequest | None:
    """The open payment of an order, made if there is none; None when there is nothing to pay."""
    # The lock lets two clicks in one after the other, so that they get the same payment.
    order = (
        await session.execute(
            select(Order.id, Order.status, Order.pay_by, Order.pay_fen)
            .where(Order.user_id == user_id, Order.no == no)
            .with_for_update()
        )
    ).one_or_none()
    if order is None:
        raise NotFound
    if order.status != "unpaid" or order.pay_by <= now:
        return None
    if order.pay_fen == 0:
        await settle_free(session, order.id, now=now)
        return None
    payment_no = await session.scalar(
        select(Payment.no).where(
            Payment.order_id == order.id, Payment.provider == provider, Payment.status == "created"
        )
    )
    if payment_no is None:
        payment_no = new_payment_no()
        await session.execute(
            insert(Payment).values(
                no=payment_no, order_id=order.id, provider=provider, amount_fen=order.pay_fen
            )
        )
    return PaymentRequest(payment_no, no, order.pay_fen, order.pay_by)


async def get_payment_request(
    session: AsyncSession, payment_no: str, provider: str
) -> PaymentRequest:
    """What a provider was asked to collect; raises NotFound for a number it was never given."""
    row = (
        await session.execute(
            select(Payment.no, Order.no, Payment.amount_fen, Order.pay_by)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.no == payment_no, Payment.provider == provider)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return PaymentRequest(*row)


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    no: str
    order_id: int
    amount_fen: int
    status: str
    ref: str | None


async def take_notice(session: AsyncSession, notice: Notice, *, now: datetime) -> Receipt:
    """Book money that a provider reports. Nothing else makes an order paid.

    The same (provider, ref) again answers the same and changes nothing, so it may be run and
    sent as often as anybody likes. Money that fits no open order is booked as late or mismatch,
    and money for no payment of ours is kept for a person.
    """
    known = await _find_payment(session, notice)
    if known is None:
        await keep_stray(session, notice, now=now)
        return Receipt(notice.payment_no, "stray")
    if known.ref == notice.ref:
        return Receipt(known.no, known.status)
    # With the order's row locked, paying, closing and giving back happen one after the other.
    await lock_order(session, Order.id == known.order_id)
    if known.status != "created":
        return await _return(session, await _book_second(session, known, notice, now), notice, now)
    status = await _judge(session, known, notice, now)
    receipt = await _book(session, known, notice, status, now)
    if status != "paid":
        return await _return(session, receipt, notice, now)
    await _note_paid(session, known.order_id)
    return receipt


async def _judge(session: AsyncSession, known: _Known, notice: Notice, now: datetime) -> str:
    """What the money is good for: it pays the order if that can still be paid with it."""
    if notice.amount_fen != known.amount_fen:
        return "mismatch"
    actor = f"provider:{notice.provider}"
    fits = Order.pay_fen == notice.amount_fen
    moved = await make_move(session, known.order_id, "pay", fits, actor=actor, now=now)
    return "paid" if moved else "late"


async def _return(
    session: AsyncSession, receipt: Receipt, notice: Notice, now: datetime
) -> Receipt:
    """Give back at once, in the transaction that books it, what pays no order."""
    log.warning(
        "%s fen for payment %s are %s", notice.amount_fen, receipt.payment_no, receipt.status
    )
    row = (
        await session.execute(
            select(Payment.id, Payment.order_id).where(Payment.no == receipt.payment_no)
        )
    ).one()
    await return_money(session, row.order_id, row.id, receipt.status, notice.amount_fen, now=now)
    return receipt


async def settle_free(session: AsyncSession, order_id: int, *, now: datetime) -> None:
    """An order that costs nothing needs nobody's money."""
    if await make_move(session, order_id, "settle", Order.pay_fen == 0, actor=SYSTEM, now=now):
        await _note_paid(session, order_id)


async def _note_paid(session: AsyncSession, order_id: int) -> None:
    await coupons.use_held(session, order_id)
    await count_sales(session, order_id)


async def _find_payment(session: AsyncSession, notice: Notice) -> _Known | None:
    """The payment that was booked under this reference, else the one that the notice names."""
    rows = await session.execute(
        select(
            Payment.id,
            Payment.no,
            Payment.order_id,
            Payment.amount_fen,
            Payment.status,
            Payment.provider_ref,
        ).where(
            Payment.provider == notice.provider,
            or_(Payment.no == notice.payment_no, Payment.provider_ref == notice.ref),
        )
    )
    found = [_Known(*row) for row in rows]
    return min(found, key=lambda payment: payment.ref != notice.ref, default=None)


async def _book(
    session: AsyncSession, known: _Known, notice: Notice, status: str, now: datetime
) -> Receipt:
    """Write the money on the open payment. Whoever lost the race to do so starts again."""
    try:
        booked = await count_changed(
            session,
            update(Payment)
            .where(Payment.id == known.id, Payment.status == "created")
            .values(
                status=status,
                paid_for=known.order_id if status == "paid" else None,
                provider_ref=notice.ref,
                received_fen=notice.amount_fen,
                received_at=now,
            ),
        )
    except IntegrityError as error:
        raise Again from error
    if not booked:
        raise Again
    return Receipt(known.no, status)


async def _book_second(
    session: AsyncSession, known: _Known, notice: Notice, now: datetime
) -> Receipt:
    """Money again for a payment that has had its money: a row of its own, to be given back."""
    receipt = Receipt(new_payment_no(), "late")
    try:
        await session.execute(
            insert(Payment).values(
                no=receipt.payment_no,
                order_id=known.order_id,
                provider=notice.provider,
                provider_ref=notice.ref,
                status=receipt.status,
                amount_fen=notice.amount_fen,
                received_fen=notice.amount_fen,
                received_at=now,
            )
        )
    except IntegrityError as error:
        raise Again from error
    return receipt
