"""What coupons there are to claim, and those that a shopper has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Coupon, CouponTemplate, Member, Order
from app.services.coupon_terms import Rows, read_terms, terms_columns, with_scopes
from app.services.quote_coupons import CouponTerms
from app.services.vip import LEVELS

Tab = Literal["ready", "held", "used", "expired"]
TABS: tuple[Tab, ...] = ("ready", "held", "used", "expired")
MOST_OFFERS = 60
PAGE = 20
# What can be done now comes first.
_RANKS = {"claim": 0, "use": 1, "level": 2, "soon": 3, "had": 4, "gone": 5}


@dataclass(frozen=True, slots=True)
class Offer:
    """A coupon of the centre. `state`: claim, use (they have one), level (theirs is too low), soon
    (cannot be claimed yet), had, or gone."""

    terms: CouponTerms
    state: str
    least_level: int
    claimed_percent: int | None
    claim_from: datetime | None
    claim_to: datetime | None
    valid_days: int | None

    @property
    def id(self) -> int:
        return self.terms.template_id

    @property
    def level_name(self) -> str:
        """Of the level that it takes, an English source text."""
        return LEVELS[self.least_level].name


@dataclass(frozen=True, slots=True)
class MyCoupon:
    """One of the shopper's own. `order_no` is the order that holds or has used it."""

    terms: CouponTerms
    tab: Tab
    valid_from: datetime
    valid_to: datetime
    is_extended: bool
    order_no: str | None

    @property
    def id(self) -> int:
        return self.terms.coupon_id


@dataclass(frozen=True, slots=True)
class MyCoupons:
    """A page of them; `next_id` leads to the next one."""

    coupons: tuple[MyCoupon, ...]
    next_id: int | None


async def list_offers(
    session: AsyncSession, user_id: int, now: datetime, *, template_id: int | None = None
) -> list[Offer]:
    """What the centre shows, best first; or only the one with this id, if it shows that."""
    theirs = and_(Coupon.template_id == CouponTemplate.id, Coupon.user_id == user_id)
    is_ready = and_(Coupon.status == "ready", Coupon.valid_to > now)
    level = select(Member.level).where(Member.user_id == user_id).scalar_subquery()
    listed = (
        select(
            *terms_columns(literal(0)),
            CouponTemplate.total,
            CouponTemplate.claimed,
            CouponTemplate.per_user,
            CouponTemplate.least_level,
            CouponTemplate.claim_from,
            CouponTemplate.claim_to,
            CouponTemplate.valid_days,
            CouponTemplate.valid_to,
            select(func.count()).where(theirs).scalar_subquery().label("had"),
            select(func.count()).where(theirs, is_ready).scalar_subquery().label("ready"),
            func.coalesce(level, 0).label("level"),
        )
        .where(CouponTemplate.is_listed, *_is_open(now))
        .order_by(CouponTemplate.id.desc())
        .limit(MOST_OFFERS)
    )
    if template_id is not None:
        listed = listed.where(CouponTemplate.id == template_id)
    found = listed.subquery()
    rows = await session.execute(with_scopes(found).order_by(found.c.template_id.desc()))
    offers = [_offer(row, terms, now) for row, terms in read_terms(rows)]
    return sorted(offers, key=lambda offer: _RANKS[offer.state])


def _is_open(now: datetime) -> list[ColumnElement[bool]]:
    """It can still be claimed, now or later, and then be used."""
    return [
        or_(CouponTemplate.claim_to.is_(None), CouponTemplate.claim_to > now),
        or_(CouponTemplate.valid_days.is_not(None), CouponTemplate.valid_to > now),
    ]


def _offer(row: Rows, terms: CouponTerms, now: datetime) -> Offer:
    percent = None
    if row.total is not None:
        percent = 100 * row.claimed // row.total if row.total else 100
    return Offer(
        terms,
        _state_of(row, now),
        row.least_level,
        percent,
        row.claim_from,
        row.claim_to,
        row.valid_days,
    )


def _state_of(row: Rows, now: datetime) -> str:
    can_have = row.had < row.per_user
    is_left = row.total is None or row.claimed < row.total
    if row.claim_from is not None and row.claim_from > now:
        state = "soon"
    elif row.level < row.least_level and not row.ready:
        state = "level"
    elif can_have and is_left and row.level >= row.least_level:
        state = "claim"
    elif row.ready:
        state = "use"
    else:
        state = "gone" if can_have else "had"
    return state


async def count_ready(session: AsyncSession, user_id: int, now: datetime) -> int:
    """How many coupons the shopper could use."""
    query = select(func.count()).where(Coupon.user_id == user_id, _is_in("ready", now))
    return await session.scalar(query) or 0


async def count_tabs(session: AsyncSession, user_id: int, now: datetime) -> Mapping[Tab, int]:
    """How many of the shopper's coupons stand where."""
    sums = [func.coalesce(func.sum(case((_is_in(tab, now), 1), else_=0)), 0) for tab in TABS]
    row = (await session.execute(select(*sums).where(Coupon.user_id == user_id))).one()
    return {tab: int(number) for tab, number in zip(TABS, row, strict=True)}


async def list_mine(
    session: AsyncSession, user_id: int, tab: Tab, *, now: datetime, after: int | None = None
) -> MyCoupons:
    """The page behind the coupon `after`: ready ones by when they run out, others newest first.

    Raises NotFound when `after` is not the shopper's.
    """
    where = [Coupon.user_id == user_id, _is_in(tab, now)]
    order = [Coupon.valid_to, Coupon.id] if tab == "ready" else [Coupon.id.desc()]
    if after is not None:
        where.append(await _behind(session, user_id, tab, after))
    found = (
        select(
            *terms_columns(Coupon.id),
            Coupon.valid_from,
            Coupon.valid_to,
            Coupon.extended_at,
            Order.no.label("order_no"),
        )
        .join(CouponTemplate, CouponTemplate.id == Coupon.template_id)
        .outerjoin(Order, Order.id == Coupon.order_id)
        .where(*where)
        .order_by(*order)
        .limit(PAGE + 1)
        .subquery()
    )
    same = found.c.valid_to, found.c.coupon_id
    query = with_scopes(found).order_by(*(same if tab == "ready" else [found.c.coupon_id.desc()]))
    coupons = [
        MyCoupon(
            terms, tab, row.valid_from, row.valid_to, row.extended_at is not None, row.order_no
        )
        for row, terms in read_terms(await session.execute(query))
    ]
    page = tuple(coupons[:PAGE])
    return MyCoupons(page, page[-1].id if len(coupons) > PAGE else None)


def _is_in(tab: Tab, now: datetime) -> ColumnElement[bool]:
    """What was taken back is shown with what has run out."""
    conditions: dict[Tab, ColumnElement[bool]] = {
        "ready": and_(Coupon.status == "ready", Coupon.valid_to > now),
        "held": Coupon.status == "held",
        "used": Coupon.status == "used",
        "expired": or_(
            Coupon.status == "void", and_(Coupon.status == "ready", Coupon.valid_to <= now)
        ),
    }
    return conditions[tab]


async def _behind(session: AsyncSession, user_id: int, tab: Tab, after: int) -> ColumnElement[bool]:
    valid_to = await session.scalar(
        select(Coupon.valid_to).where(Coupon.id == after, Coupon.user_id == user_id)
    )
    if valid_to is None:
        raise NotFound
    if tab != "ready":
        return Coupon.id < after
    is_same = and_(Coupon.valid_to == valid_to, Coupon.id > after)
    return or_(Coupon.valid_to > valid_to, is_same)
