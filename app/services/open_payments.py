"""Asking the providers about money that they should have told us of."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, count_changed
from app.errors import ShopError
from app.models import Order, Payment
from app.providers import PaymentProvider, ProviderAway, ProviderRefused
from app.services.payments import take_notice

log = logging.getLogger("axf.payments")

BATCH = 100
AT_ONCE = 8
# A notice takes seconds, so whoever is asked earlier would mostly be asked for nothing.
PATIENCE = timedelta(minutes=1)
# An order waits two hours at most, and a provider takes no money for one that is over.
GIVE_UP = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class OpenPayment:
    id: int
    no: str
    provider: str
    is_old: bool


async def is_awaited(session: AsyncSession, payment_no: str) -> bool:
    """Whether the order behind this payment still waits for its money."""
    query = (
        select(Order.status)
        .join(Payment, Payment.order_id == Order.id)
        .where(Payment.no == payment_no)
    )
    return await session.scalar(query) == "unpaid"


async def query_open_payments(
    db: Database, providers: Mapping[str, PaymentProvider], now: datetime
) -> int:
    """Ask about every payment that is open for more than a minute; how many brought money.

    What a provider answers takes the way of a notice, so a notice that comes beside it or later
    changes nothing. One that does not answer is asked again by the next pass.
    """
    settled, after = 0, 0
    gate = asyncio.Semaphore(AT_ONCE)
    while batch := await db.read(list_open_payments, list(providers), now, after=after):
        asked = [_ask(db, gate, providers[payment.provider], payment, now) for payment in batch]
        settled += sum(await asyncio.gather(*asked))
        after = batch[-1].id
    return settled


async def list_open_payments(
    session: AsyncSession,
    providers: Sequence[str],
    now: datetime,
    *,
    after: int = 0,
    limit: int = BATCH,
) -> list[OpenPayment]:
    """Those of these providers that nobody has paid for more than a minute, in id order."""
    rows = await session.execute(
        select(Payment.id, Payment.no, Payment.provider, Payment.created_at)
        .where(
            Payment.status == "created",
            Payment.provider.in_(providers),
            Payment.provider_ref.is_(None),  # says the status too, and has an index
            Payment.created_at <= now - PATIENCE,
            Payment.id > after,
        )
        .order_by(Payment.id)
        .limit(limit)
    )
    return [OpenPayment(*row[:3], is_old=row.created_at <= now - GIVE_UP) for row in rows]


async def _ask(
    db: Database,
    gate: asyncio.Semaphore,
    provider: PaymentProvider,
    payment: OpenPayment,
    now: datetime,
) -> bool:
    try:
        async with gate:
            notice = await provider.query(payment.no)
        if notice is not None:
            receipt = await db.write_keyed(take_notice, notice, now=now)
            log.info("payment %s had no notice and is %s", receipt.payment_no, receipt.status)
        elif payment.is_old:
            await db.write(give_up, payment.id)
    except (ProviderAway, ProviderRefused, ShopError) as error:
        # The other payments are asked about all the same, and this one with the next pass.
        log.warning("%s says nothing of payment %s: %s", provider.name, payment.no, error)
        return False
    return notice is not None


async def give_up(session: AsyncSession, payment_id: int) -> bool:
    """Ask no more about it. Money that comes all the same is booked as late."""
    return bool(
        await count_changed(
            session,
            update(Payment)
            .where(Payment.id == payment_id, Payment.status == "created")
            .values(status="void"),
        )
    )
