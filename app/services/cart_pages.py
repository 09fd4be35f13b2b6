"""The cart with what its page shows beside it."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.models import Goods, Stock
from app.models.base import utcnow
from app.services.cart import Cart, get_cart, quote_of
from app.services.catalogue import GoodsCard, list_cards, list_cards_of, select_cards
from app.services.coupons import list_usable
from app.services.flash_prices import running
from app.services.quote import CouponChoice, Delivery, Quote
from app.services.quote_coupons import hint_of
from app.services.viewer import normal_price

ADD_ONS = 8


async def list_add_ons(
    session: AsyncSession, cart: Cart, missing_fen: int, viewer: int | None = None
) -> list[GoodsCard]:
    """Goods one of which closes the gap to free delivery, the cheapest first."""
    price = func.coalesce(running.c.price_fen, normal_price)
    query = (
        select_cards()
        .where(
            Goods.on_sale,
            Goods.min_age == 0,
            price >= missing_fen,
            Stock.on_hand > Stock.allocated,
            Goods.id.not_in([line.card.id for line in cart.lines]),
        )
        .order_by(price, Goods.id)
        .limit(ADD_ONS)
    )
    return await list_cards(session, query, viewer)


@dataclass(frozen=True, slots=True)
class CartPage:
    """All that the cart page shows."""

    cart: Cart
    quote: Quote
    add_ons: list[GoodsCard]
    coupon: CouponChoice | None = None


async def get_cart_page(session: AsyncSession, user_id: int, delivery: Delivery) -> CartPage:
    """The sums are without coupons, which are chosen at the check-out."""
    cart = await get_cart(session, user_id)
    sums = quote_of(cart, delivery)
    coupons = await list_usable(session, user_id, utcnow()) if sums.lines else []
    hint = hint_of(quote_of(cart, delivery, coupons=coupons).coupons)
    add_ons = []
    if sums.lines and sums.missing_for_free_fen:
        add_ons = await list_add_ons(session, cart, sums.missing_for_free_fen, user_id)
    return CartPage(cart, sums, add_ons, hint)


async def get_cart_and_card(
    session: AsyncSession, user_id: int, goods_id: int
) -> tuple[Cart, GoodsCard]:
    """The cart, and a good that may have just left it. Raises NotFound for unknown goods."""
    cart = await get_cart(session, user_id)
    card = next((line.card for line in cart.lines if line.card.id == goods_id), None)
    card = card or (await list_cards_of(session, [goods_id], user_id)).get(goods_id)
    if card is None:
        raise NotFound
    return cart, card
