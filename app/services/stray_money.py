"""Money for payments that the shop never asked for: taken down, for a person to look at."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed, upsert
from app.errors import NotFound
from app.models import StrayMoney
from app.providers import Notice

log = logging.getLogger("axf.payments")


@dataclass(frozen=True, slots=True)
class Stray:
    id: int
    provider: str
    ref: str
    payment_no: str
    amount_fen: int
    created_at: datetime


async def keep_stray(session: AsyncSession, notice: Notice, *, now: datetime) -> None:
    """Take it down once, however often it is told."""
    payment_no = notice.payment_no[:64]
    await upsert(
        session,
        StrayMoney,
        {
            "provider": notice.provider,
            "provider_ref": notice.ref,
            "payment_no": payment_no,
            "amount_fen": notice.amount_fen,
            "created_at": now,
        },
        conflict_on=("provider", "provider_ref"),
        update={"payment_no": payment_no},
    )
    log.error(
        "%s reports %s fen as %r for an unknown payment %r",
        notice.provider,
        notice.amount_fen,
        notice.ref,
        payment_no,
    )


async def list_strays(session: AsyncSession, *, limit: int = 100) -> list[Stray]:
    """What nobody has settled yet, oldest first."""
    rows = await session.execute(
        select(
            StrayMoney.id,
            StrayMoney.provider,
            StrayMoney.provider_ref,
            StrayMoney.payment_no,
            StrayMoney.amount_fen,
            StrayMoney.created_at,
        )
        .where(StrayMoney.settled_at.is_(None))
        .order_by(StrayMoney.id)
        .limit(limit)
    )
    return [Stray(*row) for row in rows]


async def settle_stray(session: AsyncSession, stray_id: int, *, now: datetime) -> None:
    """A person has seen to it. Raises NotFound when there is none, or it was settled before."""
    settled = await count_changed(
        session,
        update(StrayMoney)
        .where(StrayMoney.id == stray_id, StrayMoney.settled_at.is_(None))
        .values(settled_at=now),
    )
    if not settled:
        raise NotFound
