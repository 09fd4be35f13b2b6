"""What the message box says of coupons: they came back, or will soon run out."""

from datetime import datetime, timedelta

from sqlalchemy import String, and_, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Coupon, CouponTemplate, Order, UserMessage
from app.services.coupon_claims import MINE
from app.services.happenings import Happening
from app.services.messages import tell

EXPIRING = "coupon_expiring"
WARN_BEFORE = timedelta(days=3)
# Whoever has just claimed a coupon knows how long it lives.
NEWS_AFTER = timedelta(days=1)
BATCH = 50


async def tell_of_coupons(session: AsyncSession, happening: Happening) -> None:
    """The order was called off: its coupons, which it still has now, go back to the shopper."""
    rows = await session.execute(
        select(
            Coupon.id, Coupon.user_id, CouponTemplate.title_zh, CouponTemplate.title_en, Order.no
        )
        .join(CouponTemplate, CouponTemplate.id == Coupon.template_id)
        .join(Order, Order.id == Coupon.order_id)
        .where(Coupon.order_id == happening.order_id)
        .order_by(Coupon.id)
    )
    for coupon_id, user_id, zh, en, no in rows.all():
        await tell(
            session,
            user_id,
            "coupon_back",
            f"{coupon_id}:{happening.order_id}",
            params={"name_zh": zh, "name_en": en, "no": no},
            link=MINE,
            now=happening.now,
        )


async def warn_expiring(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> list[str]:
    """Warn, once for each, whose coupons run out within three days; the ids of the coupons."""
    is_told = and_(
        UserMessage.user_id == Coupon.user_id,
        UserMessage.kind == EXPIRING,
        UserMessage.key == cast(Coupon.id, String(20)),
    )
    rows = await session.execute(
        select(
            Coupon.id,
            Coupon.user_id,
            Coupon.valid_to,
            CouponTemplate.title_zh,
            CouponTemplate.title_en,
        )
        .join(CouponTemplate, CouponTemplate.id == Coupon.template_id)
        .outerjoin(UserMessage, is_told)
        .where(
            Coupon.status == "ready",
            Coupon.valid_to > now,
            Coupon.valid_to <= now + WARN_BEFORE,
            Coupon.created_at <= now - NEWS_AFTER,
            UserMessage.id.is_(None),
        )
        .order_by(Coupon.id)
        .limit(limit)
    )
    due = rows.all()
    for coupon_id, user_id, valid_to, zh, en in due:
        await tell(
            session,
            user_id,
            EXPIRING,
            str(coupon_id),
            params={"name_zh": zh, "name_en": en, "end_at": valid_to.isoformat()},
            link=MINE,
            now=now,
        )
    return [str(row[0]) for row in due]
