"""What staff do with coupons: look at what the shop offers, and give one to somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, NotFound
from app.models import CouponTemplate, User
from app.services.coupon_claims import give

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class StaffTemplate:
    """A coupon of the shop, by the key that staff know it by. `total` None: without end."""

    key: str
    title: str
    claimed: int
    total: int | None
    per_user: int
    is_listed: bool


async def list_templates(session: AsyncSession) -> Sequence[StaffTemplate]:
    rows = await session.execute(
        select(
            CouponTemplate.source_key,
            CouponTemplate.title_en,
            CouponTemplate.claimed,
            CouponTemplate.total,
            CouponTemplate.per_user,
            CouponTemplate.is_listed,
        )
        .order_by(CouponTemplate.source_key)
        .limit(MOST_LISTED)
    )
    return [StaffTemplate(*row) for row in rows]


async def give_to(session: AsyncSession, key: str, username_key: str, now: datetime) -> int:
    """Give one of the template to the shopper with this name; the coupon's id.

    Raises NotFound when either is not known, CouponRefused when the limits say no.
    """
    query = select(User.id).where(User.username_key == username_key, User.is_active)
    user_id = await session.scalar(query)
    if user_id is None:
        raise NotFound(N_("There is no shopper of that name"))
    known = select(CouponTemplate.id).where(CouponTemplate.source_key == key)
    if await session.scalar(known) is None:
        raise NotFound(N_("There is no coupon of that key"))
    return await give(session, user_id, key, now)
