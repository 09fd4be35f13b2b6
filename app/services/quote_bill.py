"""The rows of a bill: how a basket comes to its sum."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import N_, Message, Words
from app.services.quote_coupons import CouponChoice
from app.services.quote_lines import Lines, payable
from app.services.quote_promotions import Promotion


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the bill. The amounts of all rows add up to what is to be paid."""

    name: str
    label: Message
    amount_fen: int


def explain(
    lines: Lines,
    fees: tuple[int, int],
    promotion: tuple[Promotion, int] | None,
    choices: Sequence[CouponChoice],
    points_fen: int,
) -> Iterator[Step]:
    """The bill of these lines as they stood after the first lane. `fees`: delivery, its time."""
    member_fen = sum(line.saved_fen for line in lines if line.is_member_price)
    flash_fen = sum(line.saved_fen for line in lines) - member_fen
    yield _row("goods", N_("Goods total"), payable(lines) + member_fen + flash_fen)
    if member_fen:
        yield _row("member", N_("Member price"), -member_fen)
    if flash_fen:
        yield _row("flash", N_("Flash sale"), -flash_fen)
    if promotion:
        rule, off_fen = promotion
        yield _row("promotion", "%(title)s", -off_fen, title=Words(rule.title_zh, rule.title_en))
    yield _row("delivery", N_("Delivery"), fees[0])
    if fees[1]:
        yield _row("slot", N_("Delivery at this time"), fees[1])
    for choice in choices:
        if choice.is_used:
            title = Words(choice.terms.title_zh, choice.terms.title_en)
            yield _row("coupon", N_("Coupon: %(title)s"), -choice.off_fen, title=title)
    if points_fen:
        yield _row("points", N_("Paid with points"), -points_fen)


def _row(name: str, label: str, amount_fen: int, **params: Words) -> Step:
    return Step(name, Message(label, params), amount_fen)
