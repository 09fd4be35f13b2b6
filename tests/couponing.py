"""Coupons for tests: what the shop offers, and what shoppers have of it."""

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Coupon, CouponScope, CouponTemplate, Member, User
from app.models.base import utcnow

_serial = count(1)


async def make_offer_of(
    session: AsyncSession,
    *,
    key: str | None = None,
    title: str = "",
    kind: str = "amount",
    amount: int = 500,
    percent: int = 0,
    least: int = 0,
    scope: str = "all",
    refs: tuple[int, ...] = (),
    total: int | None = None,
    per_user: int = 1,
    is_listed: bool = True,
    level: int = 0,
    claim_from: datetime | None = None,
    claim_to: datetime | None = None,
    days: int | None = 7,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> CouponTemplate:
    """A template that can be claimed; `amount` and `least` in fen, `percent` in basis points."""
    number = next(_serial)
    template = CouponTemplate(
        source_key=key or f"offer-{number}",
        title_zh=f"优惠券{number}",
        title_en=title or f"Offer {number}",
        kind=kind,
        amount_fen=amount if kind == "amount" else 0,
        percent_bp=percent,
        least_fen=least,
        scope=scope,
        total=total,
        per_user=per_user,
        is_listed=is_listed,
        least_level=level,
        claim_from=claim_from,
        claim_to=claim_to,
        valid_days=days,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    session.add(template)
    await session.flush()
    session.add_all(CouponScope(template_id=template.id, ref_id=ref) for ref in refs)
    await session.flush()
    return template


async def have_coupon(
    session: AsyncSession,
    user: User,
    template: CouponTemplate,
    *,
    status: str = "ready",
    order_id: int | None = None,
    nth: int = 1,
    ends: timedelta = timedelta(days=1),
    now: datetime | None = None,
) -> Coupon:
    """One of the template in a shopper's hands, which runs out after `ends`."""
    now = now or utcnow()
    coupon = Coupon(
        template_id=template.id,
        user_id=user.id,
        nth=nth,
        status=status,
        order_id=order_id,
        valid_from=now - timedelta(days=30),
        valid_to=now + ends,
        created_at=now - timedelta(days=30),
    )
    session.add(coupon)
    template.claimed += 1
    await session.flush()
    return coupon


async def set_level(session: AsyncSession, user: User, level: int) -> None:
    session.add(Member(user_id=user.id, level=level))
    await session.flush()


async def claimed_of(session: AsyncSession, template_id: int) -> tuple[int, int]:
    """What the template counts, and how many there are."""
    counted = await session.scalar(
        select(CouponTemplate.claimed).where(CouponTemplate.id == template_id)
    )
    there = await session.scalar(
        select(func.count()).select_from(Coupon).where(Coupon.template_id == template_id)
    )
    return counted or 0, there or 0
