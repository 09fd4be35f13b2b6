"""Pictures that strangers send: what is taken, and how it is made harmless.

Decoders are written in C and have had holes. So a file is decoded by app/picture_worker.py in a
process of its own with little memory, little time and nothing to steal, one at a time. Only what
that process painted anew is kept; of the file as it was sent nothing is.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import anyio
import anyio.to_thread

from app.errors import N_, InvalidInput, Unavailable

MOST_BYTES = 8 * 1024 * 1024
# The longer side of each stored file, pixels.
AVATAR_SIZES: Mapping[str, int] = {"small": 128, "large": 512}
REVIEW_SIZES: Mapping[str, int] = {"small": 160, "large": 1200}

TOO_MANY_BYTES = N_("A picture may have 8 MB at most")
_REFUSALS = {
    "too-large": N_("This picture has too many pixels. Please choose a smaller one."),
    "unreadable": N_("This is no picture that we can read. JPEG, PNG, WebP, GIF or HEIC, please."),
}
_WORKER = Path(__file__).with_name("picture_worker.py")
_SECONDS = 15.0
_MOST_WAITING = 24
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "PYTHONUTF8": "1"}  # and no secret of the shop's
_one_at_a_time = anyio.CapacityLimiter(1)
_queue: set[object] = set()


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """`files` by the name of their size, as WebP; `width` and `height` are the largest one's."""

    digest: str
    files: Mapping[str, bytes]
    width: int
    height: int

    @property
    def size_bytes(self) -> int:
        return sum(len(file) for file in self.files.values())


async def encode_picture(
    source: BinaryIO, *, sizes: Mapping[str, int], square: bool, field: str = "photo"
) -> EncodedPicture:
    """The picture in an open file on disk, painted anew in all `sizes`.

    Raises InvalidInput beside `field` for what is no picture or too large, Unavailable when too
    many others wait.
    """
    if source.seek(0, os.SEEK_END) > MOST_BYTES:
        raise InvalidInput.of(field, TOO_MANY_BYTES)
    source.seek(0)
    with _place_in_the_queue():
        answer = await anyio.to_thread.run_sync(
            _ask_worker, source, sizes, square, limiter=_one_at_a_time
        )
    head, _, body = answer.partition(b"\n")
    told = json.loads(head or b"{}")
    if "lengths" not in told:
        raise InvalidInput.of(field, _REFUSALS[told.get("refused", "unreadable")])
    files = dict(zip(sizes, _cut(body, told["lengths"]), strict=True))
    largest = files[max(sizes, key=sizes.__getitem__)]
    digest = hashlib.sha256(largest).hexdigest()
    return EncodedPicture(digest, files, told["width"], told["height"])


@contextmanager
def _place_in_the_queue() -> Iterator[None]:
    if len(_queue) > _MOST_WAITING:
        raise Unavailable
    place = object()
    _queue.add(place)
    try:
        yield
    finally:
        _queue.remove(place)


def _ask_worker(source: BinaryIO, sizes: Mapping[str, int], square: bool) -> bytes:
    """What the worker says; nothing when it crashed or had to be killed."""
    task = json.dumps({"sizes": dict(sizes), "square": square})
    try:
        return subprocess.run(  # noqa: S603 - our own script; the stranger's file is only its input
            [sys.executable, "-I", str(_WORKER), task],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            timeout=_SECONDS,
            check=True,
        ).stdout
    except subprocess.SubprocessError:
        return b""


def _cut(body: bytes, lengths: list[int]) -> list[bytes]:
    pieces = []
    for length in lengths:
        pieces.append(body[:length])
        body = body[length:]
    return pieces
