"""Which coupons fit a basket, what each would save, and which are taken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.errors import N_, Message, Yuan

DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """Kinds: amount, percent (basis points off, at most `most_fen`), delivery.

    `least_fen` is the sum that it takes, of goods that are not in a flash sale.
    """

    coupon_id: int
    kind: str
    amount_fen: int
    percent_bp: int
    most_fen: int | None
    least_fen: int
    title_zh: str
    title_en: str
    valid_to: datetime | None = None

    @property
    def source(self) -> str:
        return f"coupon:{self.coupon_id}"

    def off_of(self, goods_fen: int, ship_fen: int) -> int:
        """What it saves; part of a fen stays with the shop."""
        if self.kind == DELIVERY:
            return ship_fen
        if self.kind == "percent":
            off_fen = goods_fen * self.percent_bp // 10_000
            return off_fen if self.most_fen is None else min(off_fen, self.most_fen)
        return min(self.amount_fen, goods_fen)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a coupon cannot be used; `missing_fen` more goods would change that."""

    code: str
    message: Message
    missing_fen: int = 0


@dataclass(frozen=True, slots=True)
class CouponChoice:
    """A coupon beside this basket: what it saves, or why not."""

    terms: CouponTerms
    off_fen: int
    is_used: bool = False
    refusal: Refusal | None = None

    @property
    def is_delivery(self) -> bool:
        return self.terms.kind == DELIVERY


def choose_coupons(
    coupons: Sequence[CouponTerms],
    chosen: Collection[int] | None,
    *,
    goods_fen: int,
    ship_fen: int,
) -> tuple[CouponChoice, ...]:
    """Judge all, and use at most one on the goods and one on the delivery.

    Of those `chosen`, or of all when nobody has chosen yet, the one that saves most; of equal
    ones the first. Nothing takes the place of a chosen one that does not fit.
    """
    choices = [_judge(terms, goods_fen, ship_fen) for terms in coupons]
    wanted = [c for c in choices if chosen is None or c.terms.coupon_id in chosen]
    used = {
        best.terms.coupon_id
        for is_delivery in (False, True)
        if (best := _best([c for c in wanted if c.is_delivery == is_delivery]))
    }
    return tuple(_settle(choice, used, chosen or ()) for choice in choices)


def _judge(terms: CouponTerms, goods_fen: int, ship_fen: int) -> CouponChoice:
    missing_fen = max(0, terms.least_fen - goods_fen)
    off_fen = 0 if missing_fen else terms.off_of(goods_fen, ship_fen)
    refusal = None
    if missing_fen:
        text = Message(N_("%(missing)s more to use it"), {"missing": Yuan(missing_fen)})
        refusal = Refusal("too-little", text, missing_fen)
    elif not off_fen and terms.kind == DELIVERY:
        refusal = Refusal("delivery-is-free", Message(N_("Delivery is free already"), {}))
    elif not off_fen and not goods_fen:
        refusal = Refusal("flash-only", Message(N_("Not for flash sale goods"), {}))
    elif not off_fen:
        refusal = Refusal("nothing-off", Message(N_("It would save nothing here"), {}))
    return CouponChoice(terms, off_fen, refusal=refusal)


def _best(choices: Sequence[CouponChoice]) -> CouponChoice | None:
    fitting = [choice for choice in choices if choice.refusal is None]
    return max(fitting, key=lambda choice: choice.off_fen, default=None)


def _settle(choice: CouponChoice, used: set[int], chosen: Collection[int]) -> CouponChoice:
    coupon_id = choice.terms.coupon_id
    if coupon_id in used:
        return replace(choice, is_used=True)
    if coupon_id in chosen and choice.refusal is None:
        text = Message(N_("Another coupon of this kind is used already"), {})
        return replace(choice, refusal=Refusal("one-of-a-kind", text))
    return choice
