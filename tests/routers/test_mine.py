"""The user centre."""

from collections.abc import Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.services import orders
from tests.factories import make_address


async def test_a_visitor_is_invited_and_not_sent_away(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/axf/mine/")

    assert answer.status_code == 200
    assert 'href="/login/?next=/axf/mine/"' in answer.text
    assert 'href="/register/?next=/axf/mine/"' in answer.text
    assert "/axf/orders/" not in answer.text


async def test_a_user_finds_name_address_and_ways_on(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_address(session, user, area="望京 SOHO T3")
    await session.commit()

    answer = await client.get("/axf/mine/")

    assert f"<h2>{user.username}</h2>" in answer.text
    assert "望京 SOHO T3" in answer.text
    for tab in ("unpaid", "to_send", "to_receive", "refunds", "all"):
        assert f'href="/axf/orders/?tab={tab}"' in answer.text
    assert 'href="/logout/"' in answer.text


async def test_orders_that_wait_are_counted(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def count_tabs(session: AsyncSession, user_id: int) -> dict[str, int]:
        return {"unpaid": 0, "to_send": 12, "to_receive": 0, "refunds": 1}

    monkeypatch.setattr(orders, "count_tabs", count_tabs)

    answer = await client.get("/axf/mine/")

    assert 'To send<span class="badge">12</span>' in answer.text
    assert 'Refunds<span class="badge">1</span>' in answer.text
    assert "To pay</a>" in answer.text


async def test_nothing_of_another_is_shown(
    other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_address(session, user, area="望京 SOHO T3")
    await session.commit()

    answer = await other_client.get("/axf/mine/")

    assert user.username not in answer.text
    assert "望京" not in answer.text


async def test_the_page_takes_few_queries(
    client: AsyncClient, anonymous: AsyncClient, count_queries: Callable[[], int]
) -> None:
    count_queries()
    await client.get("/axf/mine/")
    signed_in = count_queries()
    await anonymous.get("/axf/mine/")

    assert (signed_in, count_queries()) == (2, 0)
