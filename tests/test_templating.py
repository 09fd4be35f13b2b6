"""The filters that templates use for money and time."""

from datetime import UTC, datetime, timedelta

import pytest

from app.i18n import yuan
from app.templating import SHOP_ZONE, near_time, seconds_left, yuan_short


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


def test_a_time_near_by_has_its_day_only_when_it_is_another() -> None:
    now = datetime.now(SHOP_ZONE)
    tomorrow = (now + timedelta(days=1)).replace(hour=8, minute=0)

    assert near_time(now.astimezone(UTC)) == now.strftime("%H:%M")
    assert near_time(tomorrow.astimezone(UTC)) == tomorrow.strftime("%m-%d 08:00")


def test_the_last_second_counts_until_it_has_passed() -> None:
    now = datetime.now(UTC)

    assert seconds_left(now + timedelta(seconds=90)) == 90
    assert seconds_left(now - timedelta(seconds=90)) == 0
