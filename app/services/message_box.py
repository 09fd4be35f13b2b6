"""The message box as its owner reads it."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Message, NotFound, Param, Params, Texts, Words, Yuan
from app.models import UserMessage
from app.services.message_texts import MESSAGE_TEXTS, UNKNOWN
from app.services.slots import SHOP_ZONE

PAGE = 20
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message whose title and text are put into words by the page."""

    id: int
    kind: str
    title: Message
    text: Message
    is_read: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MessagePage:
    """The newest first; `next_before` leads to the older ones and is None on the last page."""

    messages: tuple[MessageView, ...]
    unread: int
    next_before: int | None

    @property
    def newest_id(self) -> int:
        return self.messages[0].id if self.messages else 0


async def list_messages(
    session: AsyncSession, user_id: int, *, before: int | None = None
) -> MessagePage:
    """A page of the box by key: what is older than the message `before`."""
    unread = (
        select(func.count())
        .select_from(UserMessage)
        .where(UserMessage.user_id == user_id, UserMessage.read_at.is_(None))
    )
    query = (
        select(UserMessage, unread.scalar_subquery())
        .where(UserMessage.user_id == user_id)
        .order_by(UserMessage.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(UserMessage.id < before)
    rows = (await session.execute(query)).all()
    views = tuple(_view(row[0]) for row in rows[:PAGE])
    return MessagePage(
        views, int(rows[0][1]) if rows else 0, views[-1].id if len(rows) > PAGE else None
    )


def _view(row: UserMessage) -> MessageView:
    title, text = describe(row.kind, row.params)
    return MessageView(row.id, row.kind, title, text, row.read_at is not None, row.created_at)


def describe(kind: str, packed: str) -> tuple[Message, Message]:
    """The title and the text of a message, filled in with its packed params."""
    title, text = MESSAGE_TEXTS.get(kind, UNKNOWN)
    params = _unpack(packed)
    if not set(_PLACEHOLDER.findall(title + text)) <= set(params):
        # Written by another version of the shop; there is still somewhere to go.
        (title, text), params = UNKNOWN, {}
    return Message(title, params), Message(text, params)


def _unpack(packed: str) -> Params:
    """What fills in the texts; nothing when it cannot be read."""
    try:
        told = json.loads(packed)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    params = {key: _param(key, value) for key, value in told.items()}
    for name in [key.removesuffix("_zh") for key in told if key.endswith("_zh")]:
        params[name] = Words(_clean(told[f"{name}_zh"]), _clean(told.get(f"{name}_en", "")))
    return {key: value for key, value in params.items() if value is not None}


def _param(key: str, value: object) -> Param | None:
    """By the end of its name: a sum in fen, a moment, an English source text; None if it is not."""
    if key.endswith("_fen"):
        return Yuan(value) if isinstance(value, int) else None
    if key.endswith("_at"):
        return _day_and_time(value)
    if key.endswith("_text"):
        return Texts((_clean(value),)) if value else None
    if isinstance(value, str):
        return _clean(value)
    return value if isinstance(value, int) else None


def _clean(value: object) -> str:
    """Half characters, which no page can be written with, become question marks."""
    return str(value).encode("utf-8", "replace").decode()


def _day_and_time(value: object) -> str | None:
    """2026-11-20 20:16 by the shop's clock."""
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(SHOP_ZONE).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return None


async def open_message(
    session: AsyncSession, user_id: int, message_id: int, *, now: datetime
) -> str:
    """Note that it was read; where it leads, or nothing. Raises NotFound for another's."""
    link = await session.scalar(
        select(UserMessage.link).where(UserMessage.id == message_id, UserMessage.user_id == user_id)
    )
    if link is None:
        raise NotFound
    await _mark_read(session, user_id, now, UserMessage.id == message_id)
    return link


async def read_all(session: AsyncSession, user_id: int, *, newest_id: int, now: datetime) -> None:
    """All messages up to the newest that the shopper has seen; later ones stay unread."""
    await _mark_read(session, user_id, now, UserMessage.id <= newest_id)


async def _mark_read(
    session: AsyncSession, user_id: int, now: datetime, *which: ColumnElement[bool]
) -> None:
    await session.execute(
        update(UserMessage)
        .where(UserMessage.user_id == user_id, UserMessage.read_at.is_(None), *which)
        .values(read_at=now),
        execution_options={"synchronize_session": False},
    )
