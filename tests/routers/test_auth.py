"""Registering, logging in and out, and the language, as browsers do it."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookies import Morsel, SimpleCookie

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import deps
from app.models import User, UserTicket
from app.models.base import utcnow
from app.settings import Settings
from tests.conftest import HTMX, open_browser
from tests.factories import make_ticket

NAME, PASSWORD = "林小满", "蜂蜜很甜，草莓也是"


async def register(browser: AsyncClient, username: str = NAME, **more: str) -> Response:
    return await browser.post(
        "/register/", data={"username": username, "password": PASSWORD, **more}
    )


async def log_in(browser: AsyncClient, username: str = NAME, **more: str) -> Response:
    return await browser.post("/login/", data={"username": username, "password": PASSWORD} | more)


async def count(session: AsyncSession, model: type[User] | type[UserTicket]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


def cookie_of(answer: Response, name: str = "ticket") -> Morsel[str]:
    headers = [
        header for header in answer.headers.get_list("set-cookie") if header.startswith(f"{name}=")
    ]
    assert len(headers) == 1
    return SimpleCookie(headers[0])[name]


# --- the four redirect rules


async def test_the_log_in_page_sends_a_signed_in_user_to_the_log_out(client: AsyncClient) -> None:
    answer = await client.get("/login/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/logout/")


async def test_the_register_page_sends_a_signed_in_user_home(client: AsyncClient) -> None:
    answer = await client.get("/register/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/home/")


async def test_the_log_out_page_sends_a_visitor_home(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/logout/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/home/")


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/axf/cart/", "/axf/cart/"),
        ("/axf/search/?q=%E8%8D%89", "/axf/search/?q=%E8%8D%89"),
        ("", "/axf/home/"),
        ("//evil.example/", "/axf/home/"),
        ("https://evil.example/", "/axf/home/"),
        ("/logout/", "/axf/home/"),
        ("/login/?next=/axf/cart/", "/axf/home/"),
    ],
)
async def test_after_log_in_one_is_where_one_wanted_to_be(
    anonymous: AsyncClient, wanted: str, reached: str
) -> None:
    await register(anonymous)
    anonymous.cookies.clear()

    answer = await log_in(anonymous, next=wanted)

    assert (answer.status_code, answer.headers["Location"]) == (303, reached)


async def test_the_page_that_needed_a_log_in_is_carried_through_the_form(
    anonymous: AsyncClient,
) -> None:
    page = await anonymous.get("/login/?next=/axf/cart/%3Fa%3D1")

    assert '<input type="hidden" name="next" value="/axf/cart/?a=1">' in page.text
    assert 'href="/register/?next=/axf/cart/%3Fa%3D1"' in page.text


async def test_a_hostile_next_is_not_even_in_the_form(anonymous: AsyncClient) -> None:
    for path in ("/login/", "/register/"):
        page = await anonymous.get(path, params={"next": "//evil.example/"})

        assert 'name="next" value="">' in page.text
        assert 'value="//evil' not in page.text


# --- registering


async def test_registering_signs_in_and_goes_on(anonymous: AsyncClient) -> None:
    answer = await register(anonymous, email="", next="/axf/cart/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/cart/")
    assert NAME in (await anonymous.get("/axf/mine/")).text


async def test_registering_with_an_email_keeps_it(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    await register(anonymous, email="lin@EXAMPLE.com")

    assert await session.scalar(select(User.email)) == "lin@example.com"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"username": "x"}, "At least 2 characters"),
        ({"password": "short"}, "At least 8 characters"),
        ({"password": "password"}, "Too many people use this password"),
        ({"email": "lin@axf"}, "That is not a whole e-mail address"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    anonymous: AsyncClient, session: AsyncSession, typed: dict[str, str], reason: str
) -> None:
    answer = await anonymous.post(
        "/register/", data={"username": NAME, "email": "lin@axf.cn", "password": PASSWORD} | typed
    )

    field = next(iter(typed))
    assert answer.status_code == 422
    assert reason in answer.text.split(f'id="{field}-hint"')[1].split("</p>")[0]
    assert (await count(session, User), await count(session, UserTicket)) == (0, 0)


async def test_what_was_typed_comes_back_but_the_password(anonymous: AsyncClient) -> None:
    answer = await anonymous.post(
        "/register/", data={"username": "林小满", "email": "lin@axf", "password": PASSWORD}
    )

    assert 'value="林小满"' in answer.text
    assert 'value="lin@axf"' in answer.text
    assert PASSWORD not in answer.text


async def test_an_empty_form_says_what_is_missing(anonymous: AsyncClient) -> None:
    for path in ("/register/", "/login/"):
        answer = await anonymous.post(path)

        assert answer.status_code == 422
        assert answer.text.count("Please fill this in") == 2


async def test_a_form_cannot_make_staff(anonymous: AsyncClient, session: AsyncSession) -> None:
    await register(anonymous, is_staff="1", is_admin="1", id="1", is_active="0")

    user = (await session.scalars(select(User))).one()
    assert (user.is_staff, user.is_active) == (False, True)


async def test_a_signed_in_user_does_not_register_twice(
    client: AsyncClient, session: AsyncSession
) -> None:
    answer = await register(client)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/home/")
    assert await count(session, User) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (NAME, f"“{NAME}” is taken"),
        ("nobody", "“nobody” is free"),
        ("x", "At least 2 characters"),
        ("a\0b", "Some characters here cannot be used"),
        ("<b>x</b>", "Letters, digits, Chinese characters and _ - . only"),
        ("", "2 to 32 characters"),
    ],
)
async def test_the_check_on_blur_says_free_taken_or_why_not(
    anonymous: AsyncClient, typed: str, said: str
) -> None:
    await register(anonymous)

    answer = await anonymous.get("/register/username/", params={"username": typed}, headers=HTMX)

    assert answer.status_code == 200
    assert answer.text.startswith('<p class="hint row small')
    assert 'id="username-hint"' in answer.text
    assert said in answer.text


async def test_the_eleventh_newcomer_of_an_address_is_slowed_down_in_words(
    anonymous: AsyncClient, session: AsyncSession
) -> None:
    for number in range(10):
        await register(anonymous, f"bee{number}")
        anonymous.cookies.clear()

    answer = await register(anonymous, "bee10")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "Seconds to wait: 1." in answer.text
    assert 'value="bee10"' in answer.text
    assert await count(session, User) == 10


# --- logging in


async def test_the_ticket_ends_with_its_row(anonymous: AsyncClient, session: AsyncSession) -> None:
    ticket = cookie_of(await register(anonymous))

    row = (await session.scalars(select(UserTicket))).one()
    assert timedelta(seconds=int(ticket["max-age"])) == row.expires_at - row.created_at
    assert parsedate_to_datetime(ticket["expires"]) == row.expires_at
    assert abs(row.created_at - utcnow()) < timedelta(seconds=30)


async def test_the_ticket_is_kept_from_scripts_and_other_sites(anonymous: AsyncClient) -> None:
    ticket = cookie_of(await register(anonymous))

    assert (ticket["httponly"], ticket["samesite"], ticket["path"]) == (True, "lax", "/")
    assert not ticket["secure"]


async def test_under_https_the_ticket_is_secure(app: FastAPI) -> None:
    async with AsyncClient(transport=ASGITransport(app), base_url="https://testserver") as browser:
        assert cookie_of(await register(browser))["secure"]


@pytest.mark.parametrize(("more", "hours"), [({"remember": "on"}, 14 * 24), ({}, 12)])
async def test_a_remembered_log_in_lasts_longer(
    anonymous: AsyncClient, more: dict[str, str], hours: int
) -> None:
    await register(anonymous)

    answer = await log_in(anonymous, **more)

    assert int(cookie_of(answer)["max-age"]) == hours * 60 * 60


@pytest.mark.parametrize("typed", [{"password": "wrong password"}, {"username": "nobody"}])
async def test_a_failed_log_in_does_not_tell_what_was_wrong(
    anonymous: AsyncClient, session: AsyncSession, typed: dict[str, str]
) -> None:
    await register(anonymous)
    anonymous.cookies.clear()

    answer = await log_in(anonymous, **typed)

    assert answer.status_code == 422
    assert "User name or password is not right. Try again?" in answer.text
    assert PASSWORD not in answer.text
    assert "set-cookie" not in answer.headers
    assert await count(session, UserTicket) == 1


async def test_a_failed_log_in_keeps_what_was_typed(anonymous: AsyncClient) -> None:
    ticked = await log_in(anonymous, next="/axf/cart/", remember="on")
    unticked = await log_in(anonymous)

    assert f'value="{NAME}"' in ticked.text
    assert 'name="next" value="/axf/cart/"' in ticked.text
    assert 'name="remember" checked' in ticked.text
    assert 'name="remember" checked' not in unticked.text


async def test_too_many_failures_are_slowed_down_in_words(anonymous: AsyncClient) -> None:
    await register(anonymous)
    for _ in range(5):
        await log_in(anonymous, password="wrong password")

    answer = await log_in(anonymous)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "Seconds to wait: 1." in answer.text
    assert f'value="{NAME}"' in answer.text


async def test_logging_in_again_makes_the_old_ticket_worthless(
    anonymous: AsyncClient, app: FastAPI
) -> None:
    old = cookie_of(await register(anonymous)).value

    answer = await log_in(anonymous)

    assert cookie_of(answer).value != old
    assert not await is_signed_in(app, old)


async def test_a_new_ticket_survives_the_end_of_an_expired_one(anonymous: AsyncClient) -> None:
    await register(anonymous)
    anonymous.cookies.clear()
    anonymous.cookies.set("ticket", "expired", domain="testserver.local", path="/")

    answer = await log_in(anonymous)

    assert int(cookie_of(answer)["max-age"]) == 12 * 60 * 60


# --- tickets


async def is_signed_in(app: FastAPI, ticket: str) -> bool:
    async with open_browser(app) as browser:
        answer = await browser.get("/axf/mine/", headers={"Cookie": f"ticket={ticket}"})
    return "/logout/" in answer.text


@pytest.mark.parametrize(
    "ticket", ["unknown", "", "x" * 4000, "%00", "🍎".encode().decode("latin1")]
)
async def test_an_unknown_ticket_is_deleted_by_the_answer(app: FastAPI, ticket: str) -> None:
    async with open_browser(app) as browser:
        cookie = f"ticket={ticket}".encode("latin1")
        answer = await browser.get("/axf/mine/", headers={b"Cookie": cookie})

    assert answer.status_code == 200
    assert cookie_of(answer)["max-age"] == "0"


@pytest.mark.parametrize(("seconds", "lives"), [(-1, True), (0, False)])
async def test_an_expired_ticket_is_deleted_by_the_answer(
    anonymous: AsyncClient,
    session: AsyncSession,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    lives: bool,
) -> None:
    await register(anonymous)
    ends: datetime = (await session.scalars(select(UserTicket.expires_at))).one()
    monkeypatch.setattr(deps, "utcnow", lambda: ends + timedelta(seconds=seconds))

    answer = await anonymous.get("/axf/mine/")

    assert (NAME in answer.text) is lives
    assert ("set-cookie" in answer.headers) is not lives


async def test_a_bearer_ticket_is_known_too(
    anonymous: AsyncClient, session: AsyncSession, user: User
) -> None:
    ticket = await make_ticket(session, user)
    await session.commit()

    answer = await anonymous.get("/axf/mine/", headers={"Authorization": f"Bearer {ticket}"})

    assert user.username in answer.text


# --- logging out


async def test_the_log_out_page_asks_with_two_buttons_and_changes_nothing(
    client: AsyncClient, session: AsyncSession
) -> None:
    answer = await client.get("/logout/")

    assert '<a class="btn btn-primary btn-l" href="/axf/home/">' in answer.text
    assert '<form method="post" action="/logout/">' in answer.text
    assert "/logout/all/" not in answer.text
    assert await count(session, UserTicket) == 1


async def test_logging_out_makes_the_old_ticket_worthless(
    client: AsyncClient, app: FastAPI, session: AsyncSession
) -> None:
    ticket = client.cookies["ticket"]
    assert await is_signed_in(app, ticket)

    answer = await client.post("/logout/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/home/")
    assert cookie_of(answer)["max-age"] == "0"
    assert not await is_signed_in(app, ticket)
    assert await count(session, UserTicket) == 0


async def test_logging_out_leaves_other_devices_and_people_signed_in(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_ticket(session, user)
    await session.commit()

    await client.post("/logout/")

    assert await count(session, UserTicket) == 2


async def test_all_devices_can_be_signed_out_when_there_are_others(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_ticket(session, user)
    await make_ticket(session, user)
    await session.commit()

    page = await client.get("/logout/")
    answer = await client.post("/logout/all/")

    assert "Log out on my other devices too (2)" in page.text
    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/home/")
    assert cookie_of(answer)["max-age"] == "0"
    assert await count(session, UserTicket) == 1
    assert (await other_client.get("/login/")).headers["Location"] == "/logout/"


async def test_a_visitor_who_logs_out_is_sent_home(anonymous: AsyncClient) -> None:
    answer = await anonymous.post("/logout/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/home/")


async def test_a_visitor_has_no_devices_to_sign_out(anonymous: AsyncClient) -> None:
    answer = await anonymous.post("/logout/all/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login/")


# --- the members' shop


async def test_a_members_shop_sends_visitors_to_the_log_in_and_back(
    app: FastAPI, settings: Settings
) -> None:
    app.state.settings = settings.model_copy(update={"storefront": "members"})
    async with open_browser(app) as browser:
        away = await browser.get("/axf/home/?from=poster")
        back = await register(browser, next="/axf/home/?from=poster")
        inside = await browser.get(back.headers["Location"])

    assert (away.status_code, away.headers["Location"]) == (
        303,
        "/login/?next=/axf/home/%3Ffrom%3Dposter",
    )
    assert inside.status_code == 200


# --- the language


async def test_a_visitor_chooses_a_language_for_a_year(anonymous: AsyncClient) -> None:
    answer = await anonymous.post("/language/", data={"lang": "zh-Hans", "next": "/login/"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login/")
    assert int(cookie_of(answer, "lang")["max-age"]) == 365 * 24 * 60 * 60
    assert '<html lang="zh-CN">' in (await anonymous.get("/login/")).text


async def test_a_user_takes_the_language_along(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await client.post("/language/", data={"lang": "zh-Hans"})
    client.cookies.delete("lang")

    assert '<html lang="zh-CN">' in (await client.get("/axf/mine/")).text
    assert '<html lang="zh-CN">' in (await client.get("/nowhere/")).text


@pytest.mark.parametrize("lang", ["fr", "", "zh", "en\0", "../../etc/passwd", "x" * 5000])
async def test_other_languages_are_refused(
    client: AsyncClient, session: AsyncSession, user: User, lang: str
) -> None:
    answer = await client.post("/language/", data={"lang": lang})

    assert answer.status_code == 422
    assert "The shop does not speak this language" in answer.text
    assert "set-cookie" not in answer.headers
    await session.refresh(user)
    assert user.locale is None


async def test_the_language_form_does_not_lead_elsewhere(anonymous: AsyncClient) -> None:
    answer = await anonymous.post("/language/", data={"lang": "en", "next": "//evil.example"})

    assert answer.headers["Location"] == "/axf/home/"
