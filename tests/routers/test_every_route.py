"""What holds for every address of the shop, also for those that are added tomorrow."""

import itertools
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import User
from tests.conftest import open_browser
from tests.factories import make_ticket
from tests.routers.every_route import (
    METHODS,
    SAFE,
    Route,
    World,
    calls_of,
    checksum,
    missing_headers,
    names_in,
)
from tests.routers.hostile import HOSTILE_QUERIES, STRANGE_IDS, hostile_bodies


async def test_the_shop_has_its_routes(routes: list[Route], world: World) -> None:
    paths = {route.path for route in routes}

    assert {"/login/", "/axf/home/", "/axf/cart/", "/axf/orders/{no}/"} <= paths
    assert {name for path in paths for name in names_in(path)} <= set(world.values)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "https://testserver"},
        {"Origin": "null"},
    ],
    ids=str,
)
async def test_writes_from_other_sites_are_refused(
    world: World, routes: list[Route], session: AsyncSession, headers: dict[str, str]
) -> None:
    before = await checksum(session)
    del world.browser.headers["Sec-Fetch-Site"]

    answers = {
        f"{method} {path}": (
            await world.browser.request(method, world.fill(path), headers=headers)
        ).status_code
        for method, path in calls_of(routes, METHODS - SAFE)
    }

    assert answers == dict.fromkeys(answers, 403)
    assert len(answers) > 5
    assert await checksum(session) == before


async def test_reading_changes_nothing(
    world: World, routes: list[Route], session: AsyncSession
) -> None:
    before = await checksum(session)

    for _, (_, path) in itertools.product(range(2), calls_of(routes, {"GET"})):
        await world.browser.get(world.fill(path))
        assert await checksum(session) == before, path


async def test_every_page_is_there(world: World, routes: list[Route]) -> None:
    answers = {
        path: (await world.browser.get(world.fill(path))).status_code
        for _, path in calls_of(routes, {"GET"})
    }

    assert {path: status for path, status in answers.items() if status not in {200, 303}} == {}


async def test_wrong_methods_are_refused(
    world: World, routes: list[Route], session: AsyncSession
) -> None:
    before = await checksum(session)
    answers = {}

    for route in routes:
        for method in METHODS - route.methods:
            answer = await world.browser.request(method, world.fill(route.path))
            answers[f"{method} {route.path}"] = answer.status_code

    assert {call: status for call, status in answers.items() if status not in {404, 405}} == {}
    assert await checksum(session) == before


async def test_ids_that_cannot_be_lead_nowhere(
    world: World, routes: list[Route], session: AsyncSession
) -> None:
    before = await checksum(session)
    answers = {}

    for method, path in calls_of(routes, METHODS):
        for name, strange in itertools.product(names_in(path), STRANGE_IDS):
            address = world.fill(path, **{name: strange})
            answers[f"{method} {address}"] = (
                await world.browser.request(method, address)
            ).status_code

    assert {call: status for call, status in answers.items() if status != 404} == {}
    assert await checksum(session) == before


async def test_no_query_breaks_a_page(
    world: World, routes: list[Route], anonymous: AsyncClient
) -> None:
    broken = []

    for browser in (world.browser, anonymous):
        for route in routes:
            names = route.queries or {"x"}
            for query, name in itertools.product(HOSTILE_QUERIES, sorted(names)):
                address = f"{world.fill(route.path)}?{query.replace('{name}', name)}"
                method = "GET" if "GET" in route.methods else "POST"
                if (await browser.request(method, address)).status_code >= 500:
                    broken.append(address[:200])

    assert broken == []


async def test_no_form_breaks_the_shop(
    world: World, routes: list[Route], session: AsyncSession, user: User
) -> None:
    broken = []

    for method, path in calls_of(routes, METHODS - SAFE):
        # Some of these sign the browser out.
        world.browser.cookies.set("ticket", await make_ticket(session, user))
        await session.commit()
        for content_type, body in hostile_bodies():
            answer = await world.browser.request(
                method, world.fill(path), content=body, headers={"Content-Type": content_type}
            )
            if answer.status_code >= 500:
                broken.append((method, path, content_type, body[:60]))

    assert broken == []


async def test_every_answer_carries_the_security_headers(
    world: World, routes: list[Route], anonymous: AsyncClient
) -> None:
    without = {}

    for browser in (world.browser, anonymous):
        for path, method in itertools.product([route.path for route in routes], METHODS):
            answer = await browser.request(method, world.fill(path))
            without[f"{method} {path} {answer.status_code}"] = missing_headers(answer)

    assert {call: missing for call, missing in without.items() if missing} == {}


async def test_a_crash_carries_the_security_headers_too(
    world: World, routes: list[Route], app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise RuntimeError("inner workings")

    monkeypatch.setattr(Database, "read", crash)

    for method, path in calls_of(routes, METHODS):
        answer = await world.browser.request(method, world.fill(path))
        assert missing_headers(answer) == set(), path
        assert "inner workings" not in answer.text
    assert (await world.browser.get("/axf/home/")).status_code == 500


@pytest.mark.parametrize("is_declared", [True, False])
async def test_a_huge_body_is_refused_before_anything_happens(
    world: World, session: AsyncSession, is_declared: bool
) -> None:
    before = await checksum(session)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 4096

    for path in ("/login/", "/language/", "/axf/address/new/"):
        content = b"x" * 300_000 if is_declared else in_pieces()
        answer = await world.browser.post(path, content=content, headers=headers)
        assert (answer.status_code, missing_headers(answer)) == (413, set())
        assert "That was more than can be taken at once" in answer.text
    assert await checksum(session) == before


async def test_what_declares_a_huge_body_is_not_even_begun(
    world: World, routes: list[Route], session: AsyncSession
) -> None:
    before = await checksum(session)
    headers = {"Content-Length": str(100 * 1024 * 1024)}

    for method, path in calls_of(routes, METHODS - SAFE):
        answer = await world.browser.request(method, world.fill(path), headers=headers)
        assert answer.status_code == 413, path

    assert await checksum(session) == before


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "evil.example:x", "", "🐝", "x" * 5000])
async def test_no_host_header_breaks_the_shop(app: FastAPI, host: str) -> None:
    async with open_browser(app) as browser:
        for path in ("/axf/mine/", "/login", "/nowhere/"):
            answer = await browser.get(path, headers={b"Host": host.encode()})

            assert answer.status_code < 500
