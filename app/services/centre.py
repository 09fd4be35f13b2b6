"""The user centre: all that a shopper has here, in few statements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import (
    Address,
    CartLine,
    Coupon,
    Favourite,
    Goods,
    Member,
    Order,
    OrderLine,
    PointsLot,
    Stock,
    User,
    UserMessage,
    UserTicket,
)
from app.models.base import Base
from app.services.catalogue import CARD_WIDTH, GoodsCard, select_cards
from app.services.orders import count_tabs
from app.services.viewer import seen_by
from app.services.vip_pages import Standing, get_standing

MOST_USUAL = 8
# By how many of their latest orders it is judged what a shopper usually buys.
LATEST_ORDERS = 100
_UNPAID_OR_CLOSED = ("unpaid", "closed")


@dataclass(frozen=True, slots=True)
class Assets:
    """What a shopper has. `way_no` is the newest order that is on its way, if there is one, and
    the times are those of its delivery window, if it has one."""

    coupons: int
    points: int
    favourites: int
    addresses: int
    devices: int
    unread: int
    way_no: str | None
    way_starts_at: datetime | None
    way_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Usual:
    """A good that the shopper often buys, and how much of it is in the cart."""

    card: GoodsCard
    quantity: int


@dataclass(frozen=True, slots=True)
class Centre:
    """All that the page shows; `counts` are orders by the tab that they wait under."""

    counts: dict[str, int]
    assets: Assets
    vip: Standing
    usual: tuple[Usual, ...]


async def get_centre(session: AsyncSession, user_id: int, *, now: datetime) -> Centre:
    return Centre(
        await count_tabs(session, user_id),
        await _get_assets(session, user_id, now),
        await get_standing(session, user_id, now),
        await _list_usual(session, user_id, now),
    )


async def _get_assets(session: AsyncSession, user_id: int, now: datetime) -> Assets:
    """Everything in one statement."""
    balance = select(Member.points).where(Member.user_id == user_id).scalar_subquery()
    # What has run out is no longer theirs, also before anybody has come to write it off.
    stale = select(func.sum(PointsLot.left_n)).where(
        PointsLot.user_id == user_id, PointsLot.status == "open", PointsLot.expires_at <= now
    )
    on_way = select(func.max(Order.id)).where(Order.user_id == user_id, Order.status == "shipping")
    ready = (Coupon.status == "ready", Coupon.valid_to > now)
    query = (
        select(
            _count(Coupon, Coupon.user_id == user_id, *ready),
            func.coalesce(balance, 0) - func.coalesce(stale.scalar_subquery(), 0),
            _favourites(user_id),
            _count(Address, Address.user_id == user_id),
            _count(UserTicket, UserTicket.user_id == user_id, UserTicket.expires_at > now),
            _count(UserMessage, UserMessage.user_id == user_id, UserMessage.read_at.is_(None)),
            Order.no,
            Order.slot_starts_at,
            Order.slot_ends_at,
        )
        .select_from(User)
        .outerjoin(Order, Order.id == on_way.scalar_subquery())
        .where(User.id == user_id)
    )
    coupons, points, *rest = (await session.execute(query)).one()
    return Assets(coupons, int(points), *rest)  # MariaDB's SUM is a Decimal


def _count(
    model: type[Base], *which: ColumnElement[bool]
) -> ScalarSelect[Any]:  # Any: SQLAlchemy's
    return select(func.count()).select_from(model).where(*which).scalar_subquery()


def _favourites(user_id: int) -> ScalarSelect[Any]:  # Any: SQLAlchemy's
    """As many as their page lists."""
    return (
        select(func.count())
        .select_from(Favourite)
        .join(Goods, Goods.id == Favourite.goods_id)
        .where(Favourite.user_id == user_id, Goods.on_sale)
        .scalar_subquery()
    )


async def _list_usual(session: AsyncSession, user_id: int, now: datetime) -> tuple[Usual, ...]:
    """What can be bought now of what is in most of the shopper's orders."""
    latest = (
        select(Order.id)
        .where(Order.user_id == user_id, Order.status.not_in(_UNPAID_OR_CLOSED))
        .order_by(Order.id.desc())
        .limit(LATEST_ORDERS)
        .subquery("latest")
    )
    bought = (
        select(
            OrderLine.goods_id,
            func.count().label("times"),
            func.max(OrderLine.order_id).label("last"),
        )
        .join(latest, latest.c.id == OrderLine.order_id)
        .group_by(OrderLine.goods_id)
        .subquery("bought")
    )
    in_cart = and_(CartLine.goods_id == Goods.id, CartLine.user_id == user_id)
    query = (
        select_cards()
        .add_columns(func.coalesce(CartLine.quantity, 0))
        .join(bought, bought.c.goods_id == Goods.id)
        .outerjoin(CartLine, in_cart)
        .where(Goods.on_sale, Stock.on_hand > Stock.allocated)
        .order_by(bought.c.times.desc(), bought.c.last.desc(), Goods.id)
        .limit(MOST_USUAL)
    )
    rows = await session.execute(query, seen_by(user_id, now))
    return tuple(Usual(GoodsCard(*row[:CARD_WIDTH]), row[CARD_WIDTH]) for row in rows)
