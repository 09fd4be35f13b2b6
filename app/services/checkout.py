"""What the check-out page offers: the selected goods, what they cost, and where they go."""

import hashlib
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.services import addresses
from app.services.addresses import AddressView
from app.services.cart import Cart, Line, get_cart, quote_of
from app.services.quote import Delivery, Quote


@dataclass(frozen=True, slots=True)
class Checkout:
    """The offer. Placing reads it again, and refuses when its hash is another by then."""

    cart: Cart
    quote: Quote
    address: AddressView | None

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.cart.selected

    @property
    def left_out(self) -> tuple[Line, ...]:
        """Selected, but sold out or short: the offer is without them."""
        return tuple(line for line in self.cart.lines if line.is_select and not line.can_order)

    @property
    def hash(self) -> str:
        """Changes with anything that the shopper agrees to: goods, sums and address."""
        place = self.address
        where = (place.receiver, place.phone, place.area, place.room) if place else None
        return hashlib.sha256(repr((self.quote.hash, where)).encode()).hexdigest()[:16]


async def get_checkout(session: AsyncSession, user_id: int, delivery: Delivery) -> Checkout:
    """The offer as it is now, in two statements."""
    cart = await get_cart(session, user_id)
    address = await addresses.find_default(session, user_id)
    return Checkout(cart, quote_of(cart, delivery), address)
