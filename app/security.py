"""Passwords, signatures and addresses that may be followed."""

import hashlib
import hmac
import unicodedata
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response
from passlib.context import CryptContext
from zxcvbn.frequency_lists import FREQUENCY_LISTS

TICKET_COOKIE = "ticket"

# OWASP's least parameters for Argon2id; older hashes are renewed at the next log-in.
_passwords = CryptContext(
    schemes=["argon2", "django_pbkdf2_sha256"],
    deprecated="auto",
    argon2__type="ID",
    argon2__time_cost=2,
    argon2__memory_cost=19456,
    argon2__parallelism=1,
)
# Hashing takes about 30 ms of a core: more than two at once would starve the pages.
_hashing = CapacityLimiter(2)
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_SHOP_WORDS = ("axf", "aixianfeng", "爱鲜蜂")


async def hash_password(password: str) -> str:
    return await to_thread.run_sync(_passwords.hash, _normal(password), limiter=_hashing)


async def check_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether it is right, and a new hash when the stored one should be renewed.

    Without a stored hash it takes just as long and is never right, so that nobody can tell by
    the clock whether an account exists.
    """
    if stored is None:
        await to_thread.run_sync(_passwords.dummy_verify, limiter=_hashing)
        return False, None
    return await to_thread.run_sync(
        _passwords.verify_and_update, _normal(password), stored, limiter=_hashing
    )


def is_common_password(password: str, *, username: str = "") -> bool:
    """One of the 30,000 most used (zxcvbn's list), the shop's own words or the user's name."""
    word = _normal(password).casefold()
    stem = word.rstrip("0123456789!.@#")
    return (
        word in _COMMON
        or stem in _SHOP_WORDS
        or (bool(username) and stem in {"", username.casefold()})
        or len(set(word)) <= 2  # noqa: PLR2004 - aaaaaaaa, 12121212
    )


def _normal(password: str) -> str:
    """The same password typed on two keyboards must be the same bytes."""
    return unicodedata.normalize("NFC", password)


def sign(secret: str, purpose: str, body: bytes) -> str:
    """HMAC-SHA256 in hex; `purpose` keeps a signature from being used elsewhere."""
    return hmac.new(secret.encode(), purpose.encode() + b"\0" + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, purpose: str, body: bytes, signature: str) -> bool:
    expected = sign(secret, purpose, body)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def safe_next(target: str | None, default: str = "/axf/home/") -> str:
    """`target` if it is a path of this site, otherwise `default`.

    Browsers read `\\` as `/`, skip tabs and line breaks, and take `//host` for another site.
    """
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return default
    if "\\" in target or any(ord(char) < 0x21 or ord(char) == 0x7F for char in target):  # noqa: PLR2004
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else target


def set_ticket(response: Response, ticket: str, *, seconds: int, request: Request) -> None:
    """The cookie ends when the row does; Secure as soon as the site is reached by HTTPS."""
    response.set_cookie(
        TICKET_COOKIE,
        ticket,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )


def forget_ticket(request: Request) -> None:
    """Have the answer, whatever it is, delete the ticket from the browser."""
    bare = Response()
    bare.delete_cookie(TICKET_COOKIE, path="/", httponly=True, samesite="lax")
    request.scope["state"].setdefault("set_cookies", []).append(bare.headers["set-cookie"])
