"""The goods that a coupon is for, and what a shopper's cart still lacks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Coupon, CouponTemplate, Goods, Stock
from app.services.cart import Cart, get_cart, quote_of
from app.services.catalogue import GoodsCard, list_cards, select_cards
from app.services.coupon_terms import read_terms, terms_columns, with_scopes
from app.services.flash_prices import running
from app.services.quote import CouponChoice, Delivery, Quote, Scope
from app.services.viewer import normal_price

MOST_GOODS = 48


@dataclass(frozen=True, slots=True)
class CouponGoods:
    """The page of a coupon. `choice` is the coupon beside the cart: what it saves or lacks."""

    choice: CouponChoice
    cart: Cart
    quote: Quote
    cards: Sequence[GoodsCard]

    @property
    def missing_fen(self) -> int:
        return self.choice.refusal.missing_fen if self.choice.refusal else 0


async def get_coupon_goods(
    session: AsyncSession, user_id: int, template_id: int, delivery: Delivery, *, now: datetime
) -> CouponGoods:
    """Raises NotFound for a coupon that is neither listed nor one of the shopper's."""
    found = (
        select(*terms_columns(literal(0)), CouponTemplate.valid_to)
        .where(CouponTemplate.id == template_id, or_(CouponTemplate.is_listed, _has(user_id)))
        .subquery()
    )
    offers = list(read_terms(await session.execute(with_scopes(found))))
    if not offers:
        raise NotFound
    _, terms = offers[0]
    cart = await get_cart(session, user_id, now)
    (choice,) = quote_of(cart, delivery, coupons=[terms]).coupons
    page = CouponGoods(choice, cart, quote_of(cart, delivery), ())
    cards = await _list_goods(session, terms.scope, page.missing_fen, user_id)
    return CouponGoods(choice, cart, page.quote, cards)


def _has(user_id: int) -> ColumnElement[bool]:
    theirs = and_(Coupon.template_id == CouponTemplate.id, Coupon.user_id == user_id)
    return select(Coupon.id).where(theirs, Coupon.status != "void").exists()


async def _list_goods(
    session: AsyncSession, scope: Scope, missing_fen: int, viewer: int
) -> Sequence[GoodsCard]:
    """What can be bought of them: first what closes the gap, the cheapest of it in front; then
    what comes nearest to it. Flash prices take no coupons."""
    closes = normal_price >= missing_fen
    query = (
        select_cards()
        .where(
            Goods.on_sale,
            Stock.on_hand > Stock.allocated,
            running.c.item_id.is_(None),
            _is_meant(scope),
        )
        .order_by(
            case((closes, 0), else_=1),
            case((closes, normal_price), else_=-normal_price),
            Goods.id,
        )
        .limit(MOST_GOODS)
    )
    return await list_cards(session, query, viewer)


def _is_meant(scope: Scope) -> ColumnElement[bool]:
    if scope.is_all:
        return true()
    column = {"type": Goods.type_id, "child": Goods.child_id}.get(scope.kind, Goods.id)
    return column.in_(scope.refs)
