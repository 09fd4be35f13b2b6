"""What `axf serve` writes to its log."""

import re
import subprocess
import sys

PROGRAM = """
import logging.config
from app.logs import LOGGING
logging.config.dictConfig(LOGGING)
logging.getLogger({name!r}).{level}("GET / 200 1.0ms abc")
"""


def heard_of(name: str, level: str) -> str:
    """What a process of its own writes, since the test runner has handlers of its own."""
    program = PROGRAM.format(name=name, level=level)
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_a_request_is_one_line_with_its_time_in_utc() -> None:
    line = heard_of("axf.access", "info")

    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(rf"{moment} INFO axf.access GET / 200 1.0ms abc\n", line)


def test_other_libraries_are_heard_only_when_they_warn() -> None:
    assert heard_of("some.library", "info") == ""
    assert "WARNING some.library" in heard_of("some.library", "warning")
