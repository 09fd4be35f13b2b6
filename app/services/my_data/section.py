"""A part of what the shop knows of a shopper, and how it is read: by key, a page at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import Message, Words
from app.models import Base

PAGE = 200

Column: TypeAlias = InstrumentedAttribute[Any] | ColumnElement[Any]  # Any: of whatever type
# Two columns are a name in both languages.
Fields = Mapping[str, Column | tuple[Column, Column]]
Value: TypeAlias = str | int | date | datetime | Words | Message | None
Row: TypeAlias = "dict[str, Value | list[Row]]"
Join: TypeAlias = tuple[Any, Any]  # Any: a model and its ON clause


@dataclass(frozen=True, slots=True)
class Part:
    """What hangs on each row of a section: `parent` holds that row's key."""

    key: str
    parent: Column
    fields: Fields
    order: tuple[Column, ...]
    joins: tuple[Join, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """`owner` is the column with the shopper's id, `by` the one that is unique for each of their
    rows. `view` puts a row into the words of its page."""

    key: str
    title: str
    owner: Column
    by: Column
    fields: Fields
    joins: tuple[Join, ...] = ()
    parts: tuple[Part, ...] = ()
    view: Callable[[Row], Row] | None = field(default=None)

    @property
    def is_record(self) -> bool:
        """Shown one under the other, not as the rows of a table."""
        return bool(self.parts) or self.owner is self.by


@dataclass(frozen=True, slots=True)
class Page:
    """`last` is the key from which the next page goes on; None on the last one."""

    rows: list[Row]
    last: Any  # Any: of the type of the section's key


def fields_of(model: type[Base], *names: str) -> dict[str, Column]:
    """Columns under their own names."""
    return {name: getattr(model, name) for name in names}


async def read_page(session: AsyncSession, section: Section, user_id: int, after: Any) -> Page:
    """The rows that follow the key `after` (None: the first), with all that hangs on them."""
    query = select(section.by, *_columns(section.fields)).where(section.owner == user_id)
    for target, on in section.joins:
        query = query.outerjoin(target, on)
    if after is not None:
        query = query.where(section.by > after)
    found = (await session.execute(query.order_by(section.by).limit(PAGE))).all()
    rows: dict[Any, Row] = {raw[0]: _row(section.fields, raw[1:]) for raw in found}
    for part in section.parts if rows else ():
        await _hang_on(session, part, rows)
    shown = [section.view(row) if section.view else row for row in rows.values()]
    return Page(shown, found[-1][0] if len(found) == PAGE else None)


async def _hang_on(session: AsyncSession, part: Part, rows: Mapping[Any, Row]) -> None:
    query = select(part.parent, *_columns(part.fields)).where(part.parent.in_(list(rows)))
    for target, on in part.joins:
        query = query.outerjoin(target, on)
    lists: dict[Any, list[Row]] = {key: [] for key in rows}
    for raw in await session.execute(query.order_by(*part.order)):
        lists[raw[0]].append(_row(part.fields, raw[1:]))
    for key, row in rows.items():
        row[part.key] = lists[key]


def _columns(fields: Fields) -> list[Column]:
    return [
        column
        for each in fields.values()
        for column in (each if isinstance(each, tuple) else (each,))
    ]


def _row(fields: Fields, raw: Any) -> Row:
    values = iter(raw)
    return {
        name: Words(next(values) or "", next(values) or "")
        if isinstance(each, tuple)
        else next(values)
        for name, each in fields.items()
    }
