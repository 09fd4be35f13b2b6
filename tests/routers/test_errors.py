"""How a refusal reaches a browser, htmx, and nobody at all."""

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from app.db import Database
from app.deps import Visitor
from app.errors import Conflict, InvalidInput, OutOfStock, TooMany, Unavailable, Words
from app.forms import Filled32, ShopForm, read_form
from app.models import User
from tests.conftest import HTMX


@pytest.fixture
def broken(app: FastAPI) -> FastAPI:
    """The shop with addresses that refuse in all the ways there are."""

    class NoteForm(ShopForm):
        note: Filled32
        count: int = Field(default=1)

    async def crash() -> None:
        raise RuntimeError("inner workings")

    async def sold_out() -> None:
        raise OutOfStock(left=3, name=Words("苹果", "Apple"))

    async def busy() -> None:
        raise Unavailable

    async def too_many() -> None:
        raise TooMany(seconds=7)

    async def form(request: Request, _: Visitor) -> None:
        await read_form(request, NoteForm, page="auth/register.html")
        raise InvalidInput.of("username", "This name is taken")

    async def bare_form(request: Request) -> None:
        await read_form(request, NoteForm)
        raise Conflict

    for handler in (crash, sold_out, busy, too_many):
        app.add_api_route(f"/broken/{handler.__name__}/", handler, methods=["GET", "POST"])
    app.add_api_route("/broken/form/", form, methods=["POST"])
    app.add_api_route("/broken/bare/", bare_form, methods=["POST"])
    return app


@pytest.fixture
async def browser(broken: FastAPI, anonymous: AsyncClient) -> AsyncClient:
    return anonymous


async def test_a_crash_shows_a_number_and_no_inner_workings(
    browser: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await browser.get("/broken/crash/")

    number = answer.headers["X-Request-ID"]
    assert answer.status_code == 500
    assert "The hive is being repaired" in answer.text
    assert f"<code>{number}</code>" in answer.text
    assert "inner workings" not in answer.text
    assert "Traceback" not in answer.text
    assert f"crash in request {number}" in caplog.text
    assert "inner workings" in caplog.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("crash", 500, "Something went wrong on our side"),
        ("sold_out", 409, "Only 3 of Apple left"),
        ("busy", 503, "The shop is very busy right now"),
        ("too_many", 429, "Seconds to wait: 7."),
    ],
)
async def test_htmx_gets_a_toast_that_leaves_the_page_alone(
    browser: AsyncClient, path: str, status: int, words: str
) -> None:
    page = await browser.post(f"/broken/{path}/")
    toast = await browser.post(f"/broken/{path}/", headers=HTMX)

    assert (page.status_code, toast.status_code) == (status, status)
    assert words in page.text
    assert page.text.startswith("<!doctype html>")
    assert words in toast.text
    assert toast.text.startswith('<hx-partial hx-target="#toasts"')


@pytest.mark.parametrize(("path", "seconds"), [("busy", "2"), ("too_many", "7")])
async def test_it_is_said_when_to_come_back(browser: AsyncClient, path: str, seconds: str) -> None:
    answer = await browser.get(f"/broken/{path}/")

    assert answer.headers["Retry-After"] == seconds


async def test_a_refused_form_comes_back_with_the_reasons(browser: AsyncClient) -> None:
    wrong = await browser.post("/broken/form/", data={"username": "ann", "count": "x"})
    taken = await browser.post("/broken/form/", data={"username": "ann", "note": "x"})

    assert (wrong.status_code, taken.status_code) == (422, 422)
    assert 'value="ann"' in wrong.text
    assert "This name is taken" in taken.text


async def test_where_no_form_is_shown_the_reason_is_said(browser: AsyncClient) -> None:
    page = await browser.post("/broken/bare/", data={"note": "x" * 33})
    toast = await browser.post("/broken/bare/", data={"note": "x" * 33}, headers=HTMX)

    assert (page.status_code, toast.status_code) == (422, 422)
    assert "This is too long" in page.text
    assert "This is too long" in toast.text


async def test_who_must_log_in_is_sent_there(anonymous: AsyncClient) -> None:
    page = await anonymous.get("/axf/orders/?tab=unpaid")
    fragment = await anonymous.get("/axf/orders/", headers=HTMX)

    assert (page.status_code, page.headers["Location"]) == (
        303,
        "/login/?next=/axf/orders/%3Ftab%3Dunpaid",
    )
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (
        401,
        "/login/?next=/axf/orders/",
    )
    assert fragment.text == ""


async def test_after_a_refused_write_the_log_in_leads_back_to_its_page(
    anonymous: AsyncClient,
) -> None:
    for page, target in (
        ("http://testserver/axf/cart/", "/login/?next=/axf/cart/"),
        ("https://evil.example/axf/cart/", "/login/"),
        ("http://testserver//evil.example/", "/login/"),
    ):
        answer = await anonymous.post("/logout/all/", headers={"Referer": page})

        assert answer.headers["Location"] == target


async def test_an_error_page_knows_the_visitor_and_their_language(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    user.locale = "zh-Hans"
    await session.commit()

    for method, path in (("GET", "/nowhere/"), ("PUT", "/login/"), ("GET", "/axf/goods/word/")):
        answer = await client.request(method, path)

        assert answer.status_code in {404, 405}
        assert '<html lang="zh-CN">' in answer.text


async def test_a_wrong_method_says_which_are_right(anonymous: AsyncClient) -> None:
    answer = await anonymous.delete("/language/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "This address does not work that way" in answer.text


async def test_a_database_that_is_away_is_said_so(
    app: FastAPI, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr(Database, "read", away)

    busy = await client.get("/axf/mine/")
    missing = await client.get("/nowhere/")

    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "2")
    assert "The hive is very busy" in busy.text
    assert missing.status_code == 404
