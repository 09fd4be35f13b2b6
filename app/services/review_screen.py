"""What in a review's text is better read by a person before everybody can."""

import re
import unicodedata
from functools import cache

from app.settings import ROOT

LINK, PHONE, WORDS = "link", "phone", "words"

_DIGITS = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", "123456789", strict=True)),
    "〇": "0",
    "○": "0",
    "幺": "1",
    "两": "2",
}
_AS_DIGITS = str.maketrans(_DIGITS)
# What people put between the digits of a number that they want to hide from machines.
_GAP = r"[\s\-_.·•/\\|()（）*~,，、。…]{0,4}"
_MOBILE = re.compile(rf"(?<!\d)(?:86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_LANDLINE = re.compile(rf"(?<!\d)0\d{{2,3}}{_GAP}\d{{7,8}}(?!\d)")
_LONG_NUMBER = re.compile(r"\d{7,}")
_ENDINGS = (
    "com|cn|net|org|top|xyz|cc|io|shop|store|me|info|vip|club|site|link|ly|co|tv|app|online|wang"
)
_LINK = re.compile(
    rf"https?\s*:|www\s*[.。]|(?<![a-z0-9])[a-z0-9-]{{2,}}\s?[.。]\s?(?:{_ENDINGS})(?![a-z0-9])"
)


def screen(body: str) -> tuple[str, ...]:
    """Why this text has to wait: of `link`, `phone` and `words` those that it holds."""
    plain = _plain(body)
    found = {LINK: _has_link(plain), PHONE: _has_phone(plain), WORDS: _has_banned_word(plain)}
    return tuple(reason for reason, is_there in found.items() if is_there)


def _plain(text: str) -> str:
    """As it is compared: full-width and circled signs as plain ones, nothing invisible."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Mn"})


def _has_link(plain: str) -> bool:
    return _LINK.search(plain) is not None


def _has_phone(plain: str) -> bool:
    digits = plain.translate(_AS_DIGITS)
    return any(kind.search(digits) for kind in (_MOBILE, _LANDLINE, _LONG_NUMBER))


def _has_banned_word(plain: str) -> bool:
    squeezed = "".join(filter(str.isalnum, plain))
    anywhere, words = _banned()
    return any(word in squeezed for word in anywhere) or any(
        re.search(rf"(?<![a-z]){word}(?![a-z])", plain) for word in words
    )


@cache
def _banned() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that are looked for anywhere, and those that must stand alone."""
    lines = (ROOT / "data" / "banned_words.txt").read_text("utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return (
        tuple(word for word in words if not word.isascii()),
        tuple(re.escape(word) for word in words if word.isascii()),
    )
