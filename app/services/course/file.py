"""Opening a course file: whatever is handed over, text or a clear refusal comes back."""

import codecs
from pathlib import Path

MOST_BYTES = 32 * 1024 * 1024


class BadFile(Exception):
    """This is not a text file that can be read; the message says why."""


def read_course_file(path: Path) -> str:
    """The text of a file in UTF-8, in UTF-16 with its mark, or in GB18030 (GBK, GB2312)."""
    content = _read_bytes(path)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(content, "utf-16")
    if b"\0" in content:
        raise BadFile("this is not a text file")
    try:
        return _decode(content, "utf-8-sig")
    except BadFile:
        # GB18030 makes a text of nearly everything, so it must not be asked about UTF-8 with a
        # broken byte: all names would come out as other characters.
        if _is_nearly_utf8(content):
            raise
        return _decode(content, "gb18030")


def _read_bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise BadFile("this is not a file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadFile(f"it cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise BadFile(f"it is larger than {MOST_BYTES // 1024**2} MB")
    if not content.strip():
        raise BadFile("it is empty")
    return content


def _decode(content: bytes, encoding: str) -> str:
    """A character cut in two at the very end is left out: the statement around it has no end."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile(f"line {line} is not {encoding.removesuffix('-sig').upper()} text") from error


def _is_nearly_utf8(content: bytes) -> bool:
    text = content.decode("utf-8", errors="replace")
    wide = sum(not char.isascii() for char in text)
    return text.count("\ufffd") * 2 < wide
