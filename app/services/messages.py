"""The message box: telling shoppers what happened, once."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.models import UserMessage
from app.services.message_texts import MESSAGE_TEXTS


async def tell(
    session: AsyncSession,
    user_id: int,
    kind: str,
    key: str,
    *,
    params: Mapping[str, str | int] | None = None,
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
            "params": json.dumps(dict(params or {}), ensure_ascii=False),
            "link": link,
            "created_at": now,
        },
        conflict_on=("user_id", "kind", "key"),
        update={"key": key},
    )
