"""Caching of static files, and the request id."""

import pytest
from httpx2 import AsyncClient


async def test_a_static_file_with_a_version_is_kept_for_a_year(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/static/css/base.css?v=1")

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_a_static_file_without_a_version_is_asked_for_again(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/static/img/comb.svg")

    assert answer.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("path", ["/static/css/none.css?v=1", "/static/pictures/zz.webp?v=1"])
async def test_a_missing_static_file_is_not_kept(anonymous: AsyncClient, path: str) -> None:
    answer = await anonymous.get(path)

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "private, no-cache"


async def test_pages_are_private_and_differ_by_language(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/nowhere/")

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Cookie, Accept-Language, HX-Request-Type"


async def test_a_proxy_s_request_id_is_kept(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/healthz", headers={"X-Request-ID": "abcdef-123456"})

    assert answer.headers["X-Request-ID"] == "abcdef-123456"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, 'a"b<script>'])
async def test_a_strange_request_id_is_replaced(anonymous: AsyncClient, given: str) -> None:
    answer = await anonymous.get("/healthz", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 16


async def test_a_food_picture_comes_from_the_package(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/static/pictures/1f34e.webp")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")


@pytest.mark.parametrize("name", ["..%2f..%2fpackage", "1F34E", "readme", "1f34e%00"])
async def test_only_pictures_are_served_as_pictures(anonymous: AsyncClient, name: str) -> None:
    answer = await anonymous.get(f"/static/pictures/{name}.webp")

    assert answer.status_code == 404
