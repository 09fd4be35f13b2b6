"""Decodes one picture that a stranger sent, in a process of its own, and writes it anew as WebP.

It is run as a script and never imported by the shop. The picture comes on standard input; the
answer leaves on standard output: one line of JSON, then the new files one behind the other. What
goes wrong in here, also the crash of a decoder, costs this process and no other, and it may take
only so much memory and time.
"""

import io
import json
import sys
import warnings
from collections.abc import Mapping

import pillow_heif
from PIL import ExifTags, Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
MOST_PIXELS = 40_000_000
# Address space: of it some 40 MB are mapped and never touched. Pillow takes 16 bytes for a pixel
# of WebP, libheif 7, libjpeg up to 6: what does not fit is refused as too large.
MOST_BYTES = 320 * 1024 * 1024
MOST_SECONDS = 8
QUALITY = 82
STRIP_PIXELS = 500_000
WHITE = (255, 255, 255)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class TooLarge(Exception):
    """More pixels than can be taken."""


def answer(sizes: Mapping[str, int], *, square: bool) -> tuple[dict[str, object], list[bytes]]:
    """What is said of the picture on standard input, and its new files in the order of `sizes`."""
    try:
        image = read(max(sizes.values()), square=square)
        files = [encode(image, size) for size in sizes.values()]
    except (TooLarge, MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {"refused": "too-large"}, []
    except Exception:  # decoders fail in any way there is: whatever it is, it is no picture
        return {"refused": "unreadable"}, []
    lengths = [len(file) for file in files]
    return {"width": image.width, "height": image.height, "lengths": lengths}, files


def read(longest: int, *, square: bool) -> Image.Image:
    """The first frame: upright, in sRGB on white, without anything that came along with it.

    It is not larger than needed for `longest`; `square` cuts it around the middle.
    """
    with Image.open(sys.stdin.buffer, formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:  # before any pixel is decoded
            raise TooLarge
        image.draft("RGB", (longest, longest))  # JPEG alone can decode smaller than it is
        image.load()
        turn, profile = turn_of(image), image.info.get("icc_profile")
        small = in_srgb(shrink(image, longest, square=square), profile)
    small = small.transpose(turn) if turn is not None else small
    if square:
        side = min(small.size)
        small = ImageOps.fit(small, (min(side, longest), min(side, longest)))
    else:
        small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", small.size)  # pixels only: no Exif, no place, no comment
    clean.paste(small)
    return clean


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What makes it stand upright, as the camera noted; libheif has done it already."""
    try:
        return UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a broken note is no reason to refuse the picture
        return None


def shrink(image: Image.Image, longest: int, *, square: bool) -> Image.Image:
    """RGB of at least twice `longest` where there is so much, a strip at a time.

    To convert 40 million pixels at once would take their room a second time.
    """
    side = min(image.size) if square else max(image.size)
    factor = max(1, side // (2 * longest))
    wide, high = (-(-length // factor) for length in image.size)
    small = Image.new("RGB", (wide, high))
    rows = max(1, STRIP_PIXELS // image.width // factor) * factor
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(top + rows, image.height))
        strip = on_white(image.crop(box))
        small.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    return small


def on_white(strip: Image.Image) -> Image.Image:
    if strip.mode.startswith("I"):  # 16 bits of grey; convert() would cut off instead of scaling
        strip = strip.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    if not strip.has_transparency_data:
        return strip.convert("RGB")
    seen = strip.convert("RGBA")
    ground = Image.new("RGB", seen.size, WHITE)
    ground.paste(seen, mask=seen.getchannel("A"))
    return ground


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Telephones take pictures in wider colours, which look dull when their profile is dropped."""
    if profile is None:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # the profile is broken or meant for another kind of pixels
    return turned or image


def encode(image: Image.Image, size: int) -> bytes:
    """WebP that is at most `size` wide and high."""
    copy = image.copy()
    copy.thumbnail((size, size), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    copy.save(file, "WEBP", quality=QUALITY)
    return file.getvalue()


def limit_yourself() -> None:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    limits = {
        resource.RLIMIT_AS: MOST_BYTES,
        resource.RLIMIT_CPU: MOST_SECONDS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,  # its answer goes into a pipe, and nothing to a disk
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def main() -> None:
    limit_yourself()
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # also for what is found behind the header
    pillow_heif.register_heif_opener(thumbnails=False)
    task = json.loads(sys.argv[1])
    head, files = answer(task["sizes"], square=task["square"])
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(files))


if __name__ == "__main__":
    main()
