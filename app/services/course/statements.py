"""Cutting an SQL file into statements, with the line of each. Nothing is executed."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

FLAGS = re.IGNORECASE | re.DOTALL | re.MULTILINE | re.VERBOSE

# White space, comments, the semicolons they leave behind.
_GAP = re.compile(r"(?:[\s;\ufeff]++|/\*.*?\*/|--[^\n]*+|\#[^\n]*+)*+", FLAGS)

# Up to the semicolon that is in no quotes and no comment. Both '' and \' stand for a quote.
_BODY = re.compile(
    r"""(?:
      [^'"`;/\#-]++ | '(?:[^'\\]++|\\.|'')*+' | "(?:[^"\\]++|\\.|"")*+" | `[^`]*+`
      | /\*.*?\*/ | --(?=\s)[^\n]*+ | \#[^\n]*+ | [/-]
    )*+;""",
    FLAGS,
)

_NAME = r"""(?:[`"\[]?[\w$-]+[`"\]]?\s*\.\s*)?[`"\[]?(?P<table>[\w$-]+)[`"\]]?"""
_INSERT = re.compile(
    rf"""(?:insert|replace)\s+(?:(?:low_priority|delayed|high_priority|ignore|or\s+\w+)\s+)*
    (?:into\s+)?{_NAME}\s*(?:\(|values?\b|set\b|select\b)""",
    FLAGS,
)
_CREATE = re.compile(
    rf"create\s+(?:temporary\s+)?table\s+(?:if\s+not\s+exists\s+)?{_NAME}\s*\(", FLAGS
)
# What else a file may begin with. Strict, because the text before the SQL may be English.
_OPENING = re.compile(
    r"""(?: drop\s+(?:table|database|schema)\s | create\s+(?:database|schema)\s
      | set\s+(?:names\b|@|\w+\s*=) | use\s+[`\w]+\s*; | (?:un)?lock\s+tables
      | alter\s+(?:table|database)\s | delete\s+from\s | truncate\s | update\s+[`"\w.]+\s+set\s
      | start\s+transaction\s*; | begin\s*; | begin\s+transaction\s*; | pragma\s+\w+ )""",
    FLAGS,
)
_VERB = re.compile(
    r"""(?:alter|analyze|begin|call|commit|create|delete|drop|end|flush|grant|insert|lock|optimize
    |pragma|replace|revoke|rollback|savepoint|select|set|show|start|truncate|unlock|update|use
    |vacuum|with)\b""",
    FLAGS,
)
_DELIMITER = re.compile(r"delimiter\s(?:\s*;|.*?^\s*delimiter\s+;)[^\n]*", FLAGS)
# A line in the middle of a statement that begins another one: a semicolon is missing above it.
_SWALLOWED = re.compile(rf"\n[ \t]*{_INSERT.pattern}", FLAGS)
_HIDDEN = re.compile(
    r"""'(?:[^'\\]++|\\.|'')*+' | "(?:[^"\\]++|\\.|"")*+" | /\*.*?\*/ | --\s[^\n]*+ | \#[^\n]*+""",
    FLAGS,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`table` is in lower case; `text` begins at `start` of the file."""

    kind: Literal["insert", "create", "other"]
    table: str
    text: str
    start: int


class BrokenFile(Exception):
    """From `line` on the file cannot be read as SQL."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class Lines:
    """Line numbers by position in the text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, position: int) -> int:
        return bisect_right(self._starts, position)

    @property
    def last(self) -> int:
        return len(self._starts)


def split_statements(text: str, lines: Lines) -> Iterator[Statement]:
    """Every statement in turn. Lines that are no SQL are passed over before the first one only.

    Raises BrokenFile where the file is cut off or is not SQL.
    """
    position, has_begun = _skip_gap(text, 0), False
    while position < len(text):
        if not has_begun and not _opens(text, position):
            position = _skip_gap(text, _next_line(text, position))
            continue
        has_begun = True
        end = _end_of_statement(text, position, lines)
        yield _classify(text, position, end)
        position = _skip_gap(text, end)


def _skip_gap(text: str, position: int) -> int:
    gap = _GAP.match(text, position)
    return gap.end() if gap else position


def _next_line(text: str, position: int) -> int:
    newline = text.find("\n", position)
    return len(text) if newline < 0 else newline + 1


def _opens(text: str, position: int) -> bool:
    return any(head.match(text, position) for head in (_INSERT, _CREATE, _OPENING, _DELIMITER))


def _end_of_statement(text: str, start: int, lines: Lines) -> int:
    line = lines.at(start)
    if delimiter := _DELIMITER.match(text, start):
        return delimiter.end()
    if not _VERB.match(text, start):
        raise BrokenFile(line, "this is neither an SQL statement nor a comment")
    body = _BODY.match(text, start)
    if body is None:
        raise BrokenFile(
            lines.last,
            f"the file is cut off here, or a quote is not closed: the statement that begins in "
            f"line {line} has no end",
        )
    _refuse_swallowed(text[start : body.end()], start, lines)
    return body.end()


def _refuse_swallowed(statement: str, start: int, lines: Lines) -> None:
    if not _SWALLOWED.search(statement):
        return
    bare = _HIDDEN.sub(lambda hidden: " " * len(hidden[0]), statement)
    if swallowed := _SWALLOWED.search(bare):
        raise BrokenFile(
            lines.at(start + swallowed.start() + 1),
            f"a statement begins here, but the one from line {lines.at(start)} has no end",
        )


def _classify(text: str, start: int, end: int) -> Statement:
    for kind, head in (("insert", _INSERT), ("create", _CREATE)):
        if match := head.match(text, start, end):
            name = match["table"].casefold()
            return Statement(kind, name, text[start : end - 1], start)  # type: ignore[arg-type]
    return Statement("other", "", "", start)
