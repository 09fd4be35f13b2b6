"""Names, e-mail, password and the look of the pages, as their owner changes them."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import LoginThrottle, User, UserTicket
from app.security import hash_password
from tests.conftest import HTMX, open_browser
from tests.factories import make_ticket
from tests.shipping import make_picked

PASSWORD, NEW = "蜂蜜很甜，草莓也是", "一句更长的新密码 🍓"
PAGES = ("profile", "password", "devices", "settings", "close")


@pytest.fixture(autouse=True)
async def known_password(session: AsyncSession, user: User) -> None:
    user.password_hash = await hash_password(PASSWORD)
    await session.commit()


async def post(browser: AsyncClient, page: str, **typed: str) -> Response:
    return await browser.post(f"/axf/mine/{page}/", data=typed)


async def look_up(session: AsyncSession, user: User) -> User:
    return (
        await session.scalars(
            select(User).where(User.id == user.id).execution_options(populate_existing=True)
        )
    ).one()


def hint(answer: Response, field: str) -> str:
    return answer.text.split(f'id="{field}-hint"')[1].split("</p>")[0]


@pytest.mark.parametrize("page", PAGES)
async def test_a_visitor_is_sent_to_log_in(anonymous: AsyncClient, page: str) -> None:
    shown = await anonymous.get(f"/axf/mine/{page}/")
    sent = await anonymous.post(f"/axf/mine/{page}/")

    assert (shown.status_code, shown.headers["Location"]) == (
        303,
        f"/login/?next=/axf/mine/{page}/",
    )
    assert sent.status_code in {303, 405}


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_takes_two_queries_at_most(
    client: AsyncClient, count_queries: Callable[[], int], page: str
) -> None:
    count_queries()
    answer = await client.get(f"/axf/mine/{page}/")

    assert answer.status_code == 200
    assert count_queries() <= (3 if page == "close" else 2)


# --- nickname and e-mail


async def test_a_nickname_is_kept_and_shown(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    answer = await post(client, "profile", nickname="小满 Man")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/mine/profile/?saved=1")
    assert (await look_up(session, user)).nickname == "小满 Man"
    page = await client.get(answer.headers["Location"])
    assert 'value="小满 Man"' in page.text
    assert "Saved" in page.text
    assert user.username in page.text


async def test_an_empty_nickname_gives_the_user_name_back(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await post(client, "profile", nickname="小满")

    await post(client, "profile", nickname="  ")

    assert (await look_up(session, user)).nickname is None


@pytest.mark.parametrize(
    ("nickname", "reason"),
    [
        ("x" * 33, "This is too long"),
        ("a\0b", "Some characters here cannot be used"),
        ("a\u202eb", "Letters, digits"),
        ("\u3164", "Letters, digits"),
        ("<b>x</b>", "Letters, digits"),
        ("爱鲜蜂官方", "shop&#39;s own people"),
        ("аdmin", "shop&#39;s own people"),
        ("A-d.m_1 n", "shop&#39;s own people"),
        ("在线客服", "shop&#39;s own people"),
    ],
)
async def test_a_nickname_that_misleads_is_refused_beside_its_field(
    client: AsyncClient, session: AsyncSession, user: User, nickname: str, reason: str
) -> None:
    answer = await post(client, "profile", nickname=nickname, email="")

    assert answer.status_code == 422
    assert reason in hint(answer, "nickname")
    assert (await look_up(session, user)).nickname is None


@pytest.mark.parametrize("nickname", ["Badminton", "Falstaff", "Maxfield", "林小满🐝", "J-P.M_2"])
async def test_an_innocent_nickname_is_taken(
    client: AsyncClient, session: AsyncSession, user: User, nickname: str
) -> None:
    answer = await post(client, "profile", nickname=nickname)

    assert answer.status_code == 303
    assert (await look_up(session, user)).nickname == nickname


async def test_another_email_takes_the_password(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    without = await post(client, "profile", email="lin@axf.cn")
    wrong = await post(client, "profile", email="lin@axf.cn", current_password="wrong password")
    assert (await look_up(session, user)).email is None

    right = await post(client, "profile", email="lin@axf.cn", current_password=PASSWORD)

    assert "enter your current password" in hint(without, "current_password")
    assert "This is not your current password" in hint(wrong, "current_password")
    assert "wrong password" not in wrong.text
    assert 'value="lin@axf.cn"' in wrong.text
    assert (without.status_code, wrong.status_code, right.status_code) == (422, 422, 303)
    assert (await look_up(session, user)).email == "lin@axf.cn"


async def test_the_same_email_takes_no_password(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await post(client, "profile", email="lin@axf.cn", current_password=PASSWORD)

    answer = await post(client, "profile", email="lin@axf.cn", nickname="小满")

    assert answer.status_code == 303
    assert (await look_up(session, user)).nickname == "小满"


async def test_the_profile_is_ones_own(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, other: User
) -> None:
    await post(client, "profile", nickname="小满", user_id=str(other.id), id=str(other.id))

    page = await other_client.get("/axf/mine/profile/")

    assert "小满" not in page.text
    assert (await look_up(session, other)).nickname is None


# --- password


async def test_a_new_password_signs_the_others_out_and_renews_this_ticket(
    client: AsyncClient, app: FastAPI, session: AsyncSession, user: User
) -> None:
    old = client.cookies["ticket"]
    async with open_browser(app) as second:
        second.cookies.set("ticket", await make_ticket(session, user))
        await session.commit()
        assert "/logout/" in (await second.get("/axf/mine/")).text

        answer = await post(client, "password", current_password=PASSWORD, password=NEW)

        assert answer.headers["Location"] == "/axf/mine/password/?saved=1"
        assert "/logout/" not in (await second.get("/axf/mine/")).text
        second.cookies.set("ticket", old)
        assert "/logout/" not in (await second.get("/axf/mine/")).text
        logged_in = await second.post("/login/", data={"username": user.username, "password": NEW})
    assert logged_in.status_code == 303
    assert "Max-Age" in answer.headers["set-cookie"]
    client.cookies.delete("ticket")
    client.cookies.set("ticket", answer.headers["set-cookie"].split("=")[1].split(";")[0])
    assert "signed out" in (await client.get("/axf/mine/password/?saved=1")).text


async def test_the_new_ticket_lives_as_long_as_the_old_would_have(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    before = (await session.scalars(select(UserTicket.expires_at))).one()

    await post(client, "password", current_password=PASSWORD, password=NEW)

    after = (await session.scalars(select(UserTicket.expires_at))).one()
    assert abs((after - before).total_seconds()) <= 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("wrong password", NEW), ("current_password", "This is not your current password")),
        (("", NEW), ("current_password", "Please fill this in")),
        ((PASSWORD, "short"), ("password", "At least 8 characters")),
        ((PASSWORD, "x" * 257), ("password", "This is too long")),
        ((PASSWORD, "password"), ("password", "Too many people use this password")),
        ((PASSWORD, PASSWORD), ("password", "the password you have already")),
    ],
)
async def test_a_refused_password_changes_nothing(
    client: AsyncClient, session: AsyncSession, typed: tuple[str, str], said: tuple[str, str]
) -> None:
    stored = await session.scalar(select(User.password_hash))
    (old, new), (field, reason) = typed, said

    answer = await post(client, "password", current_password=old, password=new)

    assert answer.status_code == 422
    assert reason in hint(answer, field)
    assert new not in answer.text or new in {"password"}
    assert await session.scalar(select(User.password_hash)) == stored
    assert await session.scalar(select(func.count()).select_from(UserTicket)) == 1


async def test_the_user_name_is_no_password(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    user.username_key = "lin-xiao-man"
    await session.commit()

    answer = await post(client, "password", current_password=PASSWORD, password="Lin-Xiao-Man1")

    assert "Too many people use this password" in hint(answer, "password")


async def test_a_stolen_ticket_is_no_way_to_guess(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    for _ in range(5):
        await post(client, "password", current_password="wrong password", password=NEW)

    answer = await post(client, "password", current_password=PASSWORD, password=NEW)
    log_in = await client.post("/login/", data={"username": user.username, "password": PASSWORD})

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert log_in.status_code == 429
    assert await session.scalar(select(func.max(LoginThrottle.tries))) == 5


async def test_a_right_password_is_no_try(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await post(client, "password", current_password=PASSWORD, password=NEW)

    assert await session.scalar(select(func.max(LoginThrottle.tries))) == 0


# --- how the pages look


async def test_theme_and_large_text_are_on_every_page(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    assert "data-theme" not in (await client.get("/axf/home/")).text

    answer = await post(client, "settings", theme="dark", large_text="on")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/mine/settings/?saved=1")
    home = (await client.get("/axf/home/")).text
    assert '<html lang="en" data-theme="dark" data-text="large">' in home
    assert '<meta name="theme-color" content="#15130e">' in home
    page = (await client.get("/axf/mine/settings/")).text
    assert 'value="dark" checked' in page
    assert 'name="large_text" checked' in page


async def test_the_devices_own_theme_can_be_had_back(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await post(client, "settings", theme="light", large_text="on")

    await post(client, "settings", theme="system")

    shown = await look_up(session, user)
    assert (shown.theme, shown.large_text) == (None, False)
    assert '<html lang="en">' in (await client.get("/axf/home/")).text


@pytest.mark.parametrize("theme", ["", "pink", 'dark" onload="x'])
async def test_a_theme_that_is_none_is_refused(
    client: AsyncClient, session: AsyncSession, user: User, theme: str
) -> None:
    answer = await post(client, "settings", theme=theme)

    assert answer.status_code == 422
    assert "Please choose one of these" in hint(answer, "theme")
    assert (await look_up(session, user)).theme is None


async def test_with_htmx_the_forms_answer_the_same(client: AsyncClient) -> None:
    saved = await client.post("/axf/mine/profile/", data={"nickname": "小满"}, headers=HTMX)
    refused = await client.post("/axf/mine/profile/", data={"nickname": "admin"}, headers=HTMX)

    assert (saved.status_code, refused.status_code) == (303, 422)
    assert "own people" in refused.text


# --- closing the account


async def test_closing_signs_out_and_says_goodbye(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    name = user.username

    answer = await post(client, "close", current_password=PASSWORD, sure="on")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/mine/closed/")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    client.cookies.clear()
    assert "Your account is closed" in (await client.get("/axf/mine/closed/")).text
    logged_in = await client.post("/login/", data={"username": name, "password": PASSWORD})
    assert "User name or password is not right" in logged_in.text
    registered = await client.post("/register/", data={"username": name, "password": NEW})
    assert registered.status_code == 303


@pytest.mark.parametrize(
    ("typed", "field", "reason"),
    [
        ({"sure": "on"}, "current_password", "Please fill this in"),
        ({"sure": "on", "current_password": "wrong"}, "current_password", "not your current"),
        ({"current_password": PASSWORD}, "sure", "Please tick this box"),
        ({"current_password": PASSWORD, "sure": "off"}, "sure", "Please tick this box"),
    ],
)
async def test_without_password_and_tick_nothing_is_closed(
    client: AsyncClient, session: AsyncSession, typed: dict[str, str], field: str, reason: str
) -> None:
    answer = await post(client, "close", **typed)

    assert answer.status_code == 422
    assert reason in hint(answer, field)
    assert await session.scalar(select(User.is_active))


async def test_the_page_says_beforehand_what_is_in_the_way(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_picked(session, 1, user=user)
    await session.commit()

    page = await client.get("/axf/mine/close/")
    answer = await post(client, "close", current_password=PASSWORD, sure="on")

    assert "An order of yours is still on its way" in page.text
    assert answer.status_code == 422
    assert "An order of yours is still on its way" in answer.text
    assert (await look_up(session, user)).is_active


async def test_the_goodbye_is_not_for_those_who_are_here(client: AsyncClient) -> None:
    answer = await client.get("/axf/mine/closed/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/mine/")
