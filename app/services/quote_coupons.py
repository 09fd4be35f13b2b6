"""Which coupons fit a basket, what each would save, and which are taken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.errors import N_, Message, Words, Yuan
from app.services.quote_lines import QuotedLine, payable

DELIVERY = "delivery"
NAMED = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """What a coupon is for: all, or the types, child types or goods with the ids of `refs`.

    Flash prices are final, so a line at one is never meant.
    """

    kind: str = "all"
    refs: frozenset[int] = frozenset()
    names: tuple[Words, ...] = ()

    @property
    def is_all(self) -> bool:
        return self.kind == "all"

    @property
    def name(self) -> Words:
        """The first few names in a row."""
        rest = len(self.names) > NAMED
        return Words(
            "、".join(name.zh for name in self.names[:NAMED]) + ("等" if rest else ""),
            ", ".join(name.en or name.zh for name in self.names[:NAMED]) + (" …" if rest else ""),
        )

    def covers(self, line: QuotedLine) -> bool:
        ref = {"type": line.type_id, "child": line.child_id}.get(self.kind, line.goods_id)
        return line.takes_coupons and (self.is_all or ref in self.refs)


ALL_GOODS = Scope()


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """Kinds: amount, percent (basis points off, at most `most_fen`), delivery.

    `least_fen` is the sum that it takes of the goods that `scope` covers, and what it saves on
    goods is taken off these only.
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
    template_id: int = 0
    scope: Scope = ALL_GOODS

    @property
    def source(self) -> str:
        return f"coupon:{self.coupon_id}"

    @property
    def percent_off(self) -> Words:
        """A percentage as shops say it: Chinese ones say how many tenths are left."""
        tenths, percent = _decimal(10_000 - self.percent_bp, 1000), _decimal(self.percent_bp, 100)
        return Words(f"{tenths} 折", f"−{percent}%")

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
    """A coupon beside this basket: what it saves, or why not. `goods_fen` is the sum of the goods
    in the basket that it is for."""

    terms: CouponTerms
    off_fen: int
    is_used: bool = False
    refusal: Refusal | None = None
    goods_fen: int = 0

    @property
    def is_delivery(self) -> bool:
        return self.terms.kind == DELIVERY


def choose_coupons(
    coupons: Sequence[CouponTerms],
    chosen: Collection[int] | None,
    *,
    lines: Sequence[QuotedLine],
    ship_fen: int,
) -> tuple[CouponChoice, ...]:
    """Judge all, and use at most one on the goods and one on the delivery. `lines` are as the
    lane before left them.

    Of those `chosen`, or of all when nobody has chosen yet, the one that saves most; of equal
    ones the first. Nothing takes the place of a chosen one that does not fit.
    """
    choices = [_judge(terms, lines, ship_fen) for terms in coupons]
    wanted = [c for c in choices if chosen is None or c.terms.coupon_id in chosen]
    used = {
        best.terms.coupon_id
        for is_delivery in (False, True)
        if (best := _best([c for c in wanted if c.is_delivery == is_delivery]))
    }
    return tuple(_settle(choice, used, chosen or ()) for choice in choices)


def hint_of(choices: Sequence[CouponChoice]) -> CouponChoice | None:
    """The one worth a word beside the cart: what will save something at the check-out, else what
    lacks the least."""
    used = [choice for choice in choices if choice.is_used]
    near = [c for c in choices if c.refusal and c.refusal.code == "too-little"]
    if used:
        return max(used, key=lambda choice: (not choice.is_delivery, choice.off_fen))
    return min(near, key=lambda c: c.refusal.missing_fen if c.refusal else 0, default=None)


def _judge(terms: CouponTerms, lines: Sequence[QuotedLine], ship_fen: int) -> CouponChoice:
    covered = [line for line in lines if terms.scope.covers(line)]
    goods_fen = payable(covered)
    missing_fen = max(0, terms.least_fen - goods_fen)
    is_idle = missing_fen > 0 or (not covered and not terms.scope.is_all)
    off_fen = 0 if is_idle else terms.off_of(goods_fen, ship_fen)
    refusal = None if off_fen else _refuse(terms, missing_fen, has_covered=bool(covered))
    return CouponChoice(terms, off_fen, refusal=refusal, goods_fen=goods_fen)


def _refuse(terms: CouponTerms, missing_fen: int, *, has_covered: bool) -> Refusal:
    sums = {"missing": Yuan(missing_fen)}
    names = {"names": terms.scope.name}
    if missing_fen and terms.scope.is_all:
        text = Message(N_("%(missing)s more to use it"), sums)
        refusal = Refusal("too-little", text, missing_fen)
    elif missing_fen:
        text = Message(N_("%(missing)s more of %(names)s to use it"), {**sums, **names})
        refusal = Refusal("too-little", text, missing_fen)
    elif not has_covered and not terms.scope.is_all:
        refusal = Refusal("other-goods", Message(N_("Only for %(names)s"), names))
    elif terms.kind == DELIVERY:
        refusal = Refusal("delivery-is-free", Message(N_("Delivery is free already"), {}))
    elif not has_covered:
        refusal = Refusal("flash-only", Message(N_("Not for flash sale goods"), {}))
    else:
        refusal = Refusal("nothing-off", Message(N_("It would save nothing here"), {}))
    return refusal


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


def _decimal(number: int, unit: int) -> str:
    whole, rest = divmod(number, unit)
    return f"{whole}.{rest:0{len(str(unit)) - 1}}".rstrip("0") if rest else str(whole)
