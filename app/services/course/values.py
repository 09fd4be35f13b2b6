"""The columns and rows of one SQL statement, by sqlglot.

Rows are read from sqlglot's tokens and not from its syntax tree, because the tree forgives what
must be refused here: `(1,,2)` is there the same as `(1, 2)`, and `(1, 2) (3, 4)` has one row.
"""

import logging
from dataclasses import dataclass

from sqlglot import Token, TokenType, exp, parse_one
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import SqlglotError

# Stands for an expression, a function call and the like. No text in a file can be equal to it.
UNREADABLE = "\0unreadable"

_DIALECT = MySQL()
_DEPTH = {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}
_TEXT = frozenset({TokenType.STRING, TokenType.NATIONAL_STRING})

# It warns on stderr about every clause of a CREATE TABLE that it does not know.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class RawRow:
    """The values between two brackets; `position` is that of the first bracket."""

    position: int
    values: list[str | None]


class Malformed(Exception):
    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


def read_columns(create: str) -> list[str]:
    """The column names of a CREATE TABLE in their order; none when it cannot be understood."""
    try:
        tree = parse_one(create, dialect=_DIALECT)
    except (SqlglotError, RecursionError):
        return []
    return [column.name for column in tree.find_all(exp.ColumnDef)]


def read_insert(insert: str) -> tuple[list[str] | None, list[RawRow]]:
    """The column list, if there is one, and the rows of an INSERT or REPLACE."""
    if insert[:7].casefold() == "replace":
        insert = "INSERT " + insert[7:]  # sqlglot knows REPLACE as a function only
    try:
        tokens = _DIALECT.tokenize(insert)
    except SqlglotError:
        raise Malformed(0, "this INSERT is not SQL") from None
    start = _find_values(tokens)
    return _read_names(tokens[:start]), _Rows(tokens[start + 1 :], len(insert)).read()


def _find_values(tokens: list[Token]) -> int:
    depth = 0
    for index, token in enumerate(tokens):
        depth += _DEPTH.get(token.token_type, 0)
        is_word = not depth and token.token_type not in _TEXT
        if is_word and token.text.upper() in {"VALUES", "VALUE"}:
            return index
    raise Malformed(0, "only INSERT … VALUES (…) can be read")


def _read_names(head: list[Token]) -> list[str] | None:
    opening = [i for i, token in enumerate(head) if token.token_type == TokenType.L_PAREN]
    if not opening:
        return None
    inside = head[opening[-1] + 1 : -1]
    return [token.text for token in inside if token.token_type != TokenType.COMMA]


class _Rows:
    """Walks over `(…), (…), …` and insists on every bracket and comma."""

    def __init__(self, tokens: list[Token], end: int) -> None:
        self._tokens = tokens
        self._end = end
        self._next = 0

    def read(self) -> list[RawRow]:
        rows = [self._read_row()]
        while self._next < len(self._tokens):
            if self._peek().text.upper() in {"ON", "AS"}:  # ON DUPLICATE KEY UPDATE …
                return rows
            self._expect(TokenType.COMMA)
            rows.append(self._read_row())
        return rows

    def _read_row(self) -> RawRow:
        position = self._expect(TokenType.L_PAREN).start
        values = [self._read_value()]
        while self._peek().token_type == TokenType.COMMA:
            self._next += 1
            values.append(self._read_value())
        self._expect(TokenType.R_PAREN)
        return RawRow(position, values)

    def _read_value(self) -> str | None:
        first, depth = self._next, 0
        while depth or self._peek().token_type not in {TokenType.COMMA, TokenType.R_PAREN}:
            depth += _DEPTH.get(self._peek().token_type, 0)
            self._next += 1
        if first == self._next:
            raise Malformed(self._peek().start, "a value is missing here")
        return _value(self._tokens[first : self._next])

    def _peek(self) -> Token:
        if self._next == len(self._tokens):
            raise Malformed(self._end, "the INSERT ends in the middle of a row")
        return self._tokens[self._next]

    def _expect(self, kind: TokenType) -> Token:
        token = self._peek()
        if token.token_type != kind:
            raise Malformed(token.start, "a comma, a bracket or a semicolon is missing here")
        self._next += 1
        return token


def _value(tokens: list[Token]) -> str | None:
    if tokens[0].token_type == TokenType.INTRODUCER:  # _utf8'…'
        tokens = tokens[1:]
    kinds = [token.token_type for token in tokens]
    text = "".join(token.text for token in tokens)
    if kinds and (_TEXT.issuperset(kinds) or kinds == [TokenType.NUMBER]):
        return text
    if kinds in ([TokenType.DASH, TokenType.NUMBER], [TokenType.DOT, TokenType.NUMBER]):
        return text
    return _keyword(kinds, text)


def _keyword(kinds: list[TokenType], text: str) -> str | None:
    match kinds:
        case [TokenType.NULL]:
            return None
        case [TokenType.TRUE | TokenType.FALSE as kind]:
            return str(int(kind == TokenType.TRUE))
        case [TokenType.BIT_STRING]:
            return str(int(text, 2))
        case _:
            return UNREADABLE
