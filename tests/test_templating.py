"""The filters that templates use for money."""

import pytest

from app.i18n import yuan
from app.templating import yuan_short


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (1990, "19.90"), (3900, "39.00"), (-250, "-2.50")]
)
def test_money_has_two_digits_of_fen(fen: int, text: str) -> None:
    assert yuan(fen) == text


@pytest.mark.parametrize(
    ("fen", "text"), [(3900, "39"), (980, "9.80"), (0, "0"), (10000, "100"), (-500, "-5")]
)
def test_whole_yuan_in_a_sentence_have_no_fen(fen: int, text: str) -> None:
    assert yuan_short(fen) == text
