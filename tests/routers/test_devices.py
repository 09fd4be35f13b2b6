"""The list of devices, and signing them out."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User, UserTicket
from tests.conftest import HTMX, open_browser
from tests.factories import make_ticket

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Version/18.5 Mobile Safari/604.1"


@pytest.fixture
async def second(app: FastAPI, session: AsyncSession, user: User) -> AsyncIterator[AsyncClient]:
    """Another browser of the same shopper: an iPhone."""
    async with open_browser(app) as browser:
        ticket = await make_ticket(session, user)
        row = (
            await session.scalars(
                select(UserTicket).where(UserTicket.digest == UserTicket.digest_of(ticket))
            )
        ).one()
        row.user_agent = PHONE
        browser.cookies.set("ticket", ticket)
        await session.commit()
        yield browser


async def id_of(session: AsyncSession, browser: AsyncClient) -> int:
    digest = UserTicket.digest_of(browser.cookies["ticket"])
    found = await session.scalar(select(UserTicket.id).where(UserTicket.digest == digest))
    return found or 0


async def is_signed_in(browser: AsyncClient) -> bool:
    return (await browser.get("/axf/orders/")).status_code == 200


async def test_the_list_shows_each_device_and_marks_this_one(
    client: AsyncClient, second: AsyncClient, session: AsyncSession
) -> None:
    page = (await client.get("/axf/mine/devices/")).text

    this, that = page.split('<li class="list-row"')[1:3]
    assert "This device" in this
    assert "/end/" not in this
    assert "iPhone · Safari" in that
    assert f'action="/axf/mine/devices/{await id_of(session, second)}/end/"' in that
    assert "/axf/mine/devices/end-others/" in page
    assert client.cookies["ticket"] not in page


async def test_alone_there_is_nothing_to_sign_out(client: AsyncClient) -> None:
    page = (await client.get("/axf/mine/devices/")).text

    assert "end-others" not in page
    assert "/end/" not in page


async def test_devices_of_others_and_dead_ones_are_not_listed(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_ticket(session, user, life=timedelta(seconds=-1))
    await session.commit()

    page = (await client.get("/axf/mine/devices/")).text

    assert page.count('<li class="list-row"') == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_one_device_is_signed_out(
    client: AsyncClient, second: AsyncClient, session: AsyncSession, headers: dict[str, str]
) -> None:
    device = await id_of(session, second)

    answer = await client.post(f"/axf/mine/devices/{device}/end/", headers=headers)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/mine/devices/")
    assert not await is_signed_in(second)
    assert await is_signed_in(client)
    again = await client.post(f"/axf/mine/devices/{device}/end/")
    assert again.status_code == 404


async def test_all_others_are_signed_out(
    client: AsyncClient, second: AsyncClient, other_client: AsyncClient
) -> None:
    answer = await client.post("/axf/mine/devices/end-others/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/mine/devices/")
    assert [await is_signed_in(who) for who in (client, second, other_client)] == [
        True,
        False,
        True,
    ]


async def test_a_device_of_somebody_else_is_not_there(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession
) -> None:
    theirs = await id_of(session, other_client)

    answer = await client.post(f"/axf/mine/devices/{theirs}/end/")

    assert answer.status_code == 404
    assert await is_signed_in(other_client)


async def test_this_device_has_the_log_out_page(client: AsyncClient, session: AsyncSession) -> None:
    answer = await client.post(f"/axf/mine/devices/{await id_of(session, client)}/end/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/logout/")
    assert await is_signed_in(client)


async def test_a_visitor_has_no_devices(anonymous: AsyncClient) -> None:
    for path in ("", "end-others/", "1/end/"):
        method = "POST" if path else "GET"
        answer = await anonymous.request(method, f"/axf/mine/devices/{path}")

        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login/")


async def test_the_list_takes_two_queries(
    client: AsyncClient, second: AsyncClient, count_queries: Callable[[], int]
) -> None:
    count_queries()

    await client.get("/axf/mine/devices/")

    assert count_queries() == 2
