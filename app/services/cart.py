"""The cart: what a shopper means to buy, and what became of it since. Changes: cart_changes.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, ChildType, FlashClaim, FoodType, Goods
from app.services.catalogue import CARD_WIDTH, GoodsCard, select_cards
from app.services.flash_prices import is_claim_of, was_flash_price
from app.services.quote import CouponTerms, Delivery, Quote, QuoteLine, quote
from app.services.viewer import seen_by

SHOWN_IN_SHORT = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One good in the cart. `seen_price_fen` is its price when the shopper last touched it.

    `flash_taken` pieces this shopper has ordered at today's flash price; `was_flash` says that
    what they saw was a flash price.
    """

    card: GoodsCard
    quantity: int
    is_select: bool
    seen_price_fen: int
    type_number: int
    child_number: int
    line_id: int = 0
    flash_taken: int = 0
    was_flash: bool = False
    type_id: int = 0
    child_id: int | None = None

    @property
    def is_gone(self) -> bool:
        return self.card.sold_out

    @property
    def is_short(self) -> bool:
        """There are some left, but fewer than wanted."""
        return not self.is_gone and self.quantity > self.card.left

    @property
    def can_order(self) -> bool:
        return self.is_select and not self.is_gone and not self.is_short

    @property
    def flash_most(self) -> int:
        """How many pieces this shopper can still have at the flash price; 0 without one."""
        share = self.card.flash_per_user - self.flash_taken
        return max(0, min(share, self.card.flash_left))

    @property
    def flash_item_id(self) -> int | None:
        """The offer by which the line is charged; None at the normal price."""
        return self.card.flash_item_id if self.flash_most else None

    @property
    def unit_fen(self) -> int:
        return self.card.flash_price_fen if self.flash_most else self.card.normal_fen

    @property
    def is_over_flash(self) -> bool:
        """More pieces than this shopper can have at the flash price: so it cannot be placed."""
        return 0 < self.flash_most < self.quantity

    @property
    def had_flash_share(self) -> bool:
        """The good is on sale, but this shopper has taken all that one may."""
        return self.card.is_flash and not self.flash_most

    @property
    def flash_is_over(self) -> bool:
        """It was put in at a flash price that nobody gets any more."""
        return self.was_flash and not self.card.is_flash

    @property
    def price_changed(self) -> bool:
        return self.seen_price_fen != self.unit_fen


@dataclass(frozen=True, slots=True)
class Cart:
    """Lines in the order they were added. Everything else follows from them."""

    lines: tuple[Line, ...]
    _quantities: Mapping[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        quantities = {line.card.id: line.quantity for line in self.lines}
        object.__setattr__(self, "_quantities", quantities)

    def quantity_of(self, goods_id: int) -> int:
        return self._quantities.get(goods_id, 0)

    @property
    def count(self) -> int:
        """All pieces, as the badge shows them."""
        return sum(line.quantity for line in self.lines)

    @property
    def selected(self) -> tuple[Line, ...]:
        """What would be ordered now: selected, on sale, and enough of it left."""
        return tuple(line for line in self.lines if line.can_order)

    @property
    def at_hand(self) -> tuple[Line, ...]:
        """What is on sale and not sold out, selected or not."""
        return tuple(line for line in self.lines if not line.is_gone)

    @property
    def gone(self) -> tuple[Line, ...]:
        """What was taken off sale or is sold out."""
        return tuple(line for line in self.lines if line.is_gone)

    @property
    def all_selected(self) -> bool:
        return bool(self.at_hand) and all(line.is_select for line in self.at_hand)

    def line_after(self, line_id: int) -> Line | None:
        """What stands where the line of that id stood before it was removed."""
        later = (line for line in self.at_hand if line.line_id > line_id)
        return next(later, self.at_hand[-1] if self.at_hand else None)

    @property
    def newest(self) -> tuple[Line, ...]:
        """The latest few, for the cart in short beside a list."""
        return self.lines[: -SHOWN_IN_SHORT - 1 : -1]

    @property
    def older_count(self) -> int:
        """How many lines `newest` leaves out."""
        return max(0, len(self.lines) - SHOWN_IN_SHORT)


EMPTY_CART = Cart(())


async def get_cart(session: AsyncSession, user_id: int, now: datetime | None = None) -> Cart:
    """The whole cart in one statement, at the prices of `now`."""
    query = (
        select_cards()
        .add_columns(
            CartLine.quantity,
            CartLine.is_select,
            CartLine.seen_price_fen,
            FoodType.number,
            ChildType.number,
            CartLine.id,
            func.coalesce(FlashClaim.quantity, 0),
            was_flash_price(CartLine.seen_price_fen),
            Goods.type_id,
            Goods.child_id,
        )
        .join(CartLine, CartLine.goods_id == Goods.id)
        .outerjoin(FlashClaim, is_claim_of(user_id))
        .join(FoodType, FoodType.id == Goods.type_id)
        .outerjoin(ChildType, ChildType.id == Goods.child_id)
        .where(CartLine.user_id == user_id)
        .order_by(CartLine.id)
    )
    rows = await session.execute(query, seen_by(user_id, now))
    return Cart(tuple(_line(*row) for row in rows))


def _line(*row: Any) -> Line:  # Any: the columns of a card, then those of the line
    quantity, is_select, seen_price_fen, type_number, child_number, *rest = row[CARD_WIDTH:]
    card = GoodsCard(*row[:CARD_WIDTH])
    return Line(card, quantity, is_select, seen_price_fen, type_number, child_number or 0, *rest)


def quote_of(
    cart: Cart,
    delivery: Delivery,
    *,
    slot_fee_fen: int = 0,
    coupons: Sequence[CouponTerms] = (),
    chosen: Collection[int] | None = None,
    points_fen: int = 0,
) -> Quote:
    """What the selected lines cost at today's prices."""
    lines = [
        QuoteLine.at_best(
            line.card.id,
            line.quantity,
            line.card.price_fen,
            member_fen=line.card.member_price_fen if line.card.pays_member else 0,
            flash_item_id=line.flash_item_id,
            flash_fen=line.card.flash_price_fen,
            type_id=line.type_id,
            child_id=line.child_id,
        )
        for line in cart.selected
    ]
    return quote(
        lines,
        delivery,
        slot_fee_fen=slot_fee_fen,
        coupons=coupons,
        chosen=chosen,
        points_fen=points_fen,
    )
