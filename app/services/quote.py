"""What a basket costs. Pure arithmetic in fen, the same for cart, check-out and placing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """`quantity` pieces of a good at `unit_fen` each."""

    goods_id: int
    quantity: int
    unit_fen: int

    @property
    def gross_fen(self) -> int:
        return self.unit_fen * self.quantity


@dataclass(frozen=True, slots=True)
class Delivery:
    """The fee, and the goods sum from which there is none; both in fen."""

    fee_fen: int
    free_from_fen: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Every step of the arithmetic, in fen. `pay = goods + ship - off - points`, never below 0."""

    lines: tuple[QuoteLine, ...]
    goods_fen: int
    ship_fen: int
    off_fen: int
    points_fen: int
    pay_fen: int
    free_from_fen: int

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def missing_for_free_fen(self) -> int:
        """How much more would bring free delivery; 0 when it is free already."""
        return max(0, self.free_from_fen - self.goods_fen)

    @property
    def hash(self) -> str:
        """Changes with anything that the shopper agreed to; travels with the form."""
        agreed = [(line.goods_id, line.quantity, line.unit_fen) for line in self.lines]
        steps = (agreed, self.ship_fen, self.off_fen, self.points_fen, self.pay_fen)
        return hashlib.sha256(repr(steps).encode()).hexdigest()[:16]


def quote(lines: Sequence[QuoteLine], delivery: Delivery) -> Quote:
    """Add up a basket. An empty one costs nothing, delivery included."""
    ordered = tuple(sorted(lines, key=lambda line: line.goods_id))
    goods_fen = sum(line.gross_fen for line in ordered)
    is_free = not ordered or goods_fen >= delivery.free_from_fen
    ship_fen = 0 if is_free else delivery.fee_fen
    return Quote(
        lines=ordered,
        goods_fen=goods_fen,
        ship_fen=ship_fen,
        off_fen=0,
        points_fen=0,
        pay_fen=goods_fen + ship_fen,
        free_from_fen=delivery.free_from_fen,
    )
