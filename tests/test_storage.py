"""The folder and the bucket keep pictures in the same way."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import Unavailable
from app.settings import Settings
from app.storage import LocalStorage, Storage, file_name, make_storage
from tests.bucket import KEY_ID, SECRET, Bucket, open_bucket
from tests.conftest import all_at_once

NAME = file_name("ab" * 32, "small")
OTHERS = [file_name(f"{number:064x}", "large") for number in range(5)]
HOUR = timedelta(hours=1)


def bucket_settings(endpoint: str, **changed: object) -> Settings:
    values = {
        "media_store": "s3",
        "s3_endpoint": endpoint,
        "s3_region": "cn-north-1",
        "s3_bucket": "pictures",
        "s3_key_id": KEY_ID,
        "s3_secret": SECRET,
        **changed,
    }
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with open_bucket() as bucket:
        yield bucket


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "local":
        return make_storage(Settings(_env_file=None, media_dir=tmp_path))
    return make_storage(bucket_settings(request.getfixturevalue("bucket").address))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def all_before(storage: Storage, moment: datetime) -> list[str]:
    return [name async for names in storage.list_before(moment) for name in names]


async def test_what_is_put_can_be_read(storage: Storage) -> None:
    await storage.put(NAME, b"a picture")

    assert (await storage.read(NAME), await storage.exists(NAME)) == (b"a picture", True)


async def test_what_was_never_put_is_not_there(storage: Storage) -> None:
    assert (await storage.read(NAME), await storage.exists(NAME)) == (None, False)


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(storage: Storage) -> None:
    await storage.put(NAME, b"a picture")

    await storage.delete(NAME)
    await storage.delete(NAME)

    assert (await storage.read(NAME), await storage.exists(NAME)) == (None, False)


async def test_the_same_file_put_many_times_at_once_is_whole(storage: Storage) -> None:
    done = await all_at_once(*[lambda: storage.put(NAME, b"a picture" * 9000)] * 12)

    assert done == [None] * 12
    assert await storage.read(NAME) == b"a picture" * 9000


async def test_files_are_listed_by_when_they_were_written(storage: Storage) -> None:
    for name in OTHERS:
        await storage.put(name, b"a picture")

    now = datetime.now(UTC)

    assert sorted(await all_before(storage, now + HOUR)) == OTHERS
    assert await all_before(storage, now - HOUR) == []


@pytest.mark.parametrize(
    "name",
    [
        *("", "..", "../../etc/passwd", f"../{NAME}", f"{NAME}/..", f"/{NAME}", f"{NAME}\n"),
        *(NAME.upper(), NAME.replace("webp", "html"), NAME[1:], f"{'g' * 64}-small.webp"),
        *("ab" * 32 + "-sm/all.webp", "ab" * 32 + "-small.webp\0", "ab" * 32 + "-.webp"),
    ],
)
async def test_no_other_name_reaches_the_storage(storage: Storage, name: str) -> None:
    for call in (storage.read, storage.exists, storage.delete):
        with pytest.raises(ValueError, match="not the name"):
            await call(name)
    with pytest.raises(ValueError, match="not the name"):
        await storage.put(name, b"")


async def test_a_file_put_again_counts_as_written_now(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put(NAME, b"a picture")
    os.utime(files_in(tmp_path)[0], (1, 1))

    await storage.put(NAME, b"a picture")

    assert await all_before(storage, datetime.now(UTC) - HOUR) == []


async def test_folders_stay_small(tmp_path: Path) -> None:
    await LocalStorage(tmp_path).put(NAME, b"a picture")

    assert files_in(tmp_path) == [tmp_path / "ab" / "ab" / NAME]


async def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(OSError, match="No space"):
        await LocalStorage(tmp_path).put(NAME, b"a picture")

    assert files_in(tmp_path) == []


async def test_what_a_crash_left_half_written_is_swept(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put(NAME, b"a picture")
    part = files_in(tmp_path)[0].with_name(".0123.part")
    part.write_bytes(b"half a pic")
    os.utime(part, (1, 1))

    assert await all_before(storage, datetime.now(UTC) - HOUR) == []
    assert [path.name for path in files_in(tmp_path)] == [NAME]


async def test_the_bucket_knows_what_kind_of_file_it_keeps(bucket: Bucket) -> None:
    await make_storage(bucket_settings(bucket.address)).put(NAME, b"a picture")

    assert bucket.types == {NAME: "image/webp"}


async def test_a_bucket_that_refuses_the_key_is_an_outage(bucket: Bucket) -> None:
    storage = make_storage(bucket_settings(bucket.address, s3_key_id="stranger"))

    with pytest.raises(Unavailable):
        await storage.put(NAME, b"a picture")

    assert bucket.files == {}


async def test_a_bucket_that_is_away_is_an_outage() -> None:
    with open_bucket() as bucket:
        storage = make_storage(bucket_settings(bucket.address))

    with pytest.raises(Unavailable):
        await storage.read(NAME)


def test_a_bucket_must_have_a_name() -> None:
    with pytest.raises(ValueError, match="AXF_S3_BUCKET"):
        bucket_settings("", s3_bucket="")
