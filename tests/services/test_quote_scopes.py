"""Coupons that are for a part of the shop: they look at its goods only, and say what is missing."""

from collections.abc import Sequence
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Words
from app.services.quote import CouponTerms, Delivery, QuoteLine, Scope, quote
from app.services.quote_coupons import Refusal

DELIVERY = Delivery(500, 100_000)
FRUIT, MILK, MILK_DRINKS = 1, 2, 21


def terms(
    coupon_id: int = 1,
    kind: str = "amount",
    *,
    scope: Scope,
    amount: int = 0,
    percent: int = 0,
    least: int = 0,
) -> CouponTerms:
    return CouponTerms(coupon_id, kind, amount, percent, None, least, "券", "C", scope=scope)


fruit = Scope("type", frozenset({FRUIT}), (Words("水果", "Fruit"),))
drinks = Scope("child", frozenset({MILK_DRINKS}), (Words("鲜奶", "Fresh milk"),))
apple = QuoteLine.at_best(1, 2, 1000, type_id=FRUIT, child_id=11)
pear = QuoteLine.at_best(2, 1, 1000, type_id=FRUIT)
milk = QuoteLine.at_best(3, 1, 4000, type_id=MILK, child_id=MILK_DRINKS)
flashed = QuoteLine.at_best(4, 1, 9000, flash_item_id=5, flash_fen=8000, type_id=FRUIT)
BASKET = [apple, pear, milk]


def offs_of(coupon: CouponTerms, lines: Sequence[QuoteLine] = BASKET) -> list[int]:
    return [line.off_fen for line in quote(lines, DELIVERY, coupons=[coupon]).lines]


def refusal_of(coupon: CouponTerms, lines: Sequence[QuoteLine] = BASKET) -> Refusal:
    (choice,) = quote(lines, DELIVERY, coupons=[coupon]).coupons
    assert choice.refusal
    return choice.refusal


@pytest.mark.parametrize(
    ("scope", "offs"),
    [
        (fruit, [200, 100, 0]),
        (drinks, [0, 0, 300]),
        (Scope("goods", frozenset({2, 3})), [0, 60, 240]),
        (Scope("goods", frozenset({2, MILK_DRINKS})), [0, 300, 0]),
    ],
)
def test_what_comes_off_comes_off_the_goods_it_is_for(scope: Scope, offs: list[int]) -> None:
    assert offs_of(terms(scope=scope, amount=300)) == offs


def test_a_percentage_is_of_the_goods_it_is_for() -> None:
    assert offs_of(terms(kind="percent", scope=fruit, percent=2000)) == [400, 200, 0]


def test_only_its_goods_count_towards_the_sum_it_takes() -> None:
    refusal = refusal_of(terms(scope=fruit, amount=300, least=4250))

    assert (refusal.code, refusal.missing_fen) == ("too-little", 1250)
    assert refusal.message.text == "%(missing)s more of %(names)s to use it"
    assert refusal.message.params["names"] == Words("水果", "Fruit")


def test_goods_at_a_flash_price_are_never_meant() -> None:
    coupon = terms(scope=fruit, amount=300, least=3001)

    assert refusal_of(coupon, [*BASKET, flashed]).missing_fen == 1
    assert offs_of(terms(scope=fruit, amount=300), [*BASKET, flashed]) == [200, 100, 0, 0]


@pytest.mark.parametrize("kind", ["amount", "delivery"])
def test_without_any_of_its_goods_it_does_not_fit(kind: str) -> None:
    refusal = refusal_of(terms(kind=kind, scope=fruit, amount=300), [milk])

    assert (refusal.code, refusal.missing_fen) == ("other-goods", 0)


def test_a_delivery_coupon_may_ask_for_goods_too() -> None:
    assert refusal_of(terms(kind="delivery", scope=drinks, least=4001)).missing_fen == 1
    assert quote(
        BASKET, DELIVERY, coupons=[terms(kind="delivery", scope=drinks, least=4000)]
    ).coupon_ids == (1,)


def test_of_many_names_the_first_few_are_said() -> None:
    many = Scope("goods", frozenset(), tuple(Words(f"果{i}", f"Fruit {i}") for i in range(4)))

    assert many.name == Words("果0、果1、果2等", "Fruit 0, Fruit 1, Fruit 2 …")


@pytest.mark.parametrize(
    ("off", "words"), [(2000, Words("8 折", "−20%")), (1250, Words("8.75 折", "−12.5%"))]
)
def test_a_percentage_is_said_in_both_ways(off: int, words: Words) -> None:
    coupon = terms(kind="percent", scope=Scope(), percent=off)

    assert coupon.percent_off == words


baskets = st.lists(
    st.builds(
        QuoteLine.at_best,
        goods_id=st.integers(1, 6),
        quantity=st.integers(1, 9),
        base_fen=st.integers(1, 10_000),
        flash_item_id=st.none() | st.just(1),
        flash_fen=st.integers(1, 10_000),
        type_id=st.integers(1, 2),
        child_id=st.none() | st.integers(1, 3),
    ),
    max_size=6,
    unique_by=lambda line: line.goods_id,
)
scopes = st.builds(
    Scope,
    kind=st.sampled_from(["all", "type", "child", "goods"]),
    refs=st.frozensets(st.integers(1, 6), max_size=3),
)
coupons_of_all_kinds = st.lists(
    st.builds(
        CouponTerms,
        coupon_id=st.integers(1, 9),
        kind=st.sampled_from(["amount", "percent", "delivery"]),
        amount_fen=st.integers(0, 5000),
        percent_bp=st.integers(0, 10_000),
        most_fen=st.none() | st.integers(0, 5000),
        least_fen=st.integers(0, 20_000),
        title_zh=st.just("券"),
        title_en=st.just("C"),
        scope=scopes,
    ),
    max_size=5,
    unique_by=lambda coupon: coupon.coupon_id,
)


# Up to 32 quotes for each basket take longer on a busy machine.
@settings(deadline=None)
@given(baskets, coupons_of_all_kinds)
def test_no_other_pair_of_coupons_saves_more(
    lines: list[QuoteLine], coupons: list[CouponTerms]
) -> None:
    proposed = quote(lines, DELIVERY, coupons=coupons)
    ids = [coupon.coupon_id for coupon in coupons]

    for chosen in chain(combinations(ids, 0), combinations(ids, 1), combinations(ids, 2)):
        assert proposed.pay_fen <= quote(lines, DELIVERY, coupons=coupons, chosen=chosen).pay_fen


@given(baskets, coupons_of_all_kinds)
def test_no_share_of_a_coupon_lies_outside_of_what_it_is_for(
    lines: list[QuoteLine], coupons: list[CouponTerms]
) -> None:
    by_source = {coupon.source: coupon for coupon in coupons}

    for line in quote(lines, DELIVERY, coupons=coupons).lines:
        assert all(by_source[off.source].scope.covers(line) for off in line.offs)
        assert line.pay_fen >= 0


@given(baskets, coupons_of_all_kinds, st.integers(1, 6))
def test_what_is_missing_is_exactly_what_is_missing(
    lines: list[QuoteLine], coupons: list[CouponTerms], ref: int
) -> None:
    for choice in quote(lines, DELIVERY, coupons=coupons).coupons:
        if choice.refusal and choice.refusal.code == "too-little":
            fits = choice.terms.scope.refs or {ref}
            more = QuoteLine.at_best(
                next(iter(fits)) if choice.terms.scope.kind == "goods" else 99,
                1,
                choice.refusal.missing_fen,
                type_id=next(iter(fits)),
                child_id=next(iter(fits)),
            )
            is_new = more.goods_id not in {line.goods_id for line in lines}
            if is_new and (choice.terms.scope.is_all or choice.terms.scope.refs):
                (after,) = quote([*lines, more], DELIVERY, coupons=[choice.terms]).coupons
                assert after.refusal is None or after.refusal.code != "too-little"
                assert after.goods_fen == choice.terms.least_fen
