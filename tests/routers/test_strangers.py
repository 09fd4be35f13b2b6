"""What is not yours does not exist: every address that names something, tried by somebody else."""

import re

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from tests.routers.every_route import (
    METHODS,
    SAFE,
    Route,
    World,
    calls_of,
    checksum,
    names_in,
)

# What these name belongs to the shop or was made for everybody's eyes; the rest has an owner.
FOR_EVERYBODY = {
    "/axf/goods/{goods_id}/",
    "/axf/goods/{goods_id}/reviews/",
    "/axf/goods/{goods_id}/seen/",
    "/axf/goods/{goods_id}/wait/",
    "/axf/goods/{goods_id}/unwait/",
    "/axf/cart/{goods_id}/remove/",
    "/axf/cart/{goods_id}/restore/",
    "/axf/cart/{goods_id}/select/",
    "/axf/favourites/{goods_id}/",
    "/axf/favourites/{goods_id}/remove/",
    "/axf/reviews/{review_id}/helpful/",
    "/axf/coupons/{template_id}/claim/",
    "/axf/coupons/{template_id}/goods/",
    "/media/{file}",
    "/static/pictures/{name}.webp",
}
# Those who come here are not shoppers, or need no ticket: payment providers and carriers sign what
# they say, riders and whoever pays in the sandbox have been given an address nobody can guess.
FOR_SERVERS = re.compile(r"/(axf/market|carriers|payments|riders|sandbox)/")


def owned(routes: list[Route]) -> list[Route]:
    return [
        route
        for route in routes
        if names_in(route.path)
        and route.path not in FOR_EVERYBODY
        and not FOR_SERVERS.match(route.path)
    ]


def test_the_list_of_what_is_for_everybody_is_true(routes: list[Route]) -> None:
    assert {route.path for route in routes} >= FOR_EVERYBODY


async def test_nothing_of_somebody_else_is_found(
    world: World, routes: list[Route], other_client: AsyncClient, session: AsyncSession
) -> None:
    before = await checksum(session)

    answers = {
        f"{method} {path}": (
            await other_client.request(method, world.fill(path), data={"key": "k" * 24})
        ).status_code
        for method, path in calls_of(owned(routes), METHODS)
    }

    assert len(answers) >= 20
    assert {call: status for call, status in answers.items() if status != 404} == {}
    assert await checksum(session) == before


async def test_no_page_shows_somebody_elses_things(
    world: World, routes: list[Route], other_client: AsyncClient, user: User
) -> None:
    pages = [path for _, path in calls_of(routes, {"GET"}) if not names_in(path)]
    secrets = [user.username, world.values["no"], "13800006021"]

    shown = {
        path: [secret for secret in secrets if secret in (await other_client.get(path)).text]
        for path in pages
    }

    assert len(pages) > 20
    assert {path: found for path, found in shown.items() if found} == {}


async def test_without_a_ticket_nothing_of_anybody_is_found(
    app: FastAPI, world: World, routes: list[Route], anonymous: AsyncClient, session: AsyncSession
) -> None:
    before = await checksum(session)

    answers = {
        f"{method} {path}": await anonymous.request(method, world.fill(path))
        for method, path in calls_of(owned(routes), METHODS - SAFE | {"GET"})
    }

    wrong = {
        call: answer.status_code
        for call, answer in answers.items()
        if not (answer.status_code == 303 and answer.headers["Location"].startswith("/login/"))
    }
    assert wrong == {}
    assert await checksum(session) == before


@pytest.mark.parametrize("path", ["/axf/points/", "/axf/vip/", "/axf/coupons/mine/"])
async def test_a_ticket_is_asked_for(anonymous: AsyncClient, path: str) -> None:
    answer = await anonymous.get(path)

    assert answer.headers["Location"].startswith("/login/")
