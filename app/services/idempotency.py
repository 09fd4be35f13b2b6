"""Keys that make a repeated form harmless: what was done under a key is done only once."""

from datetime import datetime

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again, count_changed
from app.errors import KeyReused
from app.models import IdempotencyKey


async def claim_key(
    session: AsyncSession, user_id: int, key: str, *, fingerprint: str, answer: str
) -> str | None:
    """None when the key is now ours; otherwise the answer that was given under it before.

    It must be the first write of a transaction: the row then stands or falls with what it
    protects. Raises KeyReused when the same key came with another request.
    """
    row = (
        await session.execute(
            select(IdempotencyKey.fingerprint, IdempotencyKey.answer).where(
                IdempotencyKey.user_id == user_id, IdempotencyKey.key == key
            )
        )
    ).one_or_none()
    if row is None:
        await _insert(session, user_id, key, fingerprint, answer)
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused
    return str(row.answer)


async def _insert(
    session: AsyncSession, user_id: int, key: str, fingerprint: str, answer: str
) -> None:
    try:
        await session.execute(
            insert(IdempotencyKey).values(
                user_id=user_id, key=key, fingerprint=fingerprint, answer=answer
            )
        )
    except IntegrityError as error:
        # Its twin was faster. The next run finds what it answered.
        raise Again from error


async def prune_keys(session: AsyncSession, before: datetime, *, limit: int = 500) -> int:
    """Forget keys made before a moment, a small batch at a time; how many they were."""
    old = (
        await session.execute(
            select(IdempotencyKey.user_id, IdempotencyKey.key)
            .where(IdempotencyKey.created_at < before)
            .order_by(IdempotencyKey.user_id, IdempotencyKey.key)
            .limit(limit)
        )
    ).all()
    if not old:
        return 0
    rows = tuple_(IdempotencyKey.user_id, IdempotencyKey.key).in_([tuple(row) for row in old])
    return await count_changed(session, delete(IdempotencyKey).where(rows))
