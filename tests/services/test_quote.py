"""The arithmetic of a basket: exact, never negative, and its hash tells every difference."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.services.quote import Delivery, QuoteLine, quote

fen = st.integers(min_value=0, max_value=10**8)
deliveries = st.builds(Delivery, fee_fen=fen, free_from_fen=fen)
baskets = st.lists(
    st.builds(
        QuoteLine,
        goods_id=st.integers(1, 2**53),
        quantity=st.integers(1, 99),
        unit_fen=st.integers(1, 10**8),
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
    total = quote([QuoteLine(1, 2, 1000)], Delivery(500, 3900))

    assert (total.goods_fen, total.ship_fen, total.pay_fen) == (2000, 500, 2500)
    assert total.missing_for_free_fen == 1900
