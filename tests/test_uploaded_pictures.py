"""What comes of files that strangers send: a picture painted anew, or a refusal in words."""

import asyncio
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import pytest
from PIL import Image

from app import pictures
from app.errors import InvalidInput, Message, Unavailable
from app.pictures import AVATAR_SIZES, REVIEW_SIZES, EncodedPicture, encode_picture
from tests import hostile_pictures
from tests.hostile_pictures import (
    BLUE,
    HARMLESS,
    RED,
    REFUSED,
    SCRIPT,
    located_jpeg,
    moving,
    paint,
    save,
)

UNREADABLE = "This is no picture that we can read. JPEG, PNG, WebP, GIF or HEIC, please."
TOO_LARGE = "This picture has too many pixels. Please choose a smaller one."
HUGE = {"900 million pixels", "a side of two thousand million", "40 million pixels and a few"}


@pytest.fixture
def disk() -> Iterator[BinaryIO]:
    with TemporaryFile() as file:
        yield file


async def encode(disk: BinaryIO, data: bytes, *, square: bool = False) -> EncodedPicture:
    disk.write(data)
    return await encode_picture(disk, sizes=REVIEW_SIZES, square=square)


def opened(encoded: EncodedPicture, size: str = "large") -> Image.Image:
    return Image.open(io.BytesIO(encoded.files[size]), formats=["WEBP"])


def is_near(found: object, wanted: tuple[int, ...], off: int = 40) -> bool:
    assert isinstance(found, tuple)
    return all(abs(a - b) < off for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_picture_is_refused_in_words(disk: BinaryIO, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await encode(disk, REFUSED[name]())

    text = TOO_LARGE if name in HUGE else UNREADABLE
    assert refusal.value.fields == {"photo": Message(text, {})}


@pytest.mark.parametrize("name", HARMLESS)
async def test_what_is_a_picture_and_more_becomes_pixels_only(disk: BinaryIO, name: str) -> None:
    encoded = await encode(disk, HARMLESS[name]())

    for size, data in encoded.files.items():
        image = opened(encoded, size)
        assert set(image.info) <= {"loop", "background", "timestamp", "duration"}
        assert dict(image.getexif()) == {}
        assert (getattr(image, "n_frames", 1), image.mode) == (1, "RGB")
        assert SCRIPT not in data
        assert b"EXIF" not in data
        assert b"PK\x03\x04" not in data


@pytest.mark.parametrize("name", sorted(set(HARMLESS) - {"a single pixel", "very wide", "heic"}))
async def test_every_kind_of_picture_keeps_its_look(disk: BinaryIO, name: str) -> None:
    image = opened(await encode(disk, HARMLESS[name]()))

    left, right = image.getpixel((8, 20)), image.getpixel((50, 20))
    if any(kind in name for kind in ("grey", "16 bit", "one bit")):
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert left[0] > right[0] + 20
    else:
        assert (is_near(left, RED), is_near(right, BLUE)) == (True, True)
    assert image.size == (60, 40)


async def test_a_heic_from_a_telephone_is_read(disk: BinaryIO) -> None:
    image = opened(await encode(disk, HARMLESS["heic"]()))

    assert image.size == (64, 48)
    assert is_near(image.getpixel((5, 24)), RED)


@pytest.mark.parametrize(
    ("turn", "size", "red"),
    [
        (1, (60, 40), (5, 20)),
        (2, (60, 40), (55, 20)),
        (3, (60, 40), (55, 20)),
        (4, (60, 40), (5, 20)),
        (5, (40, 60), (20, 5)),
        (6, (40, 60), (20, 5)),
        (7, (40, 60), (20, 55)),
        (8, (40, 60), (20, 55)),
        (99, (60, 40), (5, 20)),
    ],
)
async def test_a_picture_stands_upright(
    disk: BinaryIO, turn: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    image = opened(await encode(disk, located_jpeg(turn)))

    assert image.size == size
    assert is_near(image.getpixel(red), RED)


async def test_an_avatar_is_cut_square_around_the_middle(disk: BinaryIO) -> None:
    disk.write(save(paint(1600, 800), "JPEG", quality=95))

    encoded = await encode_picture(disk, sizes=AVATAR_SIZES, square=True)
    image = opened(encoded)

    assert (encoded.width, encoded.height, image.size) == (512, 512, (512, 512))
    assert opened(encoded, "small").size == (128, 128)
    assert is_near(image.getpixel((20, 256)), RED)
    assert is_near(image.getpixel((492, 256)), BLUE)


async def test_a_photo_keeps_its_shape_and_is_never_blown_up(disk: BinaryIO) -> None:
    encoded = await encode(disk, save(paint(3000, 1500), "JPEG"))

    assert (encoded.width, encoded.height) == (1200, 600)
    assert opened(encoded, "small").size == (160, 80)

    disk.truncate(0)
    disk.seek(0)
    assert opened(await encode(disk, save(paint(30, 20), "PNG"))).size == (30, 20)


async def test_what_can_be_seen_through_stands_on_white(disk: BinaryIO) -> None:
    image = opened(await encode(disk, save(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG")))

    assert is_near(image.getpixel((20, 20)), (255, 255, 255), off=4)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_only_the_first_frame_is_kept(disk: BinaryIO, kind: str) -> None:
    image = opened(await encode(disk, moving(kind)))

    assert is_near(image.getpixel((8, 20)), RED)


async def test_the_name_is_the_hash_of_the_largest_file(disk: BinaryIO) -> None:
    encoded = await encode(disk, save(paint(), "PNG"))

    assert encoded.digest == hashlib.sha256(encoded.files["large"]).hexdigest()
    assert encoded.size_bytes == sum(map(len, encoded.files.values()))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
async def test_40_million_pixels_are_taken(disk: BinaryIO, kind: str) -> None:
    encoded = await encode(disk, save(paint(8000, 5000), kind))

    assert (encoded.width, encoded.height) == (1200, 750)


@pytest.mark.parametrize("bomb", ["text_bomb", "profile_bomb", "scans_bomb"])
async def test_what_takes_long_or_much_is_broken_off(
    disk: BinaryIO, bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is refused or taken: the shop has its hands free again soon."""
    monkeypatch.setattr(pictures, "_SECONDS", 3.0)

    async with asyncio.timeout(10):
        outcome = await asyncio.gather(
            encode(disk, getattr(hostile_pictures, bomb)()), return_exceptions=True
        )

    assert isinstance(outcome[0], EncodedPicture | InvalidInput)


async def test_a_decoder_that_crashes_costs_nothing(
    disk: BinaryIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text("import os\nos.abort()\n")
    monkeypatch.setattr(pictures, "_WORKER", crash)

    with pytest.raises(InvalidInput):
        await encode(disk, save(paint(), "PNG"))


async def test_the_decoder_is_told_no_secret(
    disk: BinaryIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os\nprint(json.dumps({'refused': 'x', **os.environ}))\n")
    monkeypatch.setattr(pictures, "_WORKER", spy)
    monkeypatch.setenv("AXF_SECRET_KEY", "a secret of the shop's")

    answer = pictures._ask_worker(disk, REVIEW_SIZES, False)

    assert b'"PYTHONUTF8": "1"' in answer
    assert b"secret" not in answer


async def test_more_than_8_mb_is_refused_undecoded(
    disk: BinaryIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_ask_worker", None)

    with pytest.raises(InvalidInput) as refusal:
        await encode(disk, save(paint(), "PNG") + bytes(8 << 20))

    assert refusal.value.fields == {"photo": Message("A picture may have 8 MB at most", {})}


async def test_who_comes_when_many_wait_is_told_so(
    disk: BinaryIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_MOST_WAITING", 2)
    data = save(paint(), "PNG")
    disk.write(data)

    async def one() -> object:
        with TemporaryFile() as own:
            own.write(data)
            return await encode_picture(own, sizes=REVIEW_SIZES, square=False)

    outcomes = await asyncio.gather(*[one() for _ in range(6)], return_exceptions=True)

    kinds = [type(outcome) for outcome in outcomes]
    assert (kinds.count(EncodedPicture), kinds.count(Unavailable)) == (3, 3)
