"""Who looks, and when, as parts of other queries: what a price is depends on both.

The parameters have defaults, so the queries around them can be built once: nobody in particular
looks, now. Whoever looks for a shopper gives `seen_by(user_id)` beside the query.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any  # an SQL expression has the type of its value

from sqlalchemy import ColumnElement, and_, bindparam, case, func, select

from app.models import FlashSession, Goods, Member
from app.models.base import BigId, UtcDateTime, utcnow
from app.services.vip import HEAD_START, LEAST_FOR_HEAD_START, LEAST_FOR_MEMBER_PRICE

_VIEWER, _MOMENT, _HEAD_START = "viewer_seeing", "viewer_moment", "viewer_head_start"


def _with_head_start() -> datetime:
    return utcnow() + HEAD_START


_now = bindparam(_MOMENT, callable_=utcnow, type_=UtcDateTime())
_soon = bindparam(_HEAD_START, callable_=_with_head_start, type_=UtcDateTime())

# The level that the viewer has at this moment; 0 for strangers. It is asked for here and not taken
# from the request, so that a price and the claim of it cannot see two levels.
level_now: ColumnElement[int] = func.coalesce(
    select(Member.level)
    .where(Member.user_id == bindparam(_VIEWER, value=0, type_=BigId))
    .scalar_subquery(),
    0,
)
pays_member_price: ColumnElement[bool] = and_(
    Goods.member_price_fen > 0,
    Goods.member_price_fen < Goods.price_fen,
    level_now >= LEAST_FOR_MEMBER_PRICE,
)
# What the viewer pays for a good that is in no flash sale.
normal_price: ColumnElement[int] = case(
    (pays_member_price, Goods.member_price_fen), else_=Goods.price_fen
)
# Of a FlashSession: whether it is open for the viewer, and whether it was ever.
has_opened: ColumnElement[bool] = FlashSession.starts_at <= case(
    (level_now >= LEAST_FOR_HEAD_START, _soon), else_=_now
)
is_open: ColumnElement[bool] = and_(has_opened, FlashSession.ends_at > _now)


def seen_by(user_id: int | None, now: datetime | None = None) -> Mapping[str, Any]:
    """The parameters of a query for who looks: None is a visitor who has not logged in."""
    now = now or utcnow()
    return {_VIEWER: user_id or 0, _MOMENT: now, _HEAD_START: now + HEAD_START}
