"""What nobody who means well would send."""

from collections.abc import Iterator

from app.forms import ShopForm

HOSTILE_QUERIES = [
    "%00",
    "{name}=%00",
    "{name}=a%00b",
    "{name}=%ff%fe",
    "{name}=%ed%a0%80",
    "{name}=" + "x" * 10_000,
    "{name}=" + "%F0%9F%90%9D" * 500,
    "{name}=1&{name}=2&{name}=%00&{name}=",
    "{name}[]=1&{name}[a][b]=2",
    "{name}=-1",
    "{name}=1e999",
    "{name}=NaN",
    "{name}=" + "9" * 5000,
    "{name}=%27%20OR%201%3D1--",
    "{name}=%22%3E%3Csvg%20onload%3Dx%3E",
    "{name}=%25s%25(x)s",
    "&&&===;;;",
]
STRANGE_IDS = [
    "word",
    "-1",
    "1.5",
    str(10**30),
    "%00",
    "%ff%fe",
    "🐝",
    "1%2f2",
    "..%2f..%2f",
    "' OR 1",
]


def fields_of_forms() -> set[str]:
    forms = list(ShopForm.__subclasses__())
    return {name for form in forms for name in form.model_fields}


def hostile_bodies() -> Iterator[tuple[str, bytes]]:
    """(content type, body) of forms that no browser would send."""
    fields = sorted(fields_of_forms())
    plain = "application/x-www-form-urlencoded"
    for value in ("%00", "%ff%fe", "x" * 10_000, "%F0%9F%90%9D", "-1", "9" * 5000, ""):
        yield plain, "&".join(f"{name}={value}" for name in fields).encode()
    yield plain, "&".join(f"{name}=1&{name}=2" for name in fields[:20]).encode()
    yield plain, b"x=1&" * 500
    yield plain, b"\xff\xfe\x00=\x00&&&==="
    yield "application/json", b'{"username": NaN}'
    yield "text/plain", b"\x00" * 100
    yield "multipart/form-data", b"no boundary"
    yield "multipart/form-data; boundary=x", b"--x\r\nbroken"
    yield "multipart/form-data; boundary=x", b"--x\r\n\r\nno disposition\r\n--x--\r\n"
    head = b'--x\r\nContent-Disposition: form-data; name="username"; filename="a.php"\r\n\r\n'
    yield "multipart/form-data; boundary=x", head + b"x\r\n--x--\r\n"
    for charset in ("utf-7", "undefined", "idna", "punycode", "base64", "unicode_escape", "none"):
        parts = [
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n+2AA-\\ud800xn--\r\n'
            for name in fields
        ]
        body = "".join(parts).encode() + b"--x--\r\n"
        yield f"multipart/form-data; boundary=x; charset={charset}", body
