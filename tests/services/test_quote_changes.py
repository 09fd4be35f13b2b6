"""What is said when an offer is no longer the one that was shown."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Words, Yuan
from app.security import sign
from app.services.quote import CouponTerms, Delivery, QuoteLine, quote
from app.services.quote_changes import (
    PURPOSE,
    Shown,
    ShownLine,
    compare,
    pack,
    shown_of,
    unpack,
)

SECRET = "a-secret-of-the-shop"
APPLE, PEAR = Words("苹果", "Apple"), Words("梨", "Pear")
NAMES = {1: APPLE, 2: PEAR}
SHOWN = Shown(
    lines=(ShownLine(1, 2, 990),),
    ship_fen=500,
    coupon_ids=(7,),
    off_fen=100,
    points_fen=200,
    pay_fen=2180,
    slot_id=3,
    place="a1b2",
    rest="0123456789abcdef",
)

fen = st.integers(0, 10**9)
offers = st.builds(
    Shown,
    lines=st.lists(st.builds(ShownLine, st.integers(1, 4), st.integers(1, 2), fen), max_size=3).map(
        tuple
    ),
    ship_fen=fen,
    coupon_ids=st.lists(st.integers(1, 2**53), max_size=2).map(tuple),
    off_fen=fen,
    points_fen=fen,
    pay_fen=fen,
    slot_id=st.none() | st.integers(1, 2**53),
    place=st.text(max_size=20),
    rest=st.text(max_size=16),
)


@given(offers)
def test_what_was_packed_comes_out_again(shown: Shown) -> None:
    packed = pack(SECRET, shown)

    assert unpack(SECRET, packed) == shown
    assert packed.isascii()


@given(st.text())
def test_what_was_not_packed_here_is_not_read(text: str) -> None:
    assert unpack(SECRET, text) is None


@given(st.integers(0, 10**6), st.characters())
def test_not_a_letter_can_be_changed(position: int, letter: str) -> None:
    packed = pack(SECRET, SHOWN)
    position %= len(packed)

    forged = packed[:position] + letter + packed[position + 1 :]

    assert (unpack(SECRET, forged) is None) == (forged != packed)


def test_another_shops_signature_is_not_ours() -> None:
    assert unpack(SECRET, pack("another-secret", SHOWN)) is None


@pytest.mark.parametrize(
    "content", [{"lines": [[1, 2, 990, 990]]}, {"lines": []}, {"ship_fen": 1}, []]
)
def test_a_form_from_before_an_update_is_not_read(content: object) -> None:
    body = base64.urlsafe_b64encode(json.dumps(content).encode())

    assert unpack(SECRET, f"{body.decode()}.{sign(SECRET, PURPOSE, body)}") is None


def test_what_is_shown_is_taken_from_the_quote() -> None:
    coupon = CouponTerms(7, "amount", 500, 0, None, 0, "券", "Coupon")
    total = quote([QuoteLine.at_best(1, 3, 1000)], Delivery(500, 3900), coupons=[coupon])

    shown = shown_of(total, slot_id=3, place="here")

    assert shown == Shown((ShownLine(1, 3, 1000),), 500, (7,), 500, 0, 3000, 3, "here", total.hash)


@given(offers, offers)
def test_something_is_said_whenever_anything_differs(old: Shown, new: Shown) -> None:
    assert bool(compare(old, new, names=NAMES)) == (old != new)
    assert compare(old, old, names=NAMES) == []


def a_line(goods_id: int = 1, quantity: int = 2, unit_fen: int = 990) -> tuple[ShownLine, ...]:
    return (ShownLine(goods_id, quantity, unit_fen),)


CHANGES: list[tuple[Callable[[Shown], Shown], list[tuple[str, str]]]] = [
    (lambda s: replace(s, lines=a_line(unit_fen=980)), [("price", "goods-1")]),
    (lambda s: replace(s, lines=a_line(quantity=1)), [("quantity", "goods-1")]),
    (lambda s: replace(s, lines=()), [("gone", "goods-1")]),
    (lambda s: replace(s, lines=s.lines + a_line(2)), [("added", "goods-2")]),
    (lambda s: replace(s, ship_fen=0), [("delivery-fee", "")]),
    (lambda s: replace(s, coupon_ids=()), [("coupon-gone", "")]),
    (lambda s: replace(s, coupon_ids=(7, 8)), [("coupon-added", "")]),
    (lambda s: replace(s, coupon_ids=(8,)), [("coupon-gone", ""), ("coupon-added", "")]),
    (lambda s: replace(s, off_fen=90), [("off", "")]),
    (lambda s: replace(s, points_fen=0), [("points", "")]),
    (lambda s: replace(s, pay_fen=1), [("sum", "")]),
    (lambda s: replace(s, slot_id=None), [("slot", "")]),
    (lambda s: replace(s, place="c3d4"), [("place", "")]),
    (lambda s: replace(s, rest="fedcba9876543210"), [("other", "")]),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_each_difference_is_named(
    change: Callable[[Shown], Shown], expected: list[tuple[str, str]]
) -> None:
    found = compare(SHOWN, change(SHOWN), names=NAMES)

    assert [(difference.code, difference.field) for difference in found] == expected


@pytest.mark.parametrize(("left", "code"), [(0, "sold-out"), (-1, "sold-out"), (1, "short")])
def test_goods_that_ran_out_are_said_to_have(left: int, code: str) -> None:
    (found,) = compare(SHOWN, replace(SHOWN, lines=()), names=NAMES, left={1: left})

    assert found.code == code
    assert found.message.params["name"] == APPLE


def test_a_new_price_is_said_with_both() -> None:
    (found,) = compare(SHOWN, replace(SHOWN, lines=a_line(unit_fen=1090)), names=NAMES)

    assert found.message.params == {"name": APPLE, "old": Yuan(990), "new": Yuan(1090)}


def test_goods_without_a_name_are_named_all_the_same() -> None:
    (found,) = compare(SHOWN, replace(SHOWN, lines=()), names={})

    assert found.message.params["name"] == Words("商品", "Goods")
