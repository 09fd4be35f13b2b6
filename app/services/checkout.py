"""What the check-out page offers: the selected goods, when and where they go, what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Message, Words
from app.services import addresses, coupons, slots
from app.services.addresses import AddressView
from app.services.cart import Cart, Line, get_cart, quote_of
from app.services.places import place_text, why_not_there
from app.services.points.spending import EMPTY_PURSE, Purse, get_purse
from app.services.quote import CouponChoice, Delivery, Quote, QuotedLine, whole_points
from app.services.quote_changes import Shown, shown_of
from app.services.slots import Slot

FIRST_SLOTS = 6
FLASH_PAY_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """What the shopper picked. Without a slot the earliest is proposed, without (None) coupons
    the best; no coupon at all is the empty set. Without an address it is the default one."""

    slot_id: int | None = None
    coupon_ids: frozenset[int] | None = None
    use_points: bool = False
    address_id: int | None = None


NOT_CHOSEN = Choice()


@dataclass(frozen=True, slots=True)
class Checkout:
    """The offer. Placing reads it again, and refuses when it is another by then."""

    cart: Cart
    quote: Quote
    address: AddressView | None
    slots: tuple[Slot, ...]
    slot: Slot | None
    delivery: Delivery
    addresses: tuple[AddressView, ...]
    purse: Purse = EMPTY_PURSE

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.cart.selected

    @property
    def rows(self) -> list[tuple[Line, QuotedLine]]:
        """Each line beside what it costs, in the order of the cart."""
        quoted = {line.goods_id: line for line in self.quote.lines}
        return [(line, quoted[line.card.id]) for line in self.lines]

    @property
    def left_out(self) -> tuple[Line, ...]:
        """Selected, but sold out or short: the offer is without them."""
        return tuple(line for line in self.cart.lines if line.is_select and not line.can_order)

    @property
    def names(self) -> Mapping[int, Words]:
        return {
            line.card.id: Words(line.card.name_zh, line.card.name_en) for line in self.cart.lines
        }

    @property
    def shown(self) -> Shown:
        """All that the shopper agrees to. The slot is not in it: the form itself names it."""
        return shown_of(self.quote, place=place_text(self.address))

    @property
    def place_problem(self) -> Message | None:
        """Why the order cannot go to the address."""
        return why_not_there(self.delivery, self.address.region) if self.address else None

    @property
    def most_points(self) -> int:
        """So many points the shopper could pay with now; as many fen they are worth."""
        return min(whole_points(self.purse.usable), self.quote.most_points_fen)

    @property
    def is_flash(self) -> bool:
        return any(line.flash_item_id is not None for line in self.quote.lines)

    def minutes_to_pay(self, minutes: int) -> int:
        """What is in a flash sale is kept for a shorter time."""
        return min(minutes, FLASH_PAY_MINUTES) if self.is_flash else minutes

    @property
    def earliest(self) -> Slot | None:
        return next((slot for slot in self.slots if not slot.is_full), None)

    @property
    def first_slots(self) -> tuple[Slot, ...]:
        return self.slots[:FIRST_SLOTS]

    @property
    def later_slots(self) -> list[tuple[bool, list[Slot]]]:
        """The rest by day: (is it today, its windows)."""
        days = groupby(self.slots[FIRST_SLOTS:], key=lambda slot: slot.is_today)
        return [(is_today, list(windows)) for is_today, windows in days]

    @property
    def coupon_groups(self) -> list[tuple[str, list[CouponChoice]]]:
        """The shopper's coupons by what they are for: one of each may be used."""
        groups = {
            "coupon": [choice for choice in self.quote.coupons if not choice.is_delivery],
            "delivery_coupon": [choice for choice in self.quote.coupons if choice.is_delivery],
        }
        return [(name, choices) for name, choices in groups.items() if choices]

    @property
    def coupon_off_fen(self) -> int:
        return sum(choice.off_fen for choice in self.quote.coupons if choice.is_used)


async def get_checkout(
    session: AsyncSession,
    user_id: int,
    delivery: Delivery,
    choice: Choice = NOT_CHOSEN,
    *,
    now: datetime,
) -> Checkout:
    """The offer as it is now, in five statements."""
    cart = await get_cart(session, user_id, now)
    book = await addresses.list_addresses(session, user_id)
    address = _pick_address(book, choice.address_id)
    windows = await slots.list_slots(session, now)
    slot = _pick(windows, choice.slot_id)
    purse = await get_purse(session, user_id, now)
    quote = quote_of(
        cart,
        delivery,
        slot_fee_fen=slot.fee_fen if slot else 0,
        coupons=await coupons.list_usable(session, user_id, now),
        chosen=choice.coupon_ids,
        points_fen=purse.usable if choice.use_points else 0,
    )
    return Checkout(cart, quote, address, tuple(windows), slot, delivery, tuple(book), purse)


def _pick_address(book: list[AddressView], address_id: int | None) -> AddressView | None:
    """The chosen one, else the default, which stands first."""
    chosen = (address for address in book if address.id == address_id)
    return next(chosen, book[0] if book else None)


def _pick(windows: list[Slot], slot_id: int | None) -> Slot | None:
    """The chosen window, else the earliest that has room."""
    free = [slot for slot in windows if not slot.is_full]
    chosen = (slot for slot in free if slot.id == slot_id)
    return next(chosen, free[0] if free else None)
