"""What a shopper says on the check-out form."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from app.services.addresses import Place
from app.services.checkout import NOT_CHOSEN, Choice
from app.services.quote_changes import Shown


@dataclass(frozen=True, slots=True)
class LineWish:
    """A note for the picker, and what to do when this one is sold out, if not as for the rest."""

    goods_id: int
    note: str = ""
    if_sold_out: str | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the shopper says about the whole order, and about some of its lines."""

    note: str = ""
    if_sold_out: str = "refund"
    lines: Sequence[LineWish] = ()

    def of(self, goods_id: int) -> LineWish:
        found = (wish for wish in self.lines if wish.goods_id == goods_id)
        return next(found, LineWish(goods_id))


@dataclass(frozen=True, slots=True)
class Basket:
    """What the form says. `agreed` is what its page showed, None when that cannot be read;
    `place` an address typed on the page because there was none yet."""

    agreed: Shown | None
    choice: Choice = NOT_CHOSEN
    wishes: Wishes = Wishes()
    place: Place | None = None

    @property
    def fingerprint(self) -> str:
        chosen = sorted(self.choice.coupon_ids or ())
        choice = (self.choice.slot_id, chosen, self.choice.use_points, self.choice.address_id)
        content = (self.agreed, choice, self.wishes, self.place)
        return hashlib.sha256(repr(content).encode()).hexdigest()
