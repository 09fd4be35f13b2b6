"""Pictures of shoppers: their rows, how much room each shopper has, and files nobody needs.

Files are written before the transaction that wants them, and looked for once more after it; they
are removed only by the sweep, when no row has named them for a while. So whatever breaks off in
between, a row never lacks its files for long, and a file without a row is gone within hours.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, count_changed
from app.errors import N_, InvalidInput
from app.models import Picture, User
from app.pictures import EncodedPicture
from app.storage import Storage, file_name

MOST_PICTURES = 200
MOST_BYTES = 30 * 1024 * 1024
# Nobody takes longer from writing a file to committing its row.
FILES_LIVE = timedelta(hours=1)


async def keep(storage: Storage, *pictures: EncodedPicture) -> None:
    """Write the files. Call it before the transaction with their rows, and once more after it."""
    for picture in pictures:
        for size, data in picture.files.items():
            await storage.put(file_name(picture.digest, size), data)


async def keep_again(storage: Storage, *pictures: EncodedPicture) -> None:
    """After the commit: the sweep may have been about to remove files of the same content."""
    for picture in pictures:
        for size, data in picture.files.items():
            name = file_name(picture.digest, size)
            if not await storage.exists(name):
                await storage.put(name, data)


async def add_picture(
    session: AsyncSession, user_id: int, kind: str, encoded: EncodedPicture, *, field: str = "photo"
) -> int:
    """The id of the new row. Raises InvalidInput beside `field` when the shopper's room is full."""
    await _lock_room(session, user_id)
    count, size = (
        await session.execute(
            select(func.count(), func.coalesce(func.sum(Picture.size_bytes), 0)).where(
                Picture.user_id == user_id
            )
        )
    ).one()
    if count >= MOST_PICTURES or int(size) + encoded.size_bytes > MOST_BYTES:
        raise InvalidInput.of(
            field, N_("Your room for pictures is full. Please remove some of your photos first.")
        )
    picture = Picture(
        user_id=user_id,
        kind=kind,
        digest=encoded.digest,
        width=encoded.width,
        height=encoded.height,
        size_bytes=encoded.size_bytes,
    )
    session.add(picture)
    await session.flush()
    return picture.id


async def drop_pictures(session: AsyncSession, user_id: int, ids: Sequence[int]) -> int:
    """Forget these pictures of the shopper's, which nothing may name any more; how many."""
    return await count_changed(
        session, delete(Picture).where(Picture.user_id == user_id, Picture.id.in_(ids))
    )


async def set_avatar(session: AsyncSession, user_id: int, encoded: EncodedPicture) -> None:
    """Show this picture beside the shopper's name, and forget the one before."""
    await _drop_avatars(session, user_id)
    await add_picture(session, user_id, "avatar", encoded)
    await _name_avatar(session, user_id, encoded.digest)


async def remove_avatar(session: AsyncSession, user_id: int) -> None:
    """Nothing happens when there is none."""
    await _drop_avatars(session, user_id)
    await _name_avatar(session, user_id, None)


async def drop_all_pictures(session: AsyncSession, user_id: int) -> None:
    """Everything the shopper ever sent. No review may show one of them any more."""
    await _lock_room(session, user_id)
    await count_changed(session, delete(Picture).where(Picture.user_id == user_id))
    await _name_avatar(session, user_id, None)


async def _drop_avatars(session: AsyncSession, user_id: int) -> None:
    await _lock_room(session, user_id)
    await count_changed(
        session, delete(Picture).where(Picture.user_id == user_id, Picture.kind == "avatar")
    )


async def _name_avatar(session: AsyncSession, user_id: int, digest: str | None) -> None:
    await count_changed(session, update(User).where(User.id == user_id).values(avatar=digest))


async def _lock_room(session: AsyncSession, user_id: int) -> None:
    """Uploads of one shopper happen one after the other, so that both see what room is left."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())


async def list_known(session: AsyncSession, digests: Sequence[str]) -> set[str]:
    """Those that some row names."""
    rows = await session.scalars(select(Picture.digest).where(Picture.digest.in_(digests)))
    return set(rows)


async def sweep_pictures(db: Database, storage: Storage, now: datetime) -> int:
    """Remove the files that no row names and that were not written lately; how many."""
    removed = 0
    async for names in storage.list_before(now - FILES_LIVE):
        known = await db.read(list_known, sorted({_digest_of(name) for name in names}))
        for name in names:
            if _digest_of(name) not in known:
                removed += await _remove(db, storage, name)
    return removed


async def _remove(db: Database, storage: Storage, name: str) -> bool:
    """Whoever committed a row for it meanwhile gets it back: the same name is the same content."""
    data = await storage.read(name)
    await storage.delete(name)
    is_wanted = bool(await db.read(list_known, [_digest_of(name)]))
    if is_wanted and data is not None:
        await storage.put(name, data)
    return not is_wanted


def _digest_of(name: str) -> str:
    return name.partition("-")[0]
