"""The message box: telling shoppers what happened, once; it is read in message_box.py."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed, upsert
from app.models import UserMessage
from app.services.message_texts import MESSAGE_TEXTS

MOST_MESSAGES = 500
KEPT_WHEN_READ = timedelta(days=180)
BATCH = 200
LONGEST_PARAMS = 500

Told = Mapping[str, str | int]


async def tell(
    session: AsyncSession,
    user_id: int,
    kind: str,
    key: str,
    *,
    params: Told | None = None,
    link: str = "",
    now: datetime,
) -> None:
    """Put a message into somebody's box; the same `kind` and `key` again is the same message."""
    assert kind in MESSAGE_TEXTS  # noqa: S101 - a kind without words is a bug
    await upsert(
        session,
        UserMessage,
        {
            "user_id": user_id,
            "kind": kind,
            "key": key,
            "params": _pack(params or {}),
            "link": link,
            "created_at": now,
        },
        conflict_on=("user_id", "kind", "key"),
        update={"key": key},
    )


def _pack(params: Told) -> str:
    """As JSON that fits into its column: a long name is cut rather than the news lost."""
    packed = json.dumps(dict(params), ensure_ascii=False)
    most = LONGEST_PARAMS
    while len(packed) > LONGEST_PARAMS and most:
        most //= 2
        cut = {key: _cut(value, most) for key, value in params.items()}
        packed = json.dumps(cut, ensure_ascii=False)
    return packed


def _cut(value: str | int, most: int) -> str | int:
    return value[:most] if isinstance(value, str) else value


async def forget_messages(session: AsyncSession, user_id: int) -> None:
    """The whole box of a shopper whose account is closed."""
    await session.execute(delete(UserMessage).where(UserMessage.user_id == user_id))


async def prune_messages(session: AsyncSession, now: datetime, *, limit: int = BATCH) -> int:
    """Forget what was read long ago, and of full boxes the oldest; how many rows."""
    is_old = UserMessage.read_at < now - KEPT_WHEN_READ
    old = await session.scalars(
        select(UserMessage.id).where(is_old).order_by(UserMessage.id).limit(limit)
    )
    gone = await count_changed(session, delete(UserMessage).where(UserMessage.id.in_(old.all())))
    size = func.count()
    full = await session.scalars(
        select(UserMessage.user_id)
        .group_by(UserMessage.user_id)
        .having(size > MOST_MESSAGES)
        .order_by(UserMessage.user_id)
        .limit(limit)
    )
    for user_id in full.all():
        gone += await _shorten(session, user_id)
    return gone


async def _shorten(session: AsyncSession, user_id: int) -> int:
    first_kept = await session.scalar(
        select(UserMessage.id)
        .where(UserMessage.user_id == user_id)
        .order_by(UserMessage.id.desc())
        .offset(MOST_MESSAGES - 1)
        .limit(1)
    )
    if first_kept is None:
        return 0
    return await count_changed(
        session,
        delete(UserMessage).where(UserMessage.user_id == user_id, UserMessage.id < first_kept),
    )
