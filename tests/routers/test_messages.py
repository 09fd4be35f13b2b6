"""The message box."""

from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User, UserMessage
from app.models.base import utcnow
from app.services import message_box
from app.services.messages import tell

BOX = "/axf/messages/"


async def write(session: AsyncSession, user: User, *names: str, link: str = "/axf/cart/") -> int:
    """One message for each name; the id of the last."""
    for name in names:
        params = {"name_zh": name, "name_en": name}
        await tell(session, user.id, "back_in_stock", name, params=params, link=link, now=utcnow())
    await session.commit()
    return await newest(session)


async def newest(session: AsyncSession) -> int:
    ids = await session.scalars(select(UserMessage.id).order_by(UserMessage.id.desc()))
    return ids.first() or 0


async def unread(session: AsyncSession) -> list[int]:
    ids = await session.scalars(
        select(UserMessage.id).where(UserMessage.read_at.is_(None)).order_by(UserMessage.id)
    )
    return list(ids)


async def test_the_newest_news_come_first_and_looking_reads_nothing(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await write(session, user, "Grapes", "Plums")

    html = (await client.get(BOX)).text

    assert html.index("Back in stock: Plums") < html.index("Back in stock: Grapes")
    assert "2 unread messages" in html
    assert html.count(">Unread<") == 2
    assert len(await unread(session)) == 2


async def test_an_empty_box_says_so(client: AsyncClient) -> None:
    html = (await client.get(BOX)).text

    assert "No messages" in html
    assert "Mark all as read" not in html


async def test_opening_a_message_reads_it_and_leads_on(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    id_ = await write(session, user, "Grapes", "Plums")
    assert f'action="{BOX}{id_}/open/"' in (await client.get(BOX)).text

    for _ in range(2):
        answer = await client.post(f"{BOX}{id_}/open/")

        assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/cart/")
    assert id_ not in await unread(session)
    assert len(await unread(session)) == 1


@pytest.mark.parametrize(
    "link", ["", "//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x"]
)
async def test_no_message_leads_out_of_the_shop(
    client: AsyncClient, session: AsyncSession, user: User, link: str
) -> None:
    id_ = await write(session, user, "Grapes", link=link)

    answer = await client.post(f"{BOX}{id_}/open/")

    assert (answer.status_code, answer.headers["Location"]) == (303, BOX)


async def test_only_what_was_shown_is_marked_as_read(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    shown = await write(session, user, "Grapes", "Plums")
    assert f"{BOX}read/?newest={shown}" in (await client.get(BOX)).text
    late = await write(session, user, "Pears")

    answer = await client.post(f"{BOX}read/?newest={shown}")

    assert (answer.status_code, answer.headers["Location"]) == (303, BOX)
    assert await unread(session) == [late]


async def test_anothers_box_stays_closed(
    other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    id_ = await write(session, user, "Grapes")

    assert "Grapes" not in (await other_client.get(BOX)).text
    assert (await other_client.post(f"{BOX}{id_}/open/")).status_code == 404
    assert (await other_client.post(f"{BOX}read/?newest={id_}")).status_code == 303
    assert await unread(session) == [id_]


async def test_who_is_not_signed_in_is_sent_to_log_in(anonymous: AsyncClient) -> None:
    answer = await anonymous.get(BOX)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login/?next={BOX}")
    for path in ("read/?newest=1", "1/open/"):
        assert (await anonymous.post(BOX + path)).status_code == 303


@pytest.mark.parametrize("path", ["0/open/", "999999/open/", "x/open/", "1.5/open/"])
async def test_messages_that_do_not_exist_are_404(client: AsyncClient, path: str) -> None:
    assert (await client.post(BOX + path)).status_code == 404


@pytest.mark.parametrize("query", ["read/", "read/?newest=x", "read/?newest=-1"])
async def test_a_broken_mark_reads_nothing(
    client: AsyncClient, session: AsyncSession, user: User, query: str
) -> None:
    await write(session, user, "Grapes")

    assert (await client.post(BOX + query)).status_code == 422
    assert len(await unread(session)) == 1


async def test_older_messages_are_a_page_away(
    client: AsyncClient, session: AsyncSession, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_box, "PAGE", 1)
    id_ = await write(session, user, "Grapes", "Plums")
    assert f'href="{BOX}?before={id_}"' in (await client.get(BOX)).text

    html = (await client.get(f"{BOX}?before={id_}")).text

    assert "Grapes" in html
    assert "Plums" not in html
    assert (await client.get(f"{BOX}?before=x")).status_code == 422


async def test_hostile_names_are_escaped_and_broken_facts_break_nothing(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await write(session, user, '"><img src=x onerror=alert(1)>', "%(evil)s %s %")
    assert "<img src=x" not in (await client.get(BOX)).text
    assert "%(evil)s %s %" in (await client.get(BOX)).text
    await session.execute(update(UserMessage).values(params="{", link="x"))
    await session.commit()

    answer = await client.get(BOX)

    assert answer.status_code == 200
    assert answer.text.count("News from the shop") == 2


async def test_the_box_takes_two_queries(
    client: AsyncClient, session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    await write(session, user, "Grapes", "Plums", "Pears")
    count_queries()

    await client.get(BOX)

    assert count_queries() == 2
