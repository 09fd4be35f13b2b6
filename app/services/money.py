"""Splitting sums of money in whole fen, so that the parts always add up."""

from collections.abc import Sequence


def prorate(amount: int, weights: Sequence[int], caps: Sequence[int] | None = None) -> list[int]:
    """Split `amount` in proportion to `weights`, no part above its cap (by default its weight).

    The largest remainders get the odd fen, of equal ones the first. What a capped part cannot
    take goes to the others; what weighs nothing gets nothing. Raises ValueError when the amount
    does not fit.
    """
    if amount < 0 or min([*weights, *(caps or ())], default=0) < 0:
        raise ValueError("nothing here may be negative")
    limits = weights if caps is None else caps
    room = [limit if weight else 0 for weight, limit in zip(weights, limits, strict=True)]
    if amount > sum(room):
        raise ValueError("the amount does not fit")
    parts = [0] * len(room)
    while left := amount - sum(parts):
        # Each pass gives out all that is left, or fills at least one part.
        still_open = [i for i, part in enumerate(parts) if part < room[i]]
        shares = _split(left, [weights[i] for i in still_open])
        for i, share in zip(still_open, shares, strict=True):
            parts[i] += min(share, room[i] - parts[i])
    return parts


def _split(amount: int, weights: Sequence[int]) -> list[int]:
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def refundable(pay_fen: int, quantity: int, done_quantity: int, done_fen: int, more: int) -> int:
    """What giving back `more` pieces of a line brings, after `done_quantity` for `done_fen`.

    Rounded on the sum so far, so any sequence of refunds ends at exactly `pay_fen`.
    """
    if more < 0 or done_quantity < 0 or done_quantity + more > quantity:
        raise ValueError("more pieces than were bought")
    # Money given back without goods may have run ahead of the pieces.
    return max(0, pay_fen * (done_quantity + more) // quantity - done_fen)
