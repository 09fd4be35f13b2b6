"""The user centre."""

import re
from collections.abc import Callable

from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Member, User
from app.models.base import utcnow
from app.services.favourites import add_favourite
from app.services.messages import tell
from tests.factories import make_address, make_coupon
from tests.shipping import make_picked, pack_and_send


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
    assert "望京 SOHO T3" in answer.text  # in the layout's head
    for tab in ("unpaid", "to_send", "to_receive", "refunds", "all"):
        assert f'href="/axf/orders/?tab={tab}"' in answer.text
    assert 'href="/logout/"' in answer.text


async def test_orders_that_wait_are_counted(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    for _ in range(2):
        await make_picked(session, 1, user=user)
    on_way = await make_picked(session, 1, user=user)
    await pack_and_send(session, on_way.id)
    await session.commit()

    html = (await client.get("/axf/mine/")).text

    assert 'To send<span class="badge">2</span>' in html
    assert 'To receive<span class="badge">1</span>' in html
    assert "To pay</a>" in html
    assert f'<a class="notice fresh" href="/axf/orders/{on_way.no}/">' in html


async def test_what_a_shopper_has_is_counted_with_the_way_there(
    client: AsyncClient, session: AsyncSession, user: User, goods: Goods
) -> None:
    await make_coupon(session, user)
    await add_favourite(session, user.id, goods.id, now=utcnow())
    session.add(Member(user_id=user.id, points=1280))
    await tell(session, user.id, "back_in_stock", "k", now=utcnow())
    await session.commit()

    html = (await client.get("/axf/mine/")).text

    assert 'href="/axf/coupons/mine/"><b>1</b>Coupons' in html
    assert 'href="/axf/points/"><b>1,280</b>Points' in html
    assert 'href="/axf/favourites/"><b>1</b>Favourites' in html
    assert '<span class="badge">1 unread</span>' in html
    assert "1 signed in" in html


async def test_usual_goods_can_be_put_into_the_cart_at_once(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    picked = await make_picked(session, 2, user=user)
    await session.commit()

    html = (await client.get("/axf/mine/")).text

    assert "Your usual goods" in html
    assert f"/axf/addtocart/?goodsid={picked.goods[0]}" in html


async def test_what_shoppers_call_themselves_is_escaped(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    user.nickname = "<script>alert(1)</script>"
    session.add(user)
    await session.commit()

    html = (await client.get("/axf/mine/")).text

    assert "<script>alert" not in html
    assert f"@{user.username}" in html


async def test_the_menu_leads_nowhere_in_vain(client: AsyncClient) -> None:
    html = (await client.get("/axf/mine/")).text
    main = html.split("<main")[1].split("</main>")[0]

    answers = {
        address: (await client.get(address)).status_code
        for address in set(re.findall(r'href="(/[^"#]+)"', main))
    }

    assert len(answers) > 15
    assert {address: status for address, status in answers.items() if status != 200} == {}


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

    assert (signed_in, count_queries()) == (5, 0)
