"""Requests by which somebody would send shoppers elsewhere or sign them out."""

import time

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.db import Database
from app.main import create_app
from app.models import User
from app.settings import Settings
from tests.conftest import open_browser


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/login", "/login/"),
        ("/axf/cart", "/axf/cart/"),
        ("/static", "/static/"),
        ("/login?next=/axf/cart/&x=%0d%0a", "/login/?next=/axf/cart/&x=%0d%0a"),
        ("/axf/goods/475", "/axf/goods/475/"),
    ],
)
async def test_the_missing_slash_never_leads_to_the_host_that_was_sent(
    anonymous: AsyncClient, path: str, target: str
) -> None:
    answer = await anonymous.get(path, headers={"Host": "evil.example"})

    assert (answer.status_code, answer.headers["Location"]) == (307, target)


@pytest.mark.parametrize("path", ["//evil.example/login", "/\\evil.example", "//evil.example"])
async def test_no_address_leads_to_another_site(anonymous: AsyncClient, path: str) -> None:
    answer = await anonymous.get(f"http://testserver{path}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/login/", "/axf/mine/", "/healthz", "/static/css/base.css", "/nowhere/", "/login"],
)
async def test_head_says_what_get_would_say_and_sends_nothing(
    anonymous: AsyncClient, path: str
) -> None:
    full = await anonymous.get(path)

    answer = await anonymous.head(path)

    assert answer.status_code == full.status_code
    assert answer.headers.get("Content-Type") == full.headers.get("Content-Type")
    assert answer.headers.get("Content-Length") == full.headers.get("Content-Length")
    assert answer.content == b""


async def test_head_of_what_only_takes_posts_is_refused(client: AsyncClient) -> None:
    assert (await client.head("/logout/all/")).status_code == 405


async def test_a_strange_bearer_does_not_sign_the_browser_out(client: AsyncClient) -> None:
    answer = await client.get("/axf/mine/", headers={"Authorization": "Bearer nonsense"})

    assert "set-cookie" not in answer.headers


@pytest.fixture
def named(settings: Settings, db: Database) -> FastAPI:
    """The shop as it is in production: it has a name."""
    return create_app(
        settings.model_copy(update={"allowed_hosts": "Shop.example, *.shop.example"}), db
    )


@pytest.mark.parametrize(
    "host", ["shop.example", "SHOP.EXAMPLE", "shop.example:80", "m.shop.example"]
)
async def test_the_shop_answers_to_its_names(named: FastAPI, host: str) -> None:
    async with open_browser(named) as browser:
        answer = await browser.get("/axf/mine/", headers={"Host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "shop.example.evil.example",
        "evilshop.example",
        "shop.example@evil",
        "[::1",
    ],
)
async def test_the_shop_answers_to_no_other_name(named: FastAPI, host: str) -> None:
    async with open_browser(named) as browser:
        for method, path in (("GET", "/"), ("POST", "/login/"), ("GET", "/static/css/base.css")):
            answer = await browser.request(method, path, headers={"Host": host})

            assert answer.status_code == 400
            assert "This shop is not at home at that address" in answer.text
            assert "evil" not in answer.text


@pytest.mark.parametrize("unit", ["\\", '\\"', "\\012"])
async def test_a_cookie_full_of_backslashes_holds_nobody_up(
    client: AsyncClient, user: User, unit: str
) -> None:
    cookie = f'lang="{unit * (30_000 // len(unit))}"; ticket={client.cookies["ticket"]}'
    client.cookies.clear()
    started = time.perf_counter()

    answer = await client.get("/axf/mine/", headers={"Cookie": cookie})

    assert user.username in answer.text
    assert time.perf_counter() - started < 1
