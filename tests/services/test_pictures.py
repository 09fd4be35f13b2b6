"""Rows of pictures, the room each shopper has, and files that nobody needs any more."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import InvalidInput
from app.models import Picture, User
from app.models.base import utcnow
from app.pictures import EncodedPicture
from app.services import pictures
from app.services.pictures import (
    MOST_BYTES,
    MOST_PICTURES,
    add_picture,
    drop_all_pictures,
    drop_pictures,
    keep,
    keep_again,
    remove_avatar,
    set_avatar,
    sweep_pictures,
)
from app.storage import LocalStorage, file_name
from tests.conftest import all_at_once
from tests.factories import make_user

DAY = timedelta(days=1)
ROOM_FULL = "Your room for pictures is full. Please remove some of your photos first."


def encoded(look: str = "a bee", *, size: int = 100) -> EncodedPicture:
    files = {"small": b"s" * size, "large": look.encode().ljust(size, b".")}
    return EncodedPicture(hashlib.sha256(files["large"]).hexdigest(), files, 60, 40)


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "pictures")


async def rows(session: AsyncSession, user: User) -> list[tuple[str, str, int]]:
    query = select(Picture.kind, Picture.digest, Picture.size_bytes).where(
        Picture.user_id == user.id
    )
    return [tuple(row) for row in await session.execute(query.order_by(Picture.id))]  # type: ignore[misc]


async def avatar_of(session: AsyncSession, user: User) -> str | None:
    return await session.scalar(select(User.avatar).where(User.id == user.id))


async def test_an_avatar_takes_the_place_of_the_one_before(
    session: AsyncSession, user: User
) -> None:
    await set_avatar(session, user.id, encoded("old"))
    await set_avatar(session, user.id, encoded("new"))

    assert await avatar_of(session, user) == encoded("new").digest
    assert await rows(session, user) == [("avatar", encoded("new").digest, 200)]


async def test_an_avatar_that_is_removed_leaves_reviews_their_photos(
    session: AsyncSession, user: User
) -> None:
    await add_picture(session, user.id, "review", encoded("soup"))
    await set_avatar(session, user.id, encoded())

    await remove_avatar(session, user.id)
    await remove_avatar(session, user.id)

    assert await avatar_of(session, user) is None
    assert await rows(session, user) == [("review", encoded("soup").digest, 200)]


async def test_pictures_of_others_are_not_touched(
    session: AsyncSession, user: User, other: User
) -> None:
    await set_avatar(session, other.id, encoded())
    mine = await add_picture(session, user.id, "review", encoded("soup"))
    theirs = await session.scalar(select(Picture.id).where(Picture.user_id == other.id))

    await remove_avatar(session, user.id)
    dropped = await drop_pictures(session, user.id, [mine, theirs or 0])
    await drop_all_pictures(session, user.id)

    assert dropped == 1
    assert await avatar_of(session, other) == encoded().digest
    assert await rows(session, other) == [("avatar", encoded().digest, 200)]
    assert await rows(session, user) == []


async def test_who_has_too_many_pictures_is_told_so(session: AsyncSession, user: User) -> None:
    for number in range(MOST_PICTURES):
        await add_picture(session, user.id, "review", encoded(str(number)))

    with pytest.raises(InvalidInput) as refusal:
        await add_picture(session, user.id, "review", encoded("one more"), field="photos")

    assert refusal.value.fields["photos"].text == ROOM_FULL
    assert len(await rows(session, user)) == MOST_PICTURES


async def test_who_has_too_large_pictures_is_told_so(session: AsyncSession, user: User) -> None:
    half = MOST_BYTES // 4  # two files each
    await add_picture(session, user.id, "review", encoded("one", size=half))
    await add_picture(session, user.id, "review", encoded("two", size=half))

    with pytest.raises(InvalidInput):
        await add_picture(session, user.id, "review", encoded("a crumb", size=1))

    assert len(await rows(session, user)) == 2


async def test_a_full_room_lets_the_avatar_be_changed(session: AsyncSession, user: User) -> None:
    await set_avatar(session, user.id, encoded("old"))
    for number in range(MOST_PICTURES - 1):
        await add_picture(session, user.id, "review", encoded(str(number)))

    await set_avatar(session, user.id, encoded("new"))

    assert await avatar_of(session, user) == encoded("new").digest


async def test_uploads_at_once_do_not_get_round_the_limit(
    real_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_PICTURES", 5)
    user = await real_db.write(make_user)

    outcomes = await all_at_once(
        *[
            partial(real_db.write, add_picture, user.id, "review", encoded(str(number)))
            for number in range(20)
        ]
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, InvalidInput)]
    assert len(refused) == 15
    assert len(await real_db.read(rows, user)) == 5


async def test_avatars_sent_at_once_leave_one(real_db: Database) -> None:
    user = await real_db.write(make_user)

    await all_at_once(
        *[partial(real_db.write_keyed, set_avatar, user.id, encoded(str(n))) for n in range(12)]
    )

    left = await real_db.read(rows, user)
    assert [digest for _, digest, _ in left] == [await real_db.read(avatar_of, user)]


async def test_files_that_no_row_names_are_swept(
    db: Database, session: AsyncSession, user: User, storage: LocalStorage
) -> None:
    await keep(storage, encoded("kept"), encoded("lost"))
    await add_picture(session, user.id, "review", encoded("kept"))
    await session.commit()

    removed = await sweep_pictures(db, storage, utcnow() + DAY)
    again = await sweep_pictures(db, storage, utcnow() + DAY)

    assert (removed, again) == (2, 0)
    assert await storage.exists(file_name(encoded("kept").digest, "large"))
    assert not await storage.exists(file_name(encoded("lost").digest, "large"))


async def test_files_just_written_are_left_for_their_row(
    db: Database, storage: LocalStorage
) -> None:
    await keep(storage, encoded())

    assert await sweep_pictures(db, storage, utcnow()) == 0
    assert await storage.exists(file_name(encoded().digest, "small"))


async def test_a_picture_that_two_shoppers_sent_stays_for_the_second(
    db: Database, session: AsyncSession, user: User, other: User, storage: LocalStorage
) -> None:
    await keep(storage, encoded())
    for each in (user, other):
        await set_avatar(session, each.id, encoded())
    await remove_avatar(session, user.id)
    await session.commit()

    assert await sweep_pictures(db, storage, utcnow() + DAY) == 0
    assert await storage.exists(file_name(encoded().digest, "large"))


class Interrupted(LocalStorage):
    """Lets somebody do something right before the first file is deleted."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def delete(self, name: str) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        await super().delete(name)


async def test_a_row_that_comes_while_its_file_is_swept_gets_the_file_back(
    db: Database, session: AsyncSession, user: User, tmp_path: Path
) -> None:
    storage = Interrupted(tmp_path)
    await keep(storage, encoded())

    async def upload_the_same() -> None:
        await keep(storage, encoded())
        await db.write_keyed(set_avatar, user.id, encoded())
        await keep_again(storage, encoded())

    await session.commit()
    storage.meanwhile = upload_the_same

    await sweep_pictures(db, storage, utcnow() + DAY)

    assert await storage.exists(file_name(encoded().digest, "large"))
    assert await storage.exists(file_name(encoded().digest, "small"))


async def test_a_file_swept_before_its_row_came_is_written_again(storage: LocalStorage) -> None:
    await keep(storage, encoded())
    await storage.delete(file_name(encoded().digest, "large"))

    await keep_again(storage, encoded())

    assert await storage.read(file_name(encoded().digest, "large")) == encoded().files["large"]


class Hasty(LocalStorage):
    """Takes every file for an old one."""

    async def list_before(self, moment: datetime) -> AsyncIterator[list[str]]:
        yield [file_name(encoded().digest, size) for size in ("small", "large")]


async def test_sweeping_while_the_same_picture_comes_and_goes_loses_nothing(
    real_db: Database, tmp_path: Path
) -> None:
    storage = Hasty(tmp_path)
    users = [await real_db.write(make_user) for _ in range(4)]

    async def come_and_go(user: User) -> None:
        for _ in range(4):
            await keep(storage, encoded())
            await real_db.write_keyed(set_avatar, user.id, encoded())
            await keep_again(storage, encoded())
            await real_db.write_keyed(remove_avatar, user.id)
        await keep(storage, encoded())
        await real_db.write_keyed(set_avatar, user.id, encoded())
        await keep_again(storage, encoded())

    async def sweep() -> None:
        for _ in range(6):
            await sweep_pictures(real_db, storage, utcnow())

    outcomes = await all_at_once(*[partial(come_and_go, user) for user in users], sweep, sweep)
    await sweep_pictures(real_db, storage, utcnow())

    assert outcomes == [None] * 6
    assert await real_db.read(count_rows) == 4
    assert await storage.exists(file_name(encoded().digest, "large"))
    assert await storage.exists(file_name(encoded().digest, "small"))


async def count_rows(session: AsyncSession) -> int:
    return (await session.execute(select(func.count()).select_from(Picture))).scalar_one()
