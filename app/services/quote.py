"""What a basket costs. Pure arithmetic in fen, the same for cart, check-out and placing.

Four lanes, each on what the one before it left: price, promotion, coupons, points.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.services.quote_bill import Step, explain
from app.services.quote_coupons import CouponChoice, CouponTerms, Scope, choose_coupons
from app.services.quote_lines import (
    COUPON,
    POINTS,
    LineOff,
    Lines,
    QuotedLine,
    QuoteLine,
    payable,
    start_lines,
    take_off,
)
from app.services.quote_promotions import Promotion, apply_promotion

__all__ = [
    "CouponChoice",
    "CouponTerms",
    "Delivery",
    "LineOff",
    "Promotion",
    "Quote",
    "QuoteLine",
    "QuotedLine",
    "Scope",
    "Step",
    "quote",
]

# Points pay at most this part of the goods, and only in whole yuan.
MOST_POINTS_BP = 3_000
POINTS_STEP_FEN = 100


@dataclass(frozen=True, slots=True)
class Delivery:
    """The fee, and the goods sum from which there is none; both in fen.

    `regions` are beginnings of the districts' codes that the shop delivers to; without any it
    delivers everywhere.
    """

    fee_fen: int
    free_from_fen: int
    regions: tuple[str, ...] = ()

    def reaches(self, region: str) -> bool:
        return not self.regions or region.startswith(self.regions)


@dataclass(frozen=True, slots=True)
class Quote:
    """Every step of the arithmetic, in fen. `pay = goods + ship - off - points`, never below 0."""

    lines: Lines
    goods_fen: int
    ship_fen: int
    off_fen: int
    points_fen: int
    pay_fen: int
    free_from_fen: int
    most_points_fen: int
    coupons: tuple[CouponChoice, ...]
    steps: tuple[Step, ...]

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def missing_for_free_fen(self) -> int:
        """How much more would bring free delivery; 0 when it is free already."""
        return max(0, self.free_from_fen - self.goods_fen)

    @property
    def saved_fen(self) -> int:
        return -sum(step.amount_fen for step in self.steps if step.amount_fen < 0)

    @property
    def coupon_ids(self) -> tuple[int, ...]:
        """The coupons that are used, in id order."""
        return tuple(sorted(c.terms.coupon_id for c in self.coupons if c.is_used))

    @property
    def hash(self) -> str:
        """Changes with anything that the shopper agreed to; travels with the form."""
        agreed = [
            (
                line.goods_id,
                line.quantity,
                line.unit_fen,
                [(off.lane, off.source, off.amount_fen) for off in line.offs],
            )
            for line in self.lines
        ]
        steps = (agreed, self.ship_fen, self.coupon_ids, self.pay_fen)
        return hashlib.sha256(repr(steps).encode()).hexdigest()[:16]


def quote(
    lines: Sequence[QuoteLine],
    delivery: Delivery,
    *,
    slot_fee_fen: int = 0,
    promotions: Sequence[Promotion] = (),
    coupons: Sequence[CouponTerms] = (),
    chosen: Collection[int] | None = None,
    points_fen: int = 0,
) -> Quote:
    """Add up a basket. An empty one costs nothing, delivery included.

    `coupons` are all that the shopper could use; `chosen` the ids of those they want, or None for
    the best. Points beyond what is allowed are left alone.
    """
    priced = start_lines(lines)
    goods_fen = payable(priced)
    fees = _delivery_fees(priced, delivery, slot_fee_fen)
    promoted, promotion = apply_promotion(priced, promotions)
    choices = choose_coupons(coupons, chosen, lines=promoted, ship_fen=sum(fees))
    couponed = _apply_coupon(promoted, choices)
    most_points_fen = _most_points(payable(couponed))
    used_points_fen = min(whole_points(max(0, points_fen)), most_points_fen)
    final = take_off(couponed, POINTS, "points", used_points_fen)
    ship_fen = 0 if any(c.is_used and c.is_delivery for c in choices) else sum(fees)
    return Quote(
        lines=final,
        goods_fen=goods_fen,
        ship_fen=ship_fen,
        off_fen=sum(line.off_fen for line in final),
        points_fen=used_points_fen,
        pay_fen=payable(final) + ship_fen,
        free_from_fen=delivery.free_from_fen,
        most_points_fen=most_points_fen,
        coupons=choices,
        steps=tuple(explain(priced, fees, promotion, choices, used_points_fen)),
    )


def _delivery_fees(lines: Lines, delivery: Delivery, slot_fee_fen: int) -> tuple[int, int]:
    """(for bringing it, for the chosen time). The free-delivery line is about the first only."""
    if not lines:
        return 0, 0
    is_free = payable(lines) >= delivery.free_from_fen
    return 0 if is_free else delivery.fee_fen, slot_fee_fen


def _apply_coupon(lines: Lines, choices: Sequence[CouponChoice]) -> Lines:
    for choice in choices:
        if choice.is_used and not choice.is_delivery:
            terms = choice.terms
            return take_off(lines, COUPON, terms.source, choice.off_fen, terms.scope.covers)
    return lines


def _most_points(goods_fen: int) -> int:
    return whole_points(goods_fen * MOST_POINTS_BP // 10_000)


def whole_points(fen: int) -> int:
    """Points are taken in whole yuan."""
    return fen // POINTS_STEP_FEN * POINTS_STEP_FEN
