"""The arithmetic of a basket: exact, never negative, and its hash tells every difference."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.money import refundable
from app.services.quote import (
    CouponChoice,
    CouponTerms,
    Delivery,
    LineOff,
    Promotion,
    Quote,
    QuoteLine,
    quote,
)

fen = st.integers(min_value=0, max_value=10**8)
deliveries = st.builds(Delivery, fee_fen=fen, free_from_fen=fen)
baskets = st.lists(
    st.builds(
        QuoteLine.at_best,
        goods_id=st.integers(1, 2**53),
        quantity=st.integers(1, 99),
        base_fen=st.integers(1, 10**8),
        flash_item_id=st.none() | st.integers(1, 9),
        flash_fen=st.integers(1, 10**8),
    ),
    max_size=12,
    unique_by=lambda line: line.goods_id,
)
filled = baskets.filter(bool)


@given(baskets, deliveries)
def test_sums_are_exact(lines: list[QuoteLine], delivery: Delivery) -> None:
    total = quote(lines, delivery)

    assert total.goods_fen == sum(line.unit_fen * line.quantity for line in lines)
    assert total.pay_fen == total.goods_fen + total.ship_fen - total.off_fen - total.points_fen
    assert total.quantity == sum(line.quantity for line in lines)


@given(baskets, deliveries)
def test_nothing_is_ever_negative(lines: list[QuoteLine], delivery: Delivery) -> None:
    total = quote(lines, delivery)

    assert min(total.goods_fen, total.ship_fen, total.pay_fen, total.missing_for_free_fen) >= 0


@given(baskets, deliveries)
def test_delivery_costs_the_fee_or_nothing(lines: list[QuoteLine], delivery: Delivery) -> None:
    total = quote(lines, delivery)

    is_free = not lines or total.goods_fen >= delivery.free_from_fen
    assert total.ship_fen == (0 if is_free else delivery.fee_fen)


@given(filled, deliveries, st.data())
def test_the_order_of_the_lines_does_not_matter(
    lines: list[QuoteLine], delivery: Delivery, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(lines))

    assert quote(shuffled, delivery) == quote(lines, delivery)
    assert quote(shuffled, delivery).hash == quote(lines, delivery).hash


@given(filled, deliveries, st.integers(1, 1000), st.sampled_from(["quantity", "unit_fen"]))
def test_the_hash_tells_another_number_or_price(
    lines: list[QuoteLine], delivery: Delivery, more: int, what: str
) -> None:
    first = lines[0]
    changed = replace(first, **{what: getattr(first, what) + more})

    assert quote([changed, *lines[1:]], delivery).hash != quote(lines, delivery).hash


@given(filled, deliveries)
def test_the_hash_tells_a_line_that_is_gone(lines: list[QuoteLine], delivery: Delivery) -> None:
    assert quote(lines[1:], delivery).hash != quote(lines, delivery).hash


@given(filled, deliveries, st.integers(1, 1000))
def test_the_hash_tells_another_fee_only_when_it_is_paid(
    lines: list[QuoteLine], delivery: Delivery, more: int
) -> None:
    before = quote(lines, delivery)
    after = quote(lines, replace(delivery, fee_fen=delivery.fee_fen + more))

    assert (before.hash != after.hash) == (before.goods_fen < delivery.free_from_fen)


def test_what_is_missing_for_free_delivery() -> None:
    total = quote([QuoteLine.at_best(1, 2, 1000)], Delivery(500, 3900))

    assert (total.goods_fen, total.ship_fen, total.pay_fen) == (2000, 500, 2500)
    assert total.missing_for_free_fen == 1900


@dataclass(frozen=True)
class Basket:
    """All that a quote is made of."""

    lines: list[QuoteLine]
    delivery: Delivery
    slot_fee_fen: int
    promotions: list[Promotion]
    coupons: list[CouponTerms]
    chosen: frozenset[int] | None
    points_fen: int

    def quote(self) -> Quote:
        return quote(
            self.lines,
            self.delivery,
            slot_fee_fen=self.slot_fee_fen,
            promotions=self.promotions,
            coupons=self.coupons,
            chosen=self.chosen,
            points_fen=self.points_fen,
        )


coupon_terms = st.builds(
    CouponTerms,
    coupon_id=st.integers(1, 6),
    kind=st.sampled_from(["amount", "percent", "delivery"]),
    amount_fen=st.integers(0, 10**6),
    percent_bp=st.integers(0, 10_000),
    most_fen=st.none() | st.integers(0, 10**6),
    least_fen=st.integers(0, 10**7),
    title_zh=st.just("券"),
    title_en=st.just("Coupon"),
)
baskets_with_all = st.builds(
    Basket,
    lines=baskets,
    delivery=deliveries,
    slot_fee_fen=st.integers(0, 2000),
    promotions=st.lists(
        st.builds(
            Promotion,
            key=st.sampled_from("abc"),
            amount_fen=st.integers(0, 10**6),
            least_fen=st.integers(0, 10**6),
            title_zh=st.just("满减"),
            title_en=st.just("Off"),
        ),
        max_size=3,
    ),
    coupons=st.lists(coupon_terms, max_size=5, unique_by=lambda terms: terms.coupon_id),
    chosen=st.none() | st.frozensets(st.integers(1, 7), max_size=3),
    points_fen=st.integers(-100, 10**9),
)


@given(baskets_with_all)
def test_what_comes_off_the_lines_is_what_comes_off_the_order(basket: Basket) -> None:
    total = basket.quote()

    offs = [off for line in total.lines for off in line.offs]
    assert total.off_fen == sum(off.amount_fen for off in offs if off.lane in {2, 3})
    assert total.points_fen == sum(off.amount_fen for off in offs if off.lane == 4)
    assert total.goods_fen == sum(line.gross_fen for line in total.lines)
    assert total.pay_fen == total.goods_fen + total.ship_fen - total.off_fen - total.points_fen
    assert total.pay_fen - total.ship_fen == sum(line.pay_fen for line in total.lines)
    assert all(off.amount_fen > 0 and len(off.source) <= 24 for off in offs)


@given(baskets_with_all)
def test_no_line_ends_below_nothing(basket: Basket) -> None:
    total = basket.quote()

    assert all(0 <= line.pay_fen <= line.gross_fen for line in total.lines)
    assert total.pay_fen >= total.ship_fen >= 0


@given(baskets_with_all)
def test_the_rows_of_the_bill_add_up_to_the_sum(basket: Basket) -> None:
    total = basket.quote()

    assert sum(step.amount_fen for step in total.steps) == total.pay_fen
    assert len({step.name for step in total.steps} & {"goods", "delivery"}) == 2


@given(baskets_with_all)
def test_nothing_comes_on_top_of_a_flash_price_but_points(basket: Basket) -> None:
    total = basket.quote()

    for line in total.lines:
        if line.flash_item_id is not None:
            assert line.unit_fen < line.base_fen
            assert {off.lane for off in line.offs} <= {4}


@given(baskets_with_all)
def test_one_coupon_on_the_goods_and_one_on_the_delivery(basket: Basket) -> None:
    total = basket.quote()

    used = [choice for choice in total.coupons if choice.is_used]
    assert total.coupon_ids == tuple(sorted(choice.terms.coupon_id for choice in used))
    assert len([c for c in used if c.is_delivery]) <= 1
    assert len([c for c in used if not c.is_delivery]) <= 1
    assert all(choice.off_fen > 0 and choice.refusal is None for choice in used)
    if basket.chosen is not None:
        assert set(total.coupon_ids) <= basket.chosen


@given(baskets_with_all)
def test_no_other_choice_of_coupons_is_better_than_the_proposed(basket: Basket) -> None:
    without_points = replace(basket, points_fen=0)
    proposed = replace(without_points, chosen=None).quote()

    assert proposed.pay_fen <= without_points.quote().pay_fen


@given(baskets_with_all)
def test_points_pay_whole_yuan_and_at_most_three_tenths_of_the_goods(basket: Basket) -> None:
    total = basket.quote()

    assert total.points_fen % 100 == 0
    assert total.points_fen * 10 <= (total.goods_fen - total.off_fen) * 3
    assert total.points_fen <= max(0, basket.points_fen)
    assert total.points_fen <= total.most_points_fen


@given(baskets_with_all, st.data())
def test_partial_refunds_in_any_order_end_at_what_was_paid(
    basket: Basket, data: st.DataObject
) -> None:
    for line in basket.quote().lines:
        done = paid_back = 0
        while done < line.quantity:
            more = data.draw(st.integers(1, line.quantity - done))
            amount = refundable(line.pay_fen, line.quantity, done, paid_back, more)
            assert amount >= 0
            done, paid_back = done + more, paid_back + amount

        assert paid_back == line.pay_fen


CHANGES: list[Callable[[Basket], Basket]] = [
    lambda basket: basket,
    lambda basket: replace(basket, lines=basket.lines[::-1]),
    lambda basket: replace(basket, lines=basket.lines[1:]),
    lambda basket: replace(basket, lines=[replace(x, quantity=1) for x in basket.lines]),
    lambda basket: replace(basket, slot_fee_fen=0),
    lambda basket: replace(basket, delivery=Delivery(500, 3900)),
    lambda basket: replace(basket, promotions=[]),
    lambda basket: replace(basket, coupons=basket.coupons[:1]),
    lambda basket: replace(basket, chosen=None),
    lambda basket: replace(basket, chosen=frozenset()),
    lambda basket: replace(basket, points_fen=0),
]


def agreed(total: Quote) -> object:
    """What a shopper says yes to."""
    lines = [(line.goods_id, line.quantity, line.unit_fen, line.offs) for line in total.lines]
    return lines, total.coupon_ids, total.ship_fen, total.points_fen, total.pay_fen


@given(baskets_with_all, st.sampled_from(CHANGES))
def test_the_hash_changes_when_something_agreed_changes_and_only_then(
    basket: Basket, change: Callable[[Basket], Basket]
) -> None:
    before, after = basket.quote(), change(basket).quote()

    assert (before.hash == after.hash) == (agreed(before) == agreed(after))


DELIVERY = Delivery(500, 3900)


def terms(coupon_id: int = 1, kind: str = "amount", **other: int | None) -> CouponTerms:
    numbers = {"amount_fen": 0, "percent_bp": 0, "most_fen": None, "least_fen": 0} | other
    return CouponTerms(coupon_id, kind, title_zh="券", title_en="Coupon", **numbers)  # type: ignore[arg-type]


def apples(quantity: int = 3, **flash: int) -> list[QuoteLine]:
    return [QuoteLine.at_best(1, quantity, 1000, **flash)]


def only_choice(total: Quote) -> CouponChoice:
    (choice,) = total.coupons
    return choice


def test_a_coupon_is_split_by_what_the_lines_cost() -> None:
    lines = [QuoteLine.at_best(2, 1, 1000), QuoteLine.at_best(1, 2, 1000)]

    total = quote(lines, DELIVERY, coupons=[terms(7, amount_fen=500)])

    assert [line.offs for line in total.lines] == [
        (LineOff(3, "coupon:7", 333),),
        (LineOff(3, "coupon:7", 167),),
    ]
    assert (total.goods_fen, total.ship_fen, total.off_fen, total.pay_fen) == (3000, 500, 500, 3000)


def test_part_of_a_fen_of_a_percentage_stays_with_the_shop() -> None:
    lines = [QuoteLine.at_best(1, 1, 999)]

    total = quote(lines, DELIVERY, coupons=[terms(kind="percent", percent_bp=1000)])

    assert total.off_fen == 99


def test_a_percentage_takes_off_no_more_than_its_most() -> None:
    coupon = terms(kind="percent", percent_bp=5000, most_fen=800)

    assert quote(apples(), DELIVERY, coupons=[coupon]).off_fen == 800


def test_a_coupon_worth_more_than_the_goods_leaves_the_delivery() -> None:
    total = quote(apples(1), DELIVERY, coupons=[terms(amount_fen=5000)])

    assert (total.off_fen, total.pay_fen) == (1000, 500)


def test_what_is_missing_for_a_coupon_is_said() -> None:
    choice = only_choice(quote(apples(), DELIVERY, coupons=[terms(amount_fen=5, least_fen=5980)]))

    assert not choice.is_used
    assert choice.refusal
    assert (choice.refusal.code, choice.refusal.missing_fen) == ("too-little", 2980)


def test_the_sum_that_a_coupon_takes_is_reached_exactly() -> None:
    assert quote(apples(), DELIVERY, coupons=[terms(amount_fen=5, least_fen=3000)]).off_fen == 5


@pytest.mark.parametrize(
    ("coupon", "lines", "code"),
    [
        (terms(kind="delivery"), apples(4), "delivery-is-free"),
        (terms(amount_fen=5), apples(flash_item_id=1, flash_fen=500), "flash-only"),
        (terms(kind="percent", percent_bp=1), [QuoteLine.at_best(1, 1, 9)], "nothing-off"),
        (terms(amount_fen=5, least_fen=1), apples(flash_item_id=1, flash_fen=500), "too-little"),
    ],
)
def test_a_coupon_that_does_not_fit_says_why(
    coupon: CouponTerms, lines: list[QuoteLine], code: str
) -> None:
    total = quote(lines, DELIVERY, coupons=[coupon], chosen={1})

    choice = only_choice(total)
    assert total.coupon_ids == ()
    assert choice.refusal
    assert choice.refusal.code == code


def test_a_delivery_coupon_pays_the_fee_and_the_time() -> None:
    total = quote(apples(), DELIVERY, slot_fee_fen=200, coupons=[terms(kind="delivery")])

    assert (total.ship_fen, total.off_fen, total.pay_fen) == (0, 0, 3000)
    assert [(step.name, step.amount_fen) for step in total.steps] == [
        ("goods", 3000),
        ("delivery", 500),
        ("slot", 200),
        ("coupon", -700),
    ]
    assert total.saved_fen == 700


def test_free_delivery_does_not_pay_for_the_time() -> None:
    total = quote(apples(4), DELIVERY, slot_fee_fen=200)

    assert (total.ship_fen, total.pay_fen) == (200, 4200)


def test_of_equal_coupons_the_first_is_proposed() -> None:
    equal = [terms(5, amount_fen=300), terms(2, amount_fen=300), terms(3, amount_fen=200)]

    assert quote(apples(), DELIVERY, coupons=equal).coupon_ids == (5,)


def test_a_goods_and_a_delivery_coupon_go_together() -> None:
    both = [terms(1, amount_fen=300), terms(2, kind="delivery")]

    total = quote(apples(), DELIVERY, coupons=both)

    assert total.coupon_ids == (1, 2)
    assert total.pay_fen == 2700


def test_what_the_shopper_chose_is_used_though_another_saves_more() -> None:
    two = [terms(1, amount_fen=300), terms(2, amount_fen=200)]

    assert quote(apples(), DELIVERY, coupons=two, chosen={2}).coupon_ids == (2,)
    assert quote(apples(), DELIVERY, coupons=two, chosen=()).coupon_ids == ()
    assert quote(apples(), DELIVERY, coupons=two, chosen={9}).coupon_ids == ()


def test_nothing_takes_the_place_of_a_chosen_coupon_that_does_not_fit() -> None:
    two = [terms(1, amount_fen=300), terms(2, amount_fen=900, least_fen=9900)]

    assert quote(apples(), DELIVERY, coupons=two, chosen={2}).coupon_ids == ()


def test_of_two_chosen_coupons_for_the_goods_one_is_refused() -> None:
    two = [terms(1, amount_fen=300), terms(2, amount_fen=200)]

    total = quote(apples(), DELIVERY, coupons=two, chosen={1, 2})

    assert total.coupon_ids == (1,)
    assert total.coupons[1].refusal
    assert total.coupons[1].refusal.code == "one-of-a-kind"


def test_each_lane_works_on_what_the_one_before_left() -> None:
    total = quote(
        apples(4),
        DELIVERY,
        promotions=[Promotion("p", 1000, 4000, "满减", "Off"), Promotion("q", 900, 0, "", "")],
        coupons=[terms(kind="percent", percent_bp=5000)],
        points_fen=5000,
    )

    assert [(off.lane, off.source, off.amount_fen) for off in total.lines[0].offs] == [
        (2, "promotion:p", 1000),
        (3, "coupon:1", 1500),
        (4, "points", 400),
    ]
    assert (total.off_fen, total.points_fen, total.pay_fen) == (2500, 400, 1100)


def test_a_promotion_can_take_away_what_a_coupon_needs() -> None:
    total = quote(
        apples(4),
        DELIVERY,
        promotions=[Promotion("p", 100, 0, "满减", "Off")],
        coupons=[terms(amount_fen=500, least_fen=4000)],
    )

    assert total.coupon_ids == ()
    assert total.coupons[0].refusal
    assert total.coupons[0].refusal.missing_fen == 100


def test_flash_goods_do_not_count_towards_a_coupon() -> None:
    lines = [*apples(2), QuoteLine.at_best(2, 1, 5000, flash_item_id=9, flash_fen=2000)]

    total = quote(lines, DELIVERY, coupons=[terms(amount_fen=500, least_fen=2000)])

    assert [line.off_fen for line in total.lines] == [500, 0]
    assert [(step.name, step.amount_fen) for step in total.steps[:2]] == [
        ("goods", 7000),
        ("flash", -3000),
    ]


def test_a_flash_price_that_is_not_lower_is_none() -> None:
    line = QuoteLine.at_best(1, 1, 1000, flash_item_id=9, flash_fen=1000)

    assert (line.unit_fen, line.flash_item_id) == (1000, None)


@pytest.mark.parametrize(("given", "used"), [(0, 0), (99, 0), (250, 200), (900, 900), (1500, 900)])
def test_points_are_taken_as_far_as_allowed(given: int, used: int) -> None:
    assert quote(apples(), DELIVERY, points_fen=given).points_fen == used


def test_an_empty_basket_costs_nothing_at_any_time() -> None:
    total = quote([], DELIVERY, slot_fee_fen=200, coupons=[terms(amount_fen=5)], points_fen=500)

    assert (total.pay_fen, total.ship_fen, total.coupon_ids) == (0, 0, ())


def test_the_hash_tells_which_of_two_delivery_coupons_is_used() -> None:
    two = [terms(1, kind="delivery"), terms(2, kind="delivery")]

    first, second = (quote(apples(), DELIVERY, coupons=two, chosen={id_}) for id_ in (1, 2))

    assert first.pay_fen == second.pay_fen
    assert first.hash != second.hash
