"""What `axf serve` writes to its log."""

import logging
import logging.config
import re
from collections.abc import Iterator

import pytest

from app.logs import LOGGING


@pytest.fixture
def _served(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The log as a served shop has it; afterwards as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.config.dictConfig(LOGGING)
    yield
    root.handlers[:], root.level = handlers, level
    logging.getLogger("axf").setLevel(logging.NOTSET)


@pytest.mark.usefixtures("_served")
def test_a_request_is_one_line_with_its_time_in_utc(capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("axf.access").info("GET / 200 1.0ms abc")

    line = capfd.readouterr().err
    time_of_day = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(rf"{time_of_day} INFO axf.access GET / 200 1.0ms abc\n", line)


@pytest.mark.usefixtures("_served")
def test_other_libraries_are_heard_only_when_they_warn(capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("trouble")

    assert "chatter" not in (heard := capfd.readouterr().err)
    assert "trouble" in heard
