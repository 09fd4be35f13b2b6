"""Where an order stands, as its page shows it and asks for it again every 30 seconds."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, User
from app.models.base import utcnow
from app.services.shipment_moves import deliver, send_out
from tests.conftest import HTMX
from tests.shipping import STAFF, Picked, make_picked, pack, pack_and_send, pack_for_courier


@pytest.fixture
async def order(session: AsyncSession, user: User) -> Picked:
    order = await make_picked(session, 2, 1, user=user)
    await session.commit()
    return order


async def test_the_answer_stands_on_top(
    client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    no = await pack(session, order.id)
    now = utcnow()
    await send_out(session, no, eta=now + timedelta(minutes=12), now=now)
    await session.commit()

    page = await client.get(f"/axf/orders/{order.no}/")

    assert "In about 12 min (by " in page.text
    assert "Rider 王师傅" in page.text
    assert '<progress class="bar" max="3" value="2"' in page.text
    assert "The rider has it and is on the way" in page.text


async def test_while_it_is_packed_the_window_is_told(
    client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    start = utcnow() + timedelta(days=1)
    await session.execute(
        update(Order).values(slot_starts_at=start, slot_ends_at=start + timedelta(minutes=30))
    )
    await session.commit()

    page = await client.get(f"/axf/orders/{order.no}/")

    assert "Comes " in page.text
    assert '<progress class="bar" max="3" value="1"' in page.text


async def test_several_parcels_are_shown_with_their_lines(
    client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    await pack_and_send(session, order.id, {order.lines[0]: 2})
    await pack_for_courier(session, order.id)
    await session.commit()

    page = await client.get(f"/axf/orders/{order.no}/")

    for text in ("Parcel 1 of 2", "Parcel 2 of 2", "2 parcels on their way", "SF Express"):
        assert text in page.text
    assert '<b class="nowrap">× 2</b>' in page.text


async def test_the_page_asks_again_until_it_has_arrived(
    client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    no = await pack_and_send(session, order.id)
    await session.commit()
    under_way = await client.get(f"/axf/orders/{order.no}/")
    await deliver(session, no, actor=STAFF, now=utcnow())
    await session.commit()

    arrived = await client.get(f"/axf/orders/{order.no}/")

    assert 'hx-trigger="every 30s"' in under_way.text
    assert 'hx-trigger="every 30s"' not in arrived.text


async def test_asking_again_brings_that_part_alone(
    client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    await pack_and_send(session, order.id)
    await session.commit()

    answer = await client.get(f"/axf/orders/{order.no}/", headers=HTMX)

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<section")
    assert 'id="track"' in answer.text
    assert 'id="items"' not in answer.text


async def test_asking_again_brings_what_can_be_done_when_it_has_arrived(
    client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    parcel = await pack_and_send(session, order.id)
    await deliver(session, parcel, actor=STAFF, now=utcnow())
    await session.commit()

    answer = await client.get(f"/axf/orders/{order.no}/", headers=HTMX)

    assert answer.text.count("<hx-partial") == 2
    assert 'id="received"' in answer.text
    assert 'id="ask-refund"' in answer.text
    assert 'id="cancel"' not in answer.text


async def test_many_parcels_take_no_more_queries_than_one(
    client: AsyncClient,
    session: AsyncSession,
    order: Picked,
    count_queries: Callable[[], int],
) -> None:
    await pack_and_send(session, order.id, {order.lines[0]: 1})
    await session.commit()
    count_queries()
    await client.get(f"/axf/orders/{order.no}/")
    with_one = count_queries()
    await pack(session, order.id, {order.lines[0]: 1})
    await pack(session, order.id)
    await session.commit()
    count_queries()

    await client.get(f"/axf/orders/{order.no}/")

    assert count_queries() == with_one


async def test_somebody_elses_parcels_are_not_shown(
    other_client: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    await pack_and_send(session, order.id)
    await session.commit()

    answer = await other_client.get(f"/axf/orders/{order.no}/", headers=HTMX)

    assert answer.status_code == 404
    assert "王师傅" not in answer.text
