"""Where the pictures of shoppers lie: a folder of this machine, or a bucket that speaks S3."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from app.settings import Settings

# The one shape of a name: no path can be hidden in it, whoever sends it.
_NAME = re.compile(r"[0-9a-f]{64}-[a-z]{1,10}\.webp")
_BATCH = 500
_READABLE = 0o644


class Storage(Protocol):
    """Small files by name. All of it may be done by several processes at once."""

    async def put(self, name: str, data: bytes) -> None:
        """Keep the whole file or nothing of it; one that is there already counts as written now."""

    async def read(self, name: str) -> bytes | None:
        """The whole file; None when there is none."""

    async def exists(self, name: str) -> bool: ...

    async def delete(self, name: str) -> None:
        """Nothing happens when there is none."""

    def list_before(self, moment: datetime) -> AsyncIterator[list[str]]:
        """The names of all files written before, some hundreds at a time."""


def file_name(digest: str, size: str) -> str:
    return check_name(f"{digest}-{size}.webp")


def is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def check_name(name: str) -> str:
    if not is_name(name):
        raise ValueError("not the name of a picture")
    return name


class LocalStorage:
    """Files in two levels of folders, so that none of them grows without end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, data: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(name), data)

    async def read(self, name: str) -> bytes | None:
        return await asyncio.to_thread(self._read, self._path(name))

    async def exists(self, name: str) -> bool:
        return await asyncio.to_thread(self._path(name).is_file)

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    async def list_before(self, moment: datetime) -> AsyncIterator[list[str]]:
        for folder in await asyncio.to_thread(_folders_in, self._folder):
            names = await asyncio.to_thread(_old_in, folder, moment)
            for start in range(0, len(names), _BATCH):
                yield names[start : start + _BATCH]

    def _path(self, name: str) -> Path:
        return self._folder / check_name(name)[:2] / name[2:4] / name

    @staticmethod
    def _put(path: Path, data: bytes) -> None:
        """Readers see the old file or the new one, also when the power fails in between."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(_READABLE)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path.parent)

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _sync_folder(folder: Path) -> None:
    """The name is on the disk only when its folder is."""
    with suppress(OSError):  # not every file system lets a folder be synced
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _folders_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9a-f][0-9a-f]"))


def _old_in(folder: Path, moment: datetime) -> list[str]:
    return [path.name for path in _old_files(folder, moment) if is_name(path.name)]


def _old_files(folder: Path, moment: datetime) -> Iterator[Path]:
    """Those written before; what a crash left half-written goes at once."""
    for path in folder.glob("*/*"):
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:  # somebody else is sweeping too
            continue
        if written < moment and path.suffix == ".part":
            path.unlink(missing_ok=True)
        elif written < moment:
            yield path


def make_storage(settings: Settings) -> Storage:
    """What AXF_MEDIA_STORE names."""
    if settings.media_store == "s3":
        from app.storage_s3 import S3Storage  # noqa: PLC0415 - an extra that few shops install

        return S3Storage(settings)
    return LocalStorage(settings.media_dir)
