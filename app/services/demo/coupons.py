"""The demo shop's coupons: what is offered, what the shoppers have, and what an order used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ChildType, Coupon, CouponScope, CouponTemplate, FoodType, User
from app.services.demo.files import read_coupons
from app.services.demo.parts import DemoCoupon
from app.services.demo.placings import SHOP_ZONE, Placing
from app.services.quote import CouponTerms

MORNING = time(7)
CLAIMED_BEFORE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class UsedCoupon:
    """The coupon of an order that is about to be written."""

    id: int
    terms: CouponTerms


async def add_coupons(session: AsyncSession, *, now: datetime) -> int:
    """Add what the shop does not offer yet; how many."""
    known = set(await session.scalars(select(CouponTemplate.source_key)))
    missing = [coupon for coupon in read_coupons() if coupon.key not in known]
    for coupon in missing:
        template = _template(coupon, now)
        session.add(template)
        await session.flush()
        refs = await _refs(session, coupon)
        session.add_all(CouponScope(template_id=template.id, ref_id=ref) for ref in refs)
    await session.flush()
    return len(missing)


def _template(coupon: DemoCoupon, now: datetime) -> CouponTemplate:
    tomorrow = now.astimezone(SHOP_ZONE).date() + timedelta(days=1)
    starts = datetime.combine(tomorrow, MORNING, SHOP_ZONE)
    return CouponTemplate(
        source_key=coupon.key,
        title_zh=coupon.title_zh,
        title_en=coupon.title_en,
        kind=coupon.kind,
        amount_fen=coupon.amount,
        percent_bp=coupon.percent,
        most_fen=coupon.most,
        least_fen=coupon.least,
        scope=coupon.scope,
        total=coupon.total,
        per_user=coupon.per_user,
        is_listed=coupon.listed,
        least_level=coupon.level,
        valid_days=coupon.days,
        claim_from=starts if coupon.when == "tomorrow" else None,
        claim_to=now - CLAIMED_BEFORE if coupon.when == "over" else None,
    )


async def _refs(session: AsyncSession, coupon: DemoCoupon) -> list[int]:
    if coupon.scope == "all":
        return []
    table = FoodType if coupon.scope == "type" else ChildType
    return list(await session.scalars(select(table.id).where(table.name_zh.in_(coupon.of))))


async def add_owners(session: AsyncSession, user: User, *, now: datetime) -> None:
    """What this shopper has claimed and not used."""
    ids = await _template_ids(session)
    for coupon in read_coupons():
        for nth, days in enumerate(coupon.owners.get(user.username, ()), start=1):
            ends = now + timedelta(days=days)
            await _write(session, ids[coupon.key], user.id, coupon, ends=ends, nth=nth)


async def use_coupon(session: AsyncSession, placing: Placing) -> UsedCoupon | None:
    """The coupon with which the order was placed, as yet unused; None when it was without."""
    key = placing.order.coupon
    if not key:
        return None
    coupon = next(coupon for coupon in read_coupons() if coupon.key == key)
    template_id = (await _template_ids(session))[key]
    ends = placing.placed_at + timedelta(days=coupon.days)
    coupon_id = await _write(session, template_id, placing.user.id, coupon, ends=ends, nth=1)
    terms = CouponTerms(
        coupon_id,
        coupon.kind,
        coupon.amount,
        coupon.percent,
        coupon.most,
        coupon.least,
        coupon.title_zh,
        coupon.title_en,
    )
    return UsedCoupon(coupon_id, terms)


async def mark_used(session: AsyncSession, coupon: UsedCoupon, order_id: int) -> None:
    await session.execute(
        update(Coupon).where(Coupon.id == coupon.id).values(status="used", order_id=order_id)
    )


async def _template_ids(session: AsyncSession) -> Mapping[str, int]:
    rows = await session.execute(select(CouponTemplate.source_key, CouponTemplate.id))
    return {row[0]: row[1] for row in rows}


async def _write(
    session: AsyncSession,
    template_id: int,
    user_id: int,
    coupon: DemoCoupon,
    *,
    ends: datetime,
    nth: int,
) -> int:
    """One more that was handed out, in time to run out at `ends`."""
    claimed_at = ends - timedelta(days=coupon.days)
    await session.execute(
        update(CouponTemplate)
        .where(CouponTemplate.id == template_id)
        .values(claimed=CouponTemplate.claimed + 1)
    )
    row = Coupon(
        template_id=template_id,
        user_id=user_id,
        nth=nth,
        valid_from=claimed_at,
        valid_to=ends,
        created_at=claimed_at,
    )
    session.add(row)
    await session.flush()
    return row.id
