"""Splitting money: every fen is somewhere, and none twice."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.money import prorate, refundable

weights = st.lists(st.integers(0, 10**9), max_size=12)


@given(weights, st.data())
def test_the_parts_add_up_to_the_amount(sizes: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(sizes)))

    parts = prorate(amount, sizes)

    assert sum(parts) == amount
    assert all(0 <= part <= size for part, size in zip(parts, sizes, strict=True))


@given(weights, st.data())
def test_a_part_is_less_than_a_fen_from_its_exact_share(
    sizes: list[int], data: st.DataObject
) -> None:
    total = sum(sizes)
    amount = data.draw(st.integers(0, total))

    for part, size in zip(prorate(amount, sizes), sizes, strict=True):
        assert abs(part * total - amount * size) < total or not total


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=8), st.data())
def test_caps_are_kept_and_what_they_turn_away_goes_elsewhere(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    sizes, caps = [size for size, _ in pairs], [cap for _, cap in pairs]
    amount = data.draw(st.integers(0, sum(cap for size, cap in pairs if size)))

    parts = prorate(amount, sizes, caps)

    assert sum(parts) == amount
    assert all(0 <= part <= cap for part, cap in zip(parts, caps, strict=True))
    assert all(not part for part, size in zip(parts, sizes, strict=True) if not size)


@given(weights.filter(bool), st.data())
def test_a_heavier_part_never_gets_less(sizes: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(sizes)))

    by_size = sorted(zip(sizes, prorate(amount, sizes), strict=True))

    for (light, less), (heavy, more) in pairwise(by_size):
        assert less <= more or light == heavy


@pytest.mark.parametrize(
    ("amount", "sizes", "caps", "parts"),
    [
        (100, [1000, 1000, 1000], None, [34, 33, 33]),
        (1, [5, 5], None, [1, 0]),
        (0, [0, 0], None, [0, 0]),
        (0, [], None, []),
        (500, [2000, 1000], None, [333, 167]),
        (10, [1, 1, 1], [1, 100, 100], [1, 5, 4]),
    ],
)
def test_odd_fen_go_to_the_largest_remainder(
    amount: int, sizes: list[int], caps: list[int] | None, parts: list[int]
) -> None:
    assert prorate(amount, sizes, caps) == parts


@pytest.mark.parametrize(
    ("amount", "sizes", "caps"),
    [(11, [5, 5], None), (1, [], None), (1, [0], [9]), (-1, [5], None), (1, [-1, 5], None)],
)
def test_an_amount_that_does_not_fit_is_refused(
    amount: int, sizes: list[int], caps: list[int] | None
) -> None:
    with pytest.raises(ValueError, match=r"fit|negative"):
        prorate(amount, sizes, caps)


@given(st.integers(0, 10**9), st.integers(1, 99), st.data())
def test_refunds_piece_by_piece_end_at_what_was_paid(
    pay_fen: int, quantity: int, data: st.DataObject
) -> None:
    done = paid_back = 0
    while done < quantity:
        more = data.draw(st.integers(1, quantity - done))
        amount = refundable(pay_fen, quantity, done, paid_back, more)
        assert 0 <= amount <= pay_fen - paid_back
        done, paid_back = done + more, paid_back + amount

    assert paid_back == pay_fen


def test_money_given_back_before_the_pieces_is_counted() -> None:
    assert refundable(100, 2, 0, 80, 1) == 0
    assert refundable(100, 2, 1, 80, 1) == 20


@pytest.mark.parametrize(("done", "more"), [(0, 3), (2, 1), (0, -1), (-1, 1)])
def test_more_pieces_than_were_bought_are_refused(done: int, more: int) -> None:
    with pytest.raises(ValueError, match="pieces"):
        refundable(100, 2, done, 0, more)
