"""The flash price of a good at this moment, as a part of other queries."""

from typing import Any  # an SQL expression has the type of its value

from sqlalchemy import (
    ColumnElement,
    Exists,
    Integer,
    ScalarSelect,
    and_,
    case,
    func,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.models import FlashClaim, FlashItem, FlashSession, Goods
from app.services.viewer import has_opened, is_open, normal_price, seen_by

# Of every good in a session that is open for the viewer and not all taken: the cheapest first.
running = (
    select(
        FlashItem.id.label("item_id"),
        FlashItem.goods_id,
        FlashItem.price_fen,
        (FlashItem.quota - FlashItem.sold).label("left"),
        FlashItem.per_user,
        FlashSession.ends_at,
        func.row_number(type_=Integer)
        .over(partition_by=FlashItem.goods_id, order_by=(FlashItem.price_fen, FlashItem.id))
        .label("place"),
    )
    .join(FlashSession, FlashSession.id == FlashItem.session_id)
    .where(is_open, FlashItem.sold < FlashItem.quota)
    .subquery("running")
)
# What to LEFT JOIN `running` on, so that each good has at most one, and only a better one.
is_offered: ColumnElement[bool] = and_(
    running.c.goods_id == Goods.id, running.c.place == 1, running.c.price_fen < normal_price
)

_taken = func.coalesce(FlashClaim.quantity, 0)
_share = running.c.per_user - _taken


def price_for(user_id: int, goods_id: int) -> ScalarSelect[Any]:
    """What one piece costs this shopper now; whoever had their share pays the normal price."""
    price = case((_share > 0, running.c.price_fen), else_=normal_price)
    return _for_shopper(user_id, goods_id, price)


def most_for(user_id: int, goods_id: int) -> ScalarSelect[Any]:
    """How many pieces this shopper can still have at the flash price; NULL when none."""
    most = case((_share > running.c.left, running.c.left), (_share > 0, _share))
    return _for_shopper(user_id, goods_id, most)


def _for_shopper(user_id: int, goods_id: int, value: ColumnElement[Any]) -> ScalarSelect[Any]:
    return (
        select(value)
        .select_from(Goods)
        .outerjoin(running, is_offered)
        .outerjoin(FlashClaim, is_claim_of(user_id))
        .where(Goods.id == goods_id)
        .params(seen_by(user_id))
        .scalar_subquery()
    )


def is_claim_of(user_id: int) -> ColumnElement[bool]:
    """What to LEFT JOIN FlashClaim on: what this shopper took of the offer."""
    return and_(FlashClaim.item_id == running.c.item_id, FlashClaim.user_id == user_id)


def was_flash_price(price_fen: ColumnElement[int] | InstrumentedAttribute[int]) -> Exists:
    """Whether a price of a good that the viewer saw is that of a flash sale which has begun."""
    return (
        select(FlashItem.id)
        .join(FlashSession, FlashSession.id == FlashItem.session_id)
        .where(
            FlashItem.goods_id == Goods.id,
            FlashItem.price_fen == price_fen,
            FlashItem.price_fen < normal_price,
            has_opened,
        )
        .exists()
    )
