"""Handing coupons out: to whoever claims one, is given one, or has just joined."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import N_, Conflict, NotFound, Param, Texts
from app.models import Coupon, CouponTemplate, Member, User
from app.services.messages import tell
from app.services.vip import LEVELS

# Templates whose key begins so are for those who have just joined.
WELCOME = "welcome"
MINE = "/axf/coupons/mine/"


class CouponRefused(Conflict):
    """A coupon cannot be had; `reason` is gone, not-yet, over, level or had."""

    code = "coupon-refused"

    def __init__(self, reason: str, **params: Param) -> None:
        super().__init__(REFUSALS[reason], **params)
        self.reason = reason


REFUSALS = {
    "gone": N_("All of these coupons are gone"),
    "not-yet": N_("This coupon cannot be claimed yet"),
    "over": N_("The time to claim this coupon is over"),
    "level": N_("This coupon is for %(level)s members and above"),
    "had": N_("You have had this coupon already"),
}


async def claim(session: AsyncSession, user_id: int, template_id: int, now: datetime) -> int:
    """Claim one of what is listed; the coupon's id. Raises NotFound and CouponRefused."""
    level = await _wait_for_turn(session, user_id)
    template, had = await _find_template(session, user_id, CouponTemplate.id == template_id)
    if not template.is_listed:
        raise NotFound
    reason = _reason_against(template, had, level, now)
    if reason is not None:
        raise CouponRefused(reason, level=Texts((LEVELS[template.least_level].name,)))
    return await _hand_out(session, template, user_id, had, now)


async def give(session: AsyncSession, user_id: int, source_key: str, now: datetime) -> int:
    """Give one to a shopper, listed or not; the coupon's id. The limits hold all the same."""
    await _wait_for_turn(session, user_id)
    is_it = CouponTemplate.source_key == source_key
    template, had = await _find_template(session, user_id, is_it)
    if had >= template.per_user:
        raise CouponRefused("had")
    if _life_of(template, now) is None:
        raise CouponRefused("over")
    return await _hand_out(session, template, user_id, had, now)


async def welcome(session: AsyncSession, user_id: int, now: datetime) -> Sequence[int]:
    """Give the newcomers' coupons to who was just made, as far as there are any; their ids."""
    found = await session.scalars(
        select(CouponTemplate)
        .where(CouponTemplate.source_key.startswith(WELCOME, autoescape=True))
        .order_by(CouponTemplate.id)
    )
    given = []
    for template in found.all():
        if _life_of(template, now) is not None and await _take_one(session, template):
            given.append(await _write(session, template, user_id, 1, now))
            names = {"name_zh": template.title_zh, "name_en": template.title_en}
            await tell(
                session, user_id, "coupon_welcome", str(given[-1]), params=names, link=MINE, now=now
            )
    return given


async def _wait_for_turn(session: AsyncSession, user_id: int) -> int:
    """One after the other for each shopper, as placing orders does; their level."""
    query = (
        select(func.coalesce(Member.level, 0))
        .select_from(User)
        .outerjoin(Member, Member.user_id == User.id)
        .where(User.id == user_id, User.is_active)
        .with_for_update()
    )
    level = await session.scalar(query)
    if level is None:
        raise NotFound
    return int(level)


async def _find_template(
    session: AsyncSession, user_id: int, is_it: ColumnElement[bool]
) -> tuple[CouponTemplate, int]:
    """The template, and how many of it this shopper has had."""
    had = (
        select(func.count())
        .where(Coupon.template_id == CouponTemplate.id, Coupon.user_id == user_id)
        .scalar_subquery()
    )
    query = select(CouponTemplate, had).where(is_it)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _reason_against(template: CouponTemplate, had: int, level: int, now: datetime) -> str | None:
    if template.claim_from is not None and template.claim_from > now:
        reason = "not-yet"
    elif had >= template.per_user:
        reason = "had"
    elif _is_over(template, now):
        reason = "over"
    elif level < template.least_level:
        reason = "level"
    else:
        return None
    return reason


def _is_over(template: CouponTemplate, now: datetime) -> bool:
    is_late = template.claim_to is not None and template.claim_to <= now
    return is_late or _life_of(template, now) is None


def _life_of(template: CouponTemplate, now: datetime) -> tuple[datetime, datetime] | None:
    """From when until when what is handed out now can be used; None when that is never."""
    if template.valid_days is not None:
        return now, now + timedelta(days=template.valid_days)
    if template.valid_to is None or template.valid_to <= now:
        return None
    return max(now, template.valid_from or now), template.valid_to


async def _hand_out(
    session: AsyncSession, template: CouponTemplate, user_id: int, had: int, now: datetime
) -> int:
    if not await _take_one(session, template):
        raise CouponRefused("gone")
    return await _write(session, template, user_id, had + 1, now)


async def _take_one(session: AsyncSession, template: CouponTemplate) -> bool:
    """Count one more of the template as handed out; False when there are no more."""
    is_left = or_(CouponTemplate.total.is_(None), CouponTemplate.claimed < CouponTemplate.total)
    taken = await count_changed(
        session,
        update(CouponTemplate)
        .where(CouponTemplate.id == template.id, is_left)
        .values(claimed=CouponTemplate.claimed + 1),
    )
    return taken == 1


async def _write(
    session: AsyncSession, template: CouponTemplate, user_id: int, nth: int, now: datetime
) -> int:
    life = _life_of(template, now)
    assert life is not None  # noqa: S101 - the caller has looked
    coupon = Coupon(
        template_id=template.id,
        user_id=user_id,
        nth=nth,
        valid_from=life[0],
        valid_to=life[1],
        created_at=now,
    )
    session.add(coupon)
    await session.flush()
    return coupon.id
