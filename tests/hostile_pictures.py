"""Files that somebody might send as a picture, made here and not kept in the repository."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping

import pillow_heif
from PIL import ExifTags, Image, PngImagePlugin

SCRIPT = b"<html><script>alert(document.cookie)</script></html>"
PLACE = (39.0, 54.0, 26.0)
RED, BLUE = (220, 30, 30), (30, 30, 220)


def paint(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """The left half red, the right half blue."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height))
    return image.convert(mode)


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def png_of(
    width: int, height: int, rows: bytes, *extra: bytes, colour: int = 2, bits: int = 8
) -> bytes:
    """A PNG put together by hand, so that its header can say what it likes."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [png_chunk(b"IHDR", head), *extra, png_chunk(b"IDAT", rows), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def zeros(count: int) -> bytes:
    """So many noughts, compressed without ever being in memory all at once."""
    press = zlib.compressobj(9)
    piece = bytes(1 << 20)
    parts = [press.compress(piece) for _ in range(count >> 20)]
    return b"".join([*parts, press.compress(bytes(count & 0xFFFFF)), press.flush()])


def bomb() -> bytes:
    """900 million pixels in about a megabyte."""
    return png_of(30_000, 30_000, zeros(30_000 * 3751), colour=0, bits=1) + bytes(900_000)


def text_bomb() -> bytes:
    """A comment that unpacks to 100 MB."""
    comment = png_chunk(b"zTXt", b"Comment\0\0" + zeros(100 << 20))
    return png_of(1, 1, zlib.compress(b"\0abc"), comment)


def profile_bomb() -> bytes:
    """A colour profile that unpacks to 100 MB."""
    profile = png_chunk(b"iCCP", b"wide\0\0" + zeros(100 << 20))
    return png_of(1, 1, zlib.compress(b"\0abc"), profile)


def located_jpeg(turn: int = 6) -> bytes:
    """As a telephone takes it: lying on its side, with the place where it was taken."""
    notes = Image.Exif()
    notes[ExifTags.Base.Orientation] = turn
    notes[ExifTags.Base.Make] = "A telephone"
    notes.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = PLACE
    comment = b"at home"
    return save(paint(), "JPEG", quality=95, exif=notes, comment=comment)


def scans_bomb() -> bytes:
    """A progressive JPEG whose last scan is said again and again: small to send, long to decode."""
    plain = save(paint(5000, 5000), "JPEG", quality=30, progressive=True)
    last = plain.rindex(b"\xff\xda")
    scan = plain[last:-2]
    return plain[:-2] + scan * ((6 << 20) // len(scan)) + plain[-2:]


def moving(kind: str, count: int = 5, **options: object) -> bytes:
    """Begins as `paint` does and turns black."""
    others = [Image.new("RGB", (60, 40))] + [
        Image.new("RGB", (60, 40), (at % 256, 0, 0)) for at in range(count - 2)
    ]
    return save(paint(), kind, save_all=True, append_images=others, duration=40, **options)


def deep() -> Image.Image:
    """`paint` in 65,536 greys."""
    levels = paint(mode="L").tobytes()
    return Image.frombytes(
        "I;16", (60, 40), bytes(level for each in levels for level in (each,) * 2)
    )


def commented_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SCRIPT.decode())
    return save(paint(), "PNG", pnginfo=info)


def heic() -> bytes:
    picture = pillow_heif.from_pillow(paint(64, 48))
    file = io.BytesIO()
    picture.save(file, quality=90)
    return file.getvalue()


# No pictures, or too large ones.
REFUSED: Mapping[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"\x89",
    "text": lambda: b"no picture at all",
    "html": lambda: SCRIPT,
    "svg with script": lambda: (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    ),
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file\n",
    "pdf": lambda: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "zip": lambda: b"PK\x03\x04" + bytes(100),
    "a gif that is a script": lambda: b"GIF89a/*" + SCRIPT + b"*/=1;",
    "jpeg head, html body": lambda: b"\xff\xd8\xff\xe0" + SCRIPT,
    "png head only": lambda: save(paint(), "PNG")[:33],
    "truncated jpeg": lambda: save(paint(200, 200), "JPEG")[:900],
    "truncated png": lambda: save(paint(300, 300), "PNG")[:-300],
    "truncated webp": lambda: save(paint(300, 300), "WEBP")[:-60],
    "truncated heic": lambda: heic()[:-40],
    "png of noughts only": lambda: bytes(5000),
    "tiff": lambda: save(paint(), "TIFF"),
    "bmp": lambda: save(paint(), "BMP"),
    "ico": lambda: save(paint(), "ICO"),
    "900 million pixels": bomb,
    "a side of no length": lambda: png_of(0, 1, b""),
    "a side of two thousand million": lambda: png_of(2**31 - 1, 2**31 - 1, b""),
    "40 million pixels and a few": lambda: png_of(8000, 5001, zeros(100)),
}


# Taken, and what comes out of them is pixels only.
HARMLESS: Mapping[str, Callable[[], bytes]] = {
    "png and html": lambda: save(paint(), "PNG") + SCRIPT,
    "png with a script in a comment": commented_png,
    "jpeg and zip": lambda: save(paint(), "JPEG") + b"PK\x03\x04" + bytes(500),
    "gif and html": lambda: save(paint(), "GIF") + SCRIPT,
    "exif with a place": lambda: located_jpeg(turn=1),
    "cmyk jpeg": lambda: save(paint(mode="CMYK"), "JPEG", quality=95),
    "grey jpeg": lambda: save(paint(mode="L"), "JPEG"),
    "palette png": lambda: save(paint(mode="P"), "PNG"),
    "one bit png": lambda: save(
        paint(mode="L").point(lambda level: 255 * (level > 70)).convert("1"), "PNG"
    ),
    "16 bit png": lambda: save(deep(), "PNG"),
    "png with half alpha": lambda: save(paint(mode="RGBA"), "PNG"),
    "moving gif": lambda: moving("GIF"),
    "moving webp": lambda: moving("WEBP"),
    "moving png of many frames": lambda: moving("PNG", count=300),
    "webp": lambda: save(paint(), "WEBP"),
    "heic": heic,
    "a single pixel": lambda: save(paint(1, 1), "PNG"),
    "very wide": lambda: save(paint(20_000, 2), "PNG"),
}
