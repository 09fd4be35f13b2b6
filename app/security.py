"""Passwords, signatures and addresses that may be followed."""

import hashlib
import hmac
import unicodedata
from datetime import datetime
from urllib.parse import unquote, urlsplit

from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response
from passlib.context import CryptContext
from zxcvbn.frequency_lists import FREQUENCY_LISTS

TICKET_COOKIE = "ticket"
LONGEST_NEXT = 2000

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
# The first one also makes the hash to compare with; then it takes as long as any other.
_passwords.dummy_verify()
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_SHOP_WORDS = frozenset({"axf", "aixianfeng", "爱鲜蜂"})


async def hash_password(password: str) -> str:
    return await to_thread.run_sync(_passwords.hash, _normal(password), limiter=_hashing)


async def check_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether it is right, and a new hash when the stored one should be renewed.

    Without a stored hash it takes just as long and is never right, so that nobody can tell by
    the clock whether an account exists.
    """
    return await to_thread.run_sync(_verify, _normal(password), stored, limiter=_hashing)


def _verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    if stored is None or _passwords.identify(stored) is None:  # "!" stands for no password at all
        _passwords.dummy_verify()
        return False, None
    is_right, renewed = _passwords.verify_and_update(password, stored)
    return bool(is_right), renewed


def is_common_password(password: str, *, username: str = "") -> bool:
    """One of the 30,000 most used (zxcvbn's list), the shop's own words or the user's name."""
    word = unicodedata.normalize("NFKC", password).casefold()
    stem = word.rstrip("0123456789!.@#")
    return (
        word in _COMMON
        or stem in _SHOP_WORDS
        or (bool(username) and username.casefold() in {word, stem})
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

    Browsers read `\\` as `/`, skip tabs and line breaks, and take `//host` for another site; a
    proxy may decode the path once more. So none of these may be in it, encoded or not.
    """
    if not target or len(target) > LONGEST_NEXT or not target.startswith("/"):
        return default
    path = unquote(unquote(target.partition("?")[0].partition("#")[0]))
    if "//" in path or not (_is_printable(path) and _is_printable(target)):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else target


def _is_printable(text: str) -> bool:
    """No backslash, space, control, invisible or half character."""
    return "\\" not in text and not any(
        unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"} for char in text
    )


def set_ticket(request: Request, ticket: str, *, expires_at: datetime, seconds: int) -> None:
    """Have the answer bring the ticket: HttpOnly, Lax, Secure as soon as the site has HTTPS.

    `Expires` and `Max-Age` say when the row ends too.
    """
    bare = Response()
    bare.set_cookie(
        TICKET_COOKIE,
        ticket,
        max_age=seconds,
        expires=expires_at,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    _leave_cookie(request, bare)


def forget_ticket(request: Request) -> None:
    """Have the answer, whatever it is, delete the ticket from the browser."""
    bare = Response()
    bare.delete_cookie(
        TICKET_COOKIE,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    _leave_cookie(request, bare)


def _leave_cookie(request: Request, bare: Response) -> None:
    """For the envelope. The last word counts: a new ticket after an old one was forgotten."""
    request.scope["state"].setdefault("set_cookies", {})[TICKET_COOKIE] = bare.headers["set-cookie"]
