"""Passwords, signatures, and addresses that may be followed."""

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.context import CryptContext
from passlib.hash import argon2, django_pbkdf2_sha256

from app import security
from app.security import (
    check_password,
    hash_password,
    is_common_password,
    is_signed,
    safe_next,
    sign,
)

ELSEWHERE = [
    "",
    " ",
    "axf/home/",
    "home",
    "?next=/",
    "#top",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/axf/home/",
    "//evil.example@testserver/",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/axf\\..\\..\\evil",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/\0/evil.example",
    " //evil.example",
    " /axf/home/",
    "/axf/ho me/",
    "/axf/home/\r\nSet-Cookie: ticket=x",
    "/axf/\x1b[31m",
    "/axf/\x7f",
    "/axf/\x85",
    "/axf/\u2028",
    "/axf/\u3000",
    "/axf/\u200b",
    "/axf/\u202egnp.exe",
    "/axf/\ud800",
    "http:evil.example",
    "http:/evil.example",
    "http://evil.example",
    "https://evil.example/axf/home/",
    "HTTPS://EVIL.EXAMPLE",
    "https:evil.example",
    "https:///evil.example",
    "http://testserver.evil.example/",
    "http://testserver@evil.example/",
    "http://testserver/axf/home/",
    "ftp://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "mailto:a@evil.example",
    "blob:https://evil.example/1",
    "/%2fevil.example",
    "/%2Fevil.example",
    "/%5cevil.example",
    "/%5C%5Cevil.example",
    "/%252fevil.example",
    "/%09/evil.example",
    "/%0d%0aSet-Cookie:x",
    "/axf/%00",
    "/.//evil.example",
    "/..//evil.example",
    "/axf//evil.example",
    "/axf/%2e%2e//evil.example",
    "//[::1",
    "//[evil",
    "/" + "x" * 2000,
]


@pytest.mark.parametrize("target", ELSEWHERE, ids=ascii)
def test_what_leads_elsewhere_is_not_followed(target: str) -> None:
    assert safe_next(target, default="/stay/") == "/stay/"


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/axf/cart/",
        "/axf/market/103541/0/2/",
        "/axf/search/?q=%E8%8D%89%E8%8E%93",
        "/axf/search/?q=a%5Cb%20//c",
        "/axf/orders/?tab=unpaid&page=2",
        "/axf/cart/#goods-475",
        "/axf/search/?q=草莓",
    ],
)
def test_pages_of_the_shop_are_followed(target: str) -> None:
    assert safe_next(target, default="/stay/") == target


@given(st.text(alphabet=st.sampled_from("/\\.:@?#%2f5cd0a9 \t\nhtps[]e草\u200d"), max_size=24))
def test_whatever_is_followed_stays_on_this_site(target: str) -> None:
    followed = quote(safe_next(target), safe="/:?#[]@!$&'()*+,;=%")

    for seen in (followed, followed.replace("\\", "/")):
        result = urlsplit(urljoin("http://testserver/login/", seen))
        assert (result.scheme, result.netloc) == ("http", "testserver")


@pytest.mark.parametrize(
    "password", ["蜂蜜很甜，草莓也是", "🍎🍊🍋🍌🍉🍇🍓🫐", "x" * 256, "a\0bcdefgh"]
)
async def test_any_characters_make_a_password(password: str) -> None:
    stored = await hash_password(password)

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await check_password(password, stored) == (True, None)


async def test_a_long_password_counts_to_its_last_character() -> None:
    stored = await hash_password("x" * 72 + "a")

    assert await check_password("x" * 72 + "b", stored) == (False, None)


async def test_two_keyboards_type_the_same_password() -> None:
    stored = await hash_password("cafe\u0301 au lait")

    assert await check_password("caf\u00e9 au lait", stored) == (True, None)


@pytest.mark.parametrize(
    "old",
    [
        argon2.using(type="ID", rounds=1, memory_cost=8192, parallelism=1).hash("honey and milk"),
        django_pbkdf2_sha256.using(rounds=1000).hash("honey and milk"),
    ],
    ids=["weaker argon2", "django"],
)
async def test_an_old_hash_is_renewed(old: str) -> None:
    is_right, renewed = await check_password("honey and milk", old)

    assert is_right
    assert renewed is not None
    assert await check_password("honey and milk", renewed) == (True, None)


@pytest.mark.parametrize("stored", [None, "!", "", "!unusable", "plain text"])
async def test_without_a_hash_just_as_much_is_computed(
    stored: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bool] = []
    dummy_verify = CryptContext.dummy_verify

    def note(self: CryptContext) -> object:
        calls.append(True)
        return dummy_verify(self)

    monkeypatch.setattr(type(security._passwords), "dummy_verify", note)

    assert await check_password("honey and milk", stored) == (False, None)
    assert calls == [True]


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "12345678",
        "iloveyou1",
        "PASSWORD",
        "ｐａｓｓｗｏｒｄ",
        "axf12345",
        "爱鲜蜂2026!",
        "aaaaaaaa",
        "12121212",
        "xiaoman1",
        "XIAOMAN2026",
        "xiaoman!!",
    ],
)
def test_passwords_that_everybody_tries_first_are_common(password: str) -> None:
    assert is_common_password(password, username="xiaoman")


@pytest.mark.parametrize(
    "password", ["correct horse battery", "27182818284590452", "蜂蜜很甜，草莓也是"]
)
def test_other_passwords_are_not_common(password: str) -> None:
    assert not is_common_password(password, username="xiaoman")


def test_a_signature_fits_one_secret_purpose_and_body() -> None:
    signature = sign("secret", "notice", b"body")

    assert is_signed("secret", "notice", b"body", signature)
    assert not is_signed("other", "notice", b"body", signature)
    assert not is_signed("secret", "other", b"body", signature)
    assert not is_signed("secret", "notice", b"other", signature)
    assert not is_signed("secret", "notice", b"body", "\ud800")
