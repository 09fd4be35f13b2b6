"""Asking the provider to give money back, as often as it takes, under one number."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, count_changed
from app.models import Order, Payment, Refund
from app.models.base import utcnow
from app.providers import PaymentProvider, ProviderAway, ProviderRefused, RefundRequest
from app.services import refund_books as books
from app.services.outbox import Payload
from app.services.refund_decisions import fail_refund

log = logging.getLogger("axf.refunds")


@dataclass(frozen=True, slots=True)
class RefundSender:
    """The outbox's handler of refunds. The network is only used between two transactions."""

    providers: Mapping[str, PaymentProvider]

    async def __call__(self, db: Database, payload: Payload) -> None:
        no = str(payload["no"])
        found = await db.write_keyed(begin_sending, no)
        if found is None:
            return
        name, request = found
        provider = self.providers.get(name)
        if provider is None:
            raise ProviderAway(f"no provider {name} in the settings")
        try:
            ref = await provider.refund(request)
        except ProviderRefused:
            log.exception("%s refuses refund %s", name, no)
            await db.write_keyed(fail_refund, no, now=utcnow())
        else:
            await db.write_keyed(end_sending, no, ref, now=utcnow())


async def begin_sending(session: AsyncSession, no: str) -> tuple[str, RefundRequest] | None:
    """The provider and what to ask of it; None when there is nothing (more) to send."""
    sending = await count_changed(
        session,
        update(Refund)
        .where(Refund.no == no, Refund.status.in_(("approved", "sending")))
        .values(status="sending"),
    )
    if not sending:
        return None
    row = (
        await session.execute(
            select(
                Payment.provider,
                Payment.no,
                Payment.provider_ref,
                Refund.amount_fen,
                Refund.kind,
            )
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Refund.no == no)
        )
    ).one()
    provider, payment_no, ref, amount_fen, kind = row
    return provider, RefundRequest(no, payment_no, ref or "", amount_fen, kind)


async def end_sending(session: AsyncSession, no: str, ref: str, *, now: datetime) -> None:
    """The money is on its way. Heard twice, it is noted once."""
    order_id = (await session.execute(select(Refund.order_id).where(Refund.no == no))).scalar_one()
    await books.lock_order(session, Order.id == order_id)
    done = await count_changed(
        session,
        update(Refund)
        .where(Refund.no == no, Refund.status == "sending")
        .values(status="done", provider_ref=ref, done_at=now),
    )
    if done:
        await books.note_refund(session, order_id, no, "done", actor="system", now=now)
