"""One field of a course file's row: text, whole numbers and money, each checked."""

import re
import unicodedata
from decimal import Decimal

from app.services.course.sql import Row

MOST = 2**31 - 1
MOST_FEN = 10**10
LONGEST_NUMBER = 18
LONGEST_CHILD_NAME = 40
LONGEST_QUOTE = 30

_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}")
_WHOLE = re.compile(r"([0-9]+)(?:\.0*)?")


class Refused(Exception):
    """This row cannot be taken."""


def read_text(row: Row, column: str, longest: int, *, required: bool = False) -> str:
    """One line of text without control characters; missing and NULL are empty."""
    raw = unicodedata.normalize("NFC", row.values.get(column) or "")
    seen = "".join(" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in raw)
    text = " ".join(seen.split())
    if required and not text:
        raise Refused(f"{column} is missing or empty")
    return _fit(text, longest, column)


def read_child(part: str) -> tuple[int, str]:
    """Number and name of `进口水果:103534`. A name may hold `/` and even `:`."""
    name, _, digits = part.rpartition(":")
    whole = _WHOLE.fullmatch(digits.strip())
    if not whole or len(whole[1]) > LONGEST_NUMBER or not name.strip():
        raise Refused(f"childtypenames: {_quoted(part)} is not name:number")
    return int(whole[1]), _fit(name.strip(), LONGEST_CHILD_NAME, "childtypenames")


def _fit(text: str, longest: int, column: str) -> str:
    if len(text) > longest:
        raise Refused(f"{column} is longer than {longest} characters: {_quoted(text)}")
    return text


def read_number(row: Row, column: str, *, least: int = 0) -> int:
    """A whole number, 0 when missing. Copies write 3 also as '3' and 3.000000."""
    text = (row.values.get(column) or "0").strip() or "0"
    whole = _WHOLE.fullmatch(text)
    if not whole or not least <= int(whole[1][: LONGEST_NUMBER + 1]) <= MOST:
        raise Refused(f"{column} is not a number from {least} to {MOST}: {_quoted(text)}")
    return int(whole[1])


def read_fen(row: Row, column: str) -> int:
    """Yuan as exact fen, 0 when missing."""
    text = (row.values.get(column) or "0").strip() or "0"
    if not _AMOUNT.fullmatch(text):
        raise Refused(f"{column} is not an amount of money: {_quoted(text)}")
    fen = Decimal(text) * 100
    if fen != fen.to_integral_value():
        raise Refused(f"{column} has a part of a fen: {_quoted(text)}")
    if fen > MOST_FEN:
        raise Refused(f"{column} is too large: {_quoted(text)}")
    return int(fen)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")
