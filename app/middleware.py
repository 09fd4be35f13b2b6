"""What every answer carries: request id, language, security headers, one line in the log."""

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n import LOCALES, negotiate, use_locale

log = logging.getLogger("axf.access")

CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",  # the picture that was chosen and not sent yet
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
TEMPORARY_REDIRECT = 307
BAD_REQUEST = 400
IMMUTABLE = "public, max-age=31536000, immutable"
_FOR_EVERYBODY = ("/static/", "/media/")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Envelope:
    """Pure ASGI, since a BaseHTTPMiddleware costs three times as much per request."""

    def __init__(self, app: ASGIApp, *, secure: bool, form_targets: tuple[str, ...] = ()) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        allowed = " ".join(["form-action 'self'", *form_targets])
        self.headers["Content-Security-Policy"] = CSP.replace("form-action 'self'", allowed)
        if secure:
            self.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["headers"] = [_without_backslashes(*header) for header in scope["headers"]]
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(headers)
        use_locale(_locale(headers))
        started, status = time.perf_counter(), 500
        is_head = scope["method"] == "HEAD"

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(MutableHeaders(scope=message), scope, status)
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        try:
            # Routes know GET only; HEAD is the same without the body.
            inner = {**scope, "method": "GET"} if is_head else scope
            await self.app(inner, receive, send_with_headers)
        finally:
            # The path without its query: what people search for is nobody's business.
            log.info(
                "%s %s %s %.1fms %s",
                scope["method"],
                quote(scope["path"]),  # a line break in it must not forge a second line
                status,
                (time.perf_counter() - started) * 1000,
                state["request_id"],
            )

    def _add_headers(self, headers: MutableHeaders, scope: Scope, status: int) -> None:
        state = scope["state"]
        for name, value in self.headers.items():
            headers.setdefault(name, value)
        headers["X-Request-ID"] = state["request_id"]
        if status == TEMPORARY_REDIRECT and "Location" in headers:
            headers["Location"] = _on_this_site(headers["Location"])
        if scope["path"].startswith(_FOR_EVERYBODY) and status < BAD_REQUEST:
            # An address with a version never means another file; one without is asked for again.
            kept = IMMUTABLE if scope["query_string"].startswith(b"v=") else "public, max-age=3600"
            headers.setdefault("Cache-Control", kept)
        else:
            headers.setdefault("Cache-Control", "private, no-cache")
            headers.add_vary_header("Cookie, Accept-Language, HX-Request-Type")
        for cookie in state.get("set_cookies", {}).values():
            headers.append("Set-Cookie", cookie)


Refuse = Callable[[Request, Exception], Awaitable[Response]]


class KnownHosts:
    """Only requests for one of `hosts` get in: a name, `*.name` for all below it, `*` for any."""

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str], refuse: Refuse) -> None:
        self.app = app
        self.names = {host.lower() for host in hosts if not host.startswith("*")}
        self.endings = tuple(host.lower().removeprefix("*") for host in hosts if host[:1] == "*")
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_known(Headers(scope=scope).get("Host", "")):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            response = await self.refuse(Request(scope), HTTPException(BAD_REQUEST))
            await response(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _is_known(self, host: str) -> bool:
        name, _, port = host.lower().rpartition(":")
        name = name if port.isdecimal() else host.lower()
        return name in self.names or name.endswith(self.endings)


class BodyLimit:
    """Nothing larger than `most` bytes is read, and what says it is larger is not even begun.

    Forms with files may be larger at the paths in `larger`, up to the number beside them; what
    says it is larger than that is refused by the form itself, beside its field.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int,
        refuse: Refuse,
        larger: Sequence[tuple[re.Pattern[str], int]] = (),
    ) -> None:
        self.app = app
        self.most = most
        self.refuse = refuse
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        room = self._room_for_files(scope)
        if room is None and _declared_length(scope) > self.most:
            response = await self.refuse(Request(scope), HTTPException(413))
            await response(scope, receive, send)
        else:
            await self.app(scope, self._counting(receive, room or self.most), send)

    def _room_for_files(self, scope: Scope) -> int | None:
        kind = Headers(scope=scope).get("Content-Type", "").lower()
        if not kind.startswith("multipart/form-data"):
            return None
        return next((most for path, most in self.larger if path.fullmatch(scope["path"])), None)

    @staticmethod
    def _counting(receive: Receive, most: int) -> Receive:
        """For bodies sent in chunks, whose length nobody knows beforehand."""
        total = 0

        async def receive_within_limit() -> Message:
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > most:
                raise HTTPException(413)
            return message

        return receive_within_limit


def _declared_length(scope: Scope) -> int:
    length = Headers(scope=scope).get("Content-Length", "")
    # Python refuses to read numbers of thousands of digits; 19 are more than enough to say no.
    return int(length[:19]) if length.isascii() and length.isdecimal() else 0


def _without_backslashes(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Drop cookies that hold backslashes; none of ours does.

    Python before 3.11.10 takes the square of their number to read them (CVE-2024-7592).
    """
    if name == b"cookie" and b"\\" in value:
        value = b"; ".join(part for part in value.split(b";") if b"\\" not in part)
    return name, value


def _on_this_site(location: str) -> str:
    """Starlette adds a missing slash by an address that names whatever Host was sent."""
    parts = urlsplit(location)
    return parts._replace(scheme="", netloc="").geturl()


def _request_id(headers: Headers) -> str:
    given = headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _locale(headers: Headers) -> str:
    try:
        cookie = SimpleCookie(headers.get("Cookie", "")).get("lang")
    except CookieError:
        cookie = None
    if cookie is not None and cookie.value in LOCALES:
        return cookie.value
    return negotiate(headers.get("Accept-Language"))
