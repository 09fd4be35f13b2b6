"""What changed between the offer that a shopper saw and the one there is now.

The form carries what was shown, in short and signed; placing compares when the hash differs.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from app.errors import N_, Message, Param, Words, Yuan
from app.security import is_signed, sign
from app.services.quote import Quote

PURPOSE = "shown-quote"
LONGEST = 20_000
_GOODS = Words("商品", "Goods")


@dataclass(frozen=True, slots=True)
class ShownLine:
    goods_id: int
    quantity: int
    unit_fen: int


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer in short. `place` stands for the address, `rest` for all that is not named here."""

    lines: tuple[ShownLine, ...]
    ship_fen: int
    coupon_ids: tuple[int, ...]
    off_fen: int
    points_fen: int
    pay_fen: int
    slot_id: int | None
    place: str
    rest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed. `field` is the line it belongs to, as in "goods-475", or ""."""

    code: str
    field: str
    message: Message


def shown_of(quote: Quote, *, slot_id: int | None = None, place: str = "") -> Shown:
    return Shown(
        lines=tuple(ShownLine(x.goods_id, x.quantity, x.unit_fen) for x in quote.lines),
        ship_fen=quote.ship_fen,
        coupon_ids=quote.coupon_ids,
        off_fen=quote.off_fen,
        points_fen=quote.points_fen,
        pay_fen=quote.pay_fen,
        slot_id=slot_id,
        place=place,
        rest=quote.hash,
    )


def pack(secret: str, shown: Shown) -> str:
    """For a hidden field."""
    content = asdict(shown) | {"lines": [[*asdict(line).values()] for line in shown.lines]}
    body = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode())
    return f"{body.decode()}.{sign(secret, PURPOSE, body)}"


def unpack(secret: str, text: str) -> Shown | None:
    """None when it is not what `pack` wrote: then nothing can be said about what was shown."""
    body, _, signature = text.partition(".")
    encoded = body.encode("utf-8", "replace")
    if len(text) > LONGEST or not is_signed(secret, PURPOSE, encoded, signature):
        return None
    try:
        # The signature is right, so it is ours; a form from before an update may look different.
        content = json.loads(base64.urlsafe_b64decode(encoded))
        lines = tuple(ShownLine(*line) for line in content.pop("lines"))
        return Shown(lines=lines, coupon_ids=tuple(content.pop("coupon_ids")), **content)
    except (KeyError, TypeError):
        return None


def compare(
    old: Shown,
    new: Shown,
    *,
    names: Mapping[int, Words],
    left: Mapping[int, int] | None = None,
) -> list[Difference]:
    """Everything that differs, in words; empty only when nothing does.

    `names` are those of the goods, `left` how many there are of goods that fell out for that.
    """
    found = [
        *_compare_lines(old, new, names, left or {}),
        *_compare_coupons(old, new),
        *_compare_sums(old, new),
        *_compare_delivery(old, new),
    ]
    if not found and old != new:
        found = [_difference("other", N_("The discount is now split differently"))]
    return found


def _compare_lines(
    old: Shown, new: Shown, names: Mapping[int, Words], left: Mapping[int, int]
) -> Iterator[Difference]:
    before = {line.goods_id: line for line in old.lines}
    after = {line.goods_id: line for line in new.lines}
    for goods_id in sorted({*before, *after}):
        name = names.get(goods_id, _GOODS)
        field = f"goods-{goods_id}"
        if goods_id not in after:
            yield _missing(field, name, left.get(goods_id))
        elif goods_id not in before:
            yield _difference("added", N_("%(name)s was not in this order yet"), field, name=name)
        else:
            yield from _compare_line(before[goods_id], after[goods_id], field, name)


def _missing(field: str, name: Words, left: int | None) -> Difference:
    if left is None:
        return _difference("gone", N_("%(name)s is no longer selected"), field, name=name)
    if left <= 0:
        return _difference("sold-out", N_("%(name)s is sold out"), field, name=name)
    text = N_("Only %(left)s of %(name)s left")
    return _difference("short", text, field, name=name, left=left)


def _compare_line(old: ShownLine, new: ShownLine, field: str, name: Words) -> Iterator[Difference]:
    if old.unit_fen != new.unit_fen:
        text = N_("%(name)s costs %(new)s now, not %(old)s")
        sums = {"old": Yuan(old.unit_fen), "new": Yuan(new.unit_fen)}
        yield _difference("price", text, field, name=name, **sums)
    if old.quantity != new.quantity:
        text = N_("%(name)s: %(new)s pieces now, not %(old)s")
        yield _difference("quantity", text, field, name=name, old=old.quantity, new=new.quantity)


def _compare_coupons(old: Shown, new: Shown) -> Iterator[Difference]:
    if set(old.coupon_ids) - set(new.coupon_ids):
        yield _difference("coupon-gone", N_("A coupon can no longer be used"))
    if set(new.coupon_ids) - set(old.coupon_ids):
        yield _difference("coupon-added", N_("Another coupon is used now"))


def _compare_sums(old: Shown, new: Shown) -> Iterator[Difference]:
    sums = (
        ("delivery-fee", N_("Delivery costs %(new)s now, not %(old)s"), old.ship_fen, new.ship_fen),
        ("off", N_("The discount is %(new)s now, not %(old)s"), old.off_fen, new.off_fen),
        ("points", N_("Points pay %(new)s now, not %(old)s"), old.points_fen, new.points_fen),
        ("sum", N_("The amount due is %(new)s now, not %(old)s"), old.pay_fen, new.pay_fen),
    )
    for code, text, was, is_now in sums:
        if was != is_now:
            yield _difference(code, text, old=Yuan(was), new=Yuan(is_now))


def _compare_delivery(old: Shown, new: Shown) -> Iterator[Difference]:
    if old.slot_id != new.slot_id:
        yield _difference("slot", N_("The delivery time is another now"))
    if old.place != new.place:
        yield _difference("place", N_("The address is another now"))


def _difference(code: str, text: str, field: str = "", **params: Param) -> Difference:
    return Difference(code, field, Message(text, params))
