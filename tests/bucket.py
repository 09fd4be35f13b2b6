"""A bucket on a port of this machine: as much of S3 as the shop speaks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY_ID, SECRET = "shop", "the-secret-of-the-bucket"
PAGE = 2


class Bucket(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, tuple[bytes, datetime]] = {}
        self.types: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Bucket

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self._is_signed():
            self.server.files[self._key] = (data, datetime.now(UTC))
            self.server.types[self._key] = self.headers["Content-Type"]
            self._answer(200)

    def do_GET(self) -> None:
        if self._is_signed():
            if not self._key:
                self._answer(200, self._listing(), "application/xml")
            elif self._key in self.server.files:
                self._answer(200, self.server.files[self._key][0], "image/webp")
            else:
                self._refuse(404, "NoSuchKey")

    def do_HEAD(self) -> None:
        if self._is_signed():
            self._answer(200 if self._key in self.server.files else 404)

    def do_DELETE(self) -> None:
        if self._is_signed():
            self.server.files.pop(self._key, None)
            self._answer(204)

    def log_message(self, *_: object) -> None:
        pass

    @property
    def _key(self) -> str:
        return urlsplit(self.path).path.removeprefix("/pictures").lstrip("/")

    def _is_signed(self) -> bool:
        signed = self.headers.get("Authorization", "").startswith(
            f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"
        )
        if not signed:
            self._refuse(403, "AccessDenied")
        return signed

    def _listing(self) -> bytes:
        after = parse_qs(urlsplit(self.path).query).get("start-after", [""])[0]
        names = sorted(name for name in self.server.files if name > after)
        contents = "".join(
            f"<Contents><Key>{name}</Key>"
            f"<LastModified>{self.server.files[name][1]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<Size>1</Size></Contents>"
            for name in names[:PAGE]
        )
        cut = str(len(names) > PAGE).lower()
        listing = f"<IsTruncated>{cut}</IsTruncated>{contents}"
        return f"<ListBucketResult>{listing}</ListBucketResult>".encode()

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code></Error>".encode(), "application/xml")

    def _answer(self, status: int, body: bytes = b"", kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def open_bucket() -> Iterator[Bucket]:
    with Bucket() as bucket:
        thread = threading.Thread(target=bucket.serve_forever, daemon=True)
        thread.start()
        yield bucket
        bucket.shutdown()
        thread.join()
