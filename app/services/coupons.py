"""The coupons of a shopper: held by an unpaid order, used by a paid one, given back by a closed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.models import Coupon, CouponTemplate
from app.services.coupon_terms import read_terms, terms_columns, with_scopes
from app.services.quote import CouponTerms

# What is left of a coupon that ran out while an order held it.
EXTENSION = timedelta(hours=24)
MOST_LISTED = 100


async def list_usable(session: AsyncSession, user_id: int, now: datetime) -> list[CouponTerms]:
    """The shopper's coupons that are ready and valid, those that run out first in front."""
    ready = (
        select(*terms_columns(Coupon.id), Coupon.valid_to)
        .join(CouponTemplate, CouponTemplate.id == Coupon.template_id)
        .where(
            Coupon.user_id == user_id,
            Coupon.status == "ready",
            Coupon.valid_from <= now,
            Coupon.valid_to > now,
        )
        .order_by(Coupon.valid_to, Coupon.id)
        .limit(MOST_LISTED)
        .subquery()
    )
    query = with_scopes(ready).order_by(ready.c.valid_to, ready.c.coupon_id)
    return [terms for _, terms in read_terms(await session.execute(query))]


async def hold(
    session: AsyncSession, coupon_id: int, user_id: int, order_id: int, now: datetime
) -> bool:
    """Keep a coupon for an order. False when it is not this shopper's, or no longer usable."""
    held = await count_changed(
        session,
        update(Coupon)
        .where(
            Coupon.id == coupon_id,
            Coupon.user_id == user_id,
            Coupon.status == "ready",
            Coupon.valid_from <= now,
            Coupon.valid_to > now,
        )
        .values(status="held", order_id=order_id),
    )
    return held == 1


async def use_held(session: AsyncSession, order_id: int) -> None:
    """The order is paid: its coupons are used. Again is no harm."""
    await count_changed(
        session,
        update(Coupon)
        .where(Coupon.order_id == order_id, Coupon.status == "held")
        .values(status="used"),
    )


async def give_back(session: AsyncSession, order_ids: Sequence[int], now: datetime) -> None:
    """Make the coupons of orders that were just closed ready again.

    One that ran out meanwhile lives a day longer, but only once: else placing and cancelling
    would keep a coupon for ever.
    """
    if not order_ids:
        return
    theirs = (Coupon.order_id.in_(order_ids), Coupon.status.in_(("held", "used")))
    await count_changed(
        session,
        update(Coupon)
        .where(*theirs, Coupon.valid_to <= now, Coupon.extended_at.is_(None))
        .values(valid_to=now + EXTENSION, extended_at=now),
    )
    await count_changed(
        session, update(Coupon).where(*theirs).values(status="ready", order_id=None)
    )
