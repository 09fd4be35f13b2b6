"""The lines of a quote, and what is taken off them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from app.services.money import prorate

# The lanes in which a price is made; each works on what the one before it left.
PRICE, PROMOTION, COUPON, POINTS = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """`quantity` pieces of a good at `unit_fen` each, instead of `base_fen` when on sale.

    `type_id` and `child_id` are where the good stands in the shop, for what is only for a part.
    """

    goods_id: int
    quantity: int
    unit_fen: int
    base_fen: int
    flash_item_id: int | None = None
    type_id: int = 0
    child_id: int | None = None

    @classmethod
    def at_best(
        cls,
        goods_id: int,
        quantity: int,
        base_fen: int,
        *,
        member_fen: int = 0,
        flash_item_id: int | None = None,
        flash_fen: int = 0,
        type_id: int = 0,
        child_id: int | None = None,
    ) -> Self:
        """The first lane: the lowest price. A flash price that is not lower is none, and takes
        nothing of the sale; `member_fen` is 0 for who does not pay it."""
        normal_fen = min(base_fen, member_fen or base_fen)
        if flash_item_id is None or flash_fen >= normal_fen:
            return cls(goods_id, quantity, normal_fen, base_fen, None, type_id, child_id)
        return cls(goods_id, quantity, flash_fen, base_fen, flash_item_id, type_id, child_id)

    @property
    def is_member_price(self) -> bool:
        return self.flash_item_id is None and self.unit_fen < self.base_fen

    @property
    def gross_fen(self) -> int:
        return self.unit_fen * self.quantity

    @property
    def saved_fen(self) -> int:
        """What the first lane saves."""
        return (self.base_fen - self.unit_fen) * self.quantity


@dataclass(frozen=True, slots=True)
class LineOff:
    """What one source takes off one line; `source` names it, as in "coupon:17"."""

    lane: int
    source: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class QuotedLine(QuoteLine):
    """A line with all that came off it. `pay = gross - off - points`, never below 0."""

    offs: tuple[LineOff, ...] = ()

    @property
    def off_fen(self) -> int:
        return sum(off.amount_fen for off in self.offs if off.lane != POINTS)

    @property
    def points_fen(self) -> int:
        return sum(off.amount_fen for off in self.offs if off.lane == POINTS)

    @property
    def pay_fen(self) -> int:
        return self.gross_fen - self.off_fen - self.points_fen

    @property
    def takes_coupons(self) -> bool:
        """Flash prices are final: neither promotions nor coupons come on top."""
        return self.flash_item_id is None


Lines = tuple[QuotedLine, ...]


def start_lines(lines: Iterable[QuoteLine]) -> Lines:
    """In goods order, with nothing off yet."""
    return tuple(
        QuotedLine(
            line.goods_id,
            line.quantity,
            line.unit_fen,
            line.base_fen,
            line.flash_item_id,
            line.type_id,
            line.child_id,
        )
        for line in sorted(lines, key=lambda line: line.goods_id)
    )


def payable(lines: Sequence[QuotedLine]) -> int:
    return sum(line.pay_fen for line in lines)


def payable_with_coupons(lines: Sequence[QuotedLine]) -> int:
    """The part of the sum that promotions and coupons look at."""
    return payable([line for line in lines if line.takes_coupons])


def take_off(
    lines: Lines,
    lane: int,
    source: str,
    amount_fen: int,
    covers: Callable[[QuotedLine], bool] = lambda line: line.takes_coupons,
) -> Lines:
    """Split an amount over the lines that it is for, by what is left to pay of each.

    Points pay for all lines, the other lanes for those that `covers` says.
    """
    weights = [line.pay_fen if lane == POINTS or covers(line) else 0 for line in lines]
    parts = prorate(amount_fen, weights)
    return tuple(
        replace(line, offs=(*line.offs, LineOff(lane, source, part))) if part else line
        for line, part in zip(lines, parts, strict=True)
    )
