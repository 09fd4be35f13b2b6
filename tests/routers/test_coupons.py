"""The pages of coupons: to claim, one's own, and the goods that one is for."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Coupon, CouponTemplate, Goods, User
from app.models.base import utcnow
from tests.conftest import HTMX
from tests.couponing import claimed_of, have_coupon, make_offer_of, set_level
from tests.factories import make_address, make_goods, make_type
from tests.flash_sales import make_offer
from tests.shopping import put_in_cart

CENTRE, MINE = "/axf/coupons/", "/axf/coupons/mine/"
DAY = timedelta(days=1)


@pytest.fixture
async def offer(session: AsyncSession) -> CouponTemplate:
    template = await make_offer_of(session, title="Dinner", total=100)
    await session.commit()
    return template


def ticket_of(html: str, number: int, prefix: str = "coupon") -> str:
    found = re.search(rf'<article class="ticket" id="{prefix}-{number}".*?</article>', html, re.S)
    assert found, f"no ticket {number}"
    return found[0]


async def owned(session: AsyncSession, user: User) -> int:
    query = select(func.count()).select_from(Coupon).where(Coupon.user_id == user.id)
    return await session.scalar(query) or 0


@pytest.mark.parametrize("path", [CENTRE, MINE, "/axf/coupons/1/goods/"])
async def test_signed_out_leads_to_the_log_in_page(anonymous: AsyncClient, path: str) -> None:
    answer = await anonymous.get(path)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/login/?next={path}")


async def test_signed_out_nobody_claims(
    anonymous: AsyncClient, session: AsyncSession, offer: CouponTemplate
) -> None:
    answer = await anonymous.post(f"/axf/coupons/{offer.id}/claim/")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login/")
    assert await claimed_of(session, offer.id) == (0, 0)


async def test_the_centre_says_what_a_coupon_is_and_how_many_are_gone(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    fruit = await make_type(session)
    template = await make_offer_of(
        session, kind="percent", percent=2000, least=5900, scope="type", refs=(fruit.id,), total=8
    )
    template.claimed = 5
    await session.commit()

    ticket = ticket_of((await client.get(CENTRE)).text, template.id)

    for text in ("−20%", "from ¥59", "For: Fruit", "62% claimed", 'value="62"', ">Claim</button>"):
        assert text in ticket
    assert "7 days after claiming" in ticket


async def test_each_coupon_says_what_can_be_done(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    now = utcnow()
    await set_level(session, user, 1)
    offers = {
        "Use it": await make_offer_of(session),
        "You had it": await make_offer_of(session),
        "VIP only": await make_offer_of(session, level=2),
        "All gone": await make_offer_of(session, total=0),
        "Coming soon": await make_offer_of(session, claim_from=now + DAY),
        "Claim": await make_offer_of(session, level=1),
    }
    over = await make_offer_of(session, claim_to=now)
    hidden = await make_offer_of(session, is_listed=False)
    late = await make_offer_of(session, days=None, valid_to=now)
    await have_coupon(session, user, offers["Use it"])
    await have_coupon(session, user, offers["You had it"], ends=-DAY)
    await session.commit()

    html = (await client.get(CENTRE)).text

    for text, template in offers.items():
        ticket = ticket_of(html, template.id)
        assert re.search(rf">{text}</(a|button)>", ticket), text
        assert ("disabled" in ticket) == (text not in {"Use it", "Claim"})
    assert [f"coupon-{t.id}" in html for t in (over, hidden, late)] == [False] * 3


async def test_the_centre_takes_three_queries(
    client: AsyncClient, session: AsyncSession, count_queries: Callable[[], int]
) -> None:
    fruit = await make_type(session)
    for _ in range(3):
        await make_offer_of(session, scope="type", refs=(fruit.id,))
    await session.commit()
    count_queries()

    await client.get(CENTRE)

    assert count_queries() == 3


async def test_a_claim_leads_back_to_the_ticket(
    client: AsyncClient, session: AsyncSession, user: User, offer: CouponTemplate
) -> None:
    answer = await client.post(f"/axf/coupons/{offer.id}/claim/")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{CENTRE}#coupon-{offer.id}"
    assert await owned(session, user) == 1


async def test_with_htmx_the_ticket_changes_and_a_toast_says_so(
    client: AsyncClient, offer: CouponTemplate
) -> None:
    answer = await client.post(f"/axf/coupons/{offer.id}/claim/", headers=HTMX)

    ticket = ticket_of(answer.text, offer.id)
    assert f'href="/axf/coupons/{offer.id}/goods/" autofocus' in ticket
    assert "1% claimed" in ticket
    assert '<span class="badge" id="count-ready">1</span>' in answer.text
    assert "The coupon is yours" in answer.text


async def test_a_second_claim_is_refused_in_words(
    client: AsyncClient, session: AsyncSession, offer: CouponTemplate
) -> None:
    await client.post(f"/axf/coupons/{offer.id}/claim/")

    for headers in ({}, HTMX):
        answer = await client.post(f"/axf/coupons/{offer.id}/claim/", headers=headers)
        assert answer.status_code == 409
        assert "You have had this coupon already" in answer.text
    assert await claimed_of(session, offer.id) == (1, 1)


async def test_a_level_that_is_missing_is_named(client: AsyncClient, session: AsyncSession) -> None:
    template = await make_offer_of(session, level=3)
    await session.commit()

    answer = await client.post(f"/axf/coupons/{template.id}/claim/")

    assert answer.status_code == 409
    assert "for Platinum members and above" in answer.text


@pytest.mark.parametrize("number", ["0", "999999", "-1", "x", str(2**60)])
async def test_a_coupon_that_is_not_there_is_404(client: AsyncClient, number: str) -> None:
    assert (await client.post(f"/axf/coupons/{number}/claim/")).status_code == 404
    assert (await client.get(f"/axf/coupons/{number}/goods/")).status_code == 404


async def test_ones_own_coupons_stand_under_their_tabs(
    client: AsyncClient, session: AsyncSession, user: User, other: User
) -> None:
    placed = await placed_with(client, session, user)
    now = utcnow()
    by_tab = {
        "ready": [
            await have_coupon(session, user, await make_offer_of(session), ends=ends)
            for ends in (2 * DAY, DAY)
        ],
        "held": [placed],
        "expired": [
            await have_coupon(session, user, await make_offer_of(session), ends=-DAY, now=now),
            await have_coupon(session, user, await make_offer_of(session), status="void"),
        ],
        "used": [],
    }
    await have_coupon(session, other, await make_offer_of(session))
    await session.commit()

    for tab, coupons in by_tab.items():
        html = (await client.get(f"{MINE}?tab={tab}")).text
        shown = [int(number) for number in re.findall(r'id="mine-(\d+)"', html)]
        assert shown == [coupon.id for coupon in coupons[::-1]], tab
        for key, others in by_tab.items():
            assert f'id="count-{key}">{len(others) or ""}<' in html


async def placed_with(client: AsyncClient, session: AsyncSession, user: User) -> Coupon:
    """A coupon that an unpaid order holds."""
    coupon = await have_coupon(session, user, await make_offer_of(session, amount=100))
    await make_address(session, user)
    await put_in_cart(session, user, await make_goods(session), 2)
    await session.commit()
    page = (await client.get("/axf/checkout/")).text
    fields = dict(re.findall(r'name="(key|agreed)" value="([^"]+)"', page))
    await client.post("/axf/orders/", data=fields | {"coupon": str(coupon.id)})
    await session.refresh(coupon)
    return coupon


async def test_a_coupon_in_an_order_leads_to_the_order(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    coupon = await placed_with(client, session, user)

    ticket = ticket_of((await client.get(f"{MINE}?tab=held")).text, coupon.id, "mine")

    assert re.search(r'href="/axf/orders/[0-9A-Z]{16}/"', ticket)


@pytest.mark.parametrize("tab", ["ready", "expired"])
async def test_many_coupons_come_page_by_page(
    client: AsyncClient, session: AsyncSession, user: User, tab: str
) -> None:
    template = await make_offer_of(session, per_user=45)
    now, end = utcnow(), DAY if tab == "ready" else -DAY
    for nth in range(1, 46):
        # All in threes at the same moment: the key must know which of them it was.
        ends = end - timedelta(minutes=nth // 3)
        await have_coupon(session, user, template, nth=nth, ends=ends, now=now)
    await session.commit()

    seen: list[str] = []
    path = f"{MINE}?tab={tab}"
    for _ in range(3):
        html = (await client.get(path)).text
        seen += re.findall(r'id="mine-(\d+)"', html)
        path = (re.findall(r'href="(/axf/coupons/mine/\?[^"]*after[^"]*)"', html) or [""])[0]
        path = path.replace("&amp;", "&")

    assert path == ""
    assert len(seen) == len(set(seen)) == 45


async def test_somebody_elses_key_leads_nowhere(
    client: AsyncClient, session: AsyncSession, other: User
) -> None:
    theirs = await have_coupon(session, other, await make_offer_of(session))
    await session.commit()

    assert (await client.get(f"{MINE}?after={theirs.id}")).status_code == 404
    assert (await client.get(f"{MINE}?after=0")).status_code == 422
    assert (await client.get(f"{MINE}?tab=all")).status_code == 422


async def test_ones_own_page_takes_three_queries(
    client: AsyncClient, session: AsyncSession, user: User, count_queries: Callable[[], int]
) -> None:
    for _ in range(3):
        await have_coupon(session, user, await make_offer_of(session))
    await session.commit()
    count_queries()

    await client.get(MINE)

    assert count_queries() == 3


@pytest.fixture
async def fruits(session: AsyncSession) -> list[Goods]:
    """Of one type, at ¥9, ¥12.50, ¥20 and ¥30; the last is in a flash sale."""
    fruit = await make_type(session)
    goods = [
        await make_goods(session, price=price, food_type=fruit, name_en=f"Fruit {price}")
        for price in (900, 1250, 2000, 3000)
    ]
    await make_offer(session, goods[3], price=1500)
    return goods


async def test_the_goods_that_close_the_gap_come_first(
    client: AsyncClient, session: AsyncSession, user: User, fruits: list[Goods]
) -> None:
    scope = {"scope": "type", "refs": (fruits[0].type_id,)}
    template = await make_offer_of(session, least=2150, **scope)  # type: ignore[arg-type]
    await make_goods(session, price=5000)
    await put_in_cart(session, user, fruits[0])
    await session.commit()

    html = (await client.get(f"/axf/coupons/{template.id}/goods/")).text

    shown = [
        int(number) for number in re.findall(r'<article class="goods card" id="goods-(\d+)"', html)
    ]
    assert shown == [fruits[1].id, fruits[2].id, fruits[0].id]
    assert "¥12.50 more of Fruit to use it" in html
    assert '<progress class="bar" value="900" max="2150"' in html


async def test_when_the_cart_has_enough_the_page_says_so(
    client: AsyncClient, session: AsyncSession, user: User, fruits: list[Goods]
) -> None:
    template = await make_offer_of(session, least=900)
    await put_in_cart(session, user, fruits[0])
    await session.commit()

    page = await client.get(f"/axf/coupons/{template.id}/goods/")
    gap = await client.get(f"/axf/coupons/{template.id}/goods/", headers=HTMX)

    assert "It fits your cart: ¥5.00 off" in page.text
    assert gap.text.strip().startswith('<div class="card stack stack-s" id="coupon-gap"')
    assert "<main" not in gap.text


async def test_the_page_of_goods_takes_four_queries(
    client: AsyncClient,
    session: AsyncSession,
    fruits: list[Goods],
    count_queries: Callable[[], int],
) -> None:
    refs = tuple(good.id for good in fruits)
    template = await make_offer_of(session, least=2150, scope="goods", refs=refs)
    await session.commit()
    count_queries()

    await client.get(f"/axf/coupons/{template.id}/goods/")

    assert count_queries() == 4


async def test_a_hidden_coupon_has_a_page_for_its_owner_only(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    template = await make_offer_of(session, is_listed=False)
    await have_coupon(session, user, template)
    await session.commit()

    path = f"/axf/coupons/{template.id}/goods/"
    assert (await client.get(path)).status_code == 200
    assert (await other_client.get(path)).status_code == 404


async def test_what_was_taken_back_opens_no_page(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    template = await make_offer_of(session, is_listed=False)
    await have_coupon(session, user, template, status="void")
    await session.commit()

    assert (await client.get(f"/axf/coupons/{template.id}/goods/")).status_code == 404


async def test_the_check_out_proposes_the_best_and_says_what_the_others_lack(
    client: AsyncClient, session: AsyncSession, user: User, fruits: list[Goods]
) -> None:
    scope = {"scope": "type", "refs": (fruits[0].type_id,)}
    offers = [
        await make_offer_of(session, amount=100),
        await make_offer_of(session, amount=300),
        await make_offer_of(session, amount=900, least=2150, **scope),  # type: ignore[arg-type]
        await make_offer_of(session, scope="goods", refs=(fruits[1].id,)),
    ]
    coupons = [await have_coupon(session, user, template) for template in offers]
    await put_in_cart(session, user, fruits[0])
    await make_address(session, user)
    await session.commit()

    html = (await client.get("/axf/checkout/")).text

    assert re.findall(r'name="coupon" value="(\d+)" checked', html) == [str(coupons[1].id)]
    assert "Place order · ¥11.00" in html
    assert "¥12.50 more of Fruit to use it" in html
    assert "Only for Fruit 1250" in html
    links = re.findall(r'href="/axf/coupons/(\d+)/goods/"', html)
    assert links == [str(offers[2].id), str(offers[3].id)]


async def test_what_the_shopper_chose_is_charged(
    client: AsyncClient, session: AsyncSession, user: User, fruits: list[Goods]
) -> None:
    small, large = [
        await have_coupon(session, user, await make_offer_of(session, amount=amount))
        for amount in (100, 300)
    ]
    await put_in_cart(session, user, fruits[0])
    await make_address(session, user)
    await session.commit()

    html = (await client.post("/axf/checkout/quote/", data={"coupon": str(small.id)})).text

    assert re.findall(r'name="coupon" value="(\d+)" checked', html) == [str(small.id)]
    assert "Place order · ¥13.00" in html
    assert f'id="coupon-{large.id}"' in html


async def test_the_cart_names_the_coupon_that_lacks_least_and_then_what_it_saves(
    client: AsyncClient, session: AsyncSession, user: User, fruits: list[Goods]
) -> None:
    for title, least in (("Far", 9900), ("Near", 2150)):
        await have_coupon(session, user, await make_offer_of(session, title=title, least=least))
    await put_in_cart(session, user, fruits[0])
    await session.commit()

    before = (await client.get("/axf/cart/")).text
    after = (
        await client.post(f"/axf/addtocart/?goodsid={fruits[1].id}&key=cart", headers=HTMX)
    ).text

    assert "Coupon “Near”: ¥12.50 more to use it" in before
    assert "Coupon “Near”: ¥5 off at the check-out" in after
    assert 'id="coupon-hint"' in before
