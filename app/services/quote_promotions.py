"""What comes off a basket by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.services.quote_lines import PROMOTION, Lines, payable_with_coupons, take_off


@dataclass(frozen=True, slots=True)
class Promotion:
    """So much off, from a sum of goods that are not in a flash sale. `key`: 13 letters at most."""

    key: str
    amount_fen: int
    least_fen: int
    title_zh: str
    title_en: str


def apply_promotion(
    lines: Lines, promotions: Sequence[Promotion]
) -> tuple[Lines, tuple[Promotion, int] | None]:
    """Use the one that saves most; the lines after it, and what it saved."""
    goods_fen = payable_with_coupons(lines)
    fitting = [
        (rule, min(rule.amount_fen, goods_fen))
        for rule in promotions
        if goods_fen >= rule.least_fen and min(rule.amount_fen, goods_fen) > 0
    ]
    if not fitting:
        return lines, None
    rule, off_fen = max(fitting, key=lambda pair: pair[1])
    return take_off(lines, PROMOTION, f"promotion:{rule.key}", off_fen), (rule, off_fen)
