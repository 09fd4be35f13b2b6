"""Choosing at the check-out where the order goes, and where it cannot go."""

import re
from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.main import create_app
from app.models import Address, CartLine, Goods, Order, Stock, User
from app.settings import Settings
from tests.conftest import HTMX, open_browser
from tests.factories import make_address, make_ticket
from tests.shopping import put_in_cart, wrong_books

PLACE = {
    "receiver": "林小满",
    "phone": "138 0000 6021",
    "province": "330000",
    "city": "330100",
    "region": "330106",
    "area": "文三路",
    "room": "B 2307",
}


@pytest.fixture
async def basket(session: AsyncSession, user: User, goods: Goods) -> CartLine:
    line = await put_in_cart(session, user, goods, 2)
    await session.commit()
    return line


@pytest.fixture
async def home(session: AsyncSession, user: User, basket: CartLine) -> Address:
    """The default address, in Beijing."""
    return await make_address(session, user)


@pytest.fixture
async def away(session: AsyncSession, user: User, home: Address) -> Address:
    """Another one, in Hangzhou."""
    address = await make_address(session, user, area="文三路", region="330106", is_default=False)
    await session.commit()
    return address


@pytest.fixture
async def beijing(
    settings: Settings, db: Database, session: AsyncSession, user: User
) -> AsyncIterator[AsyncClient]:
    """The same shopper in a shop that delivers in Beijing only."""
    app = create_app(settings.model_copy(update={"delivery_regions": "110000"}), db)
    async with open_browser(app) as client:
        client.cookies.set("ticket", await make_ticket(session, user))
        await session.commit()
        yield client


def fields_of(page: Response) -> dict[str, str]:
    """What the browser would send: the hidden fields and the chosen address."""
    fields = dict(
        re.findall(r'<input type="hidden" name="(key|agreed)" value="([^"]+)">', page.text)
    )
    chosen = re.search(r'name="address" value="([0-9]+)" checked', page.text)
    return fields | ({"address": chosen[1]} if chosen else {})


async def open_form(client: AsyncClient, query: str = "") -> dict[str, str]:
    page = await client.get(f"/axf/checkout/{query}")
    assert page.status_code == 200
    return fields_of(page)


async def only_order(session: AsyncSession) -> Order:
    return (await session.scalars(select(Order))).one()


async def nothing_happened(session: AsyncSession) -> bool:
    orders = await session.scalar(select(func.count()).select_from(Order))
    allocated = await session.scalar(select(func.sum(Stock.allocated)))
    lines = await session.scalar(select(func.count()).select_from(CartLine))
    return (orders, int(allocated or 0), lines) == (0, 0, 1)


async def test_the_default_address_is_proposed(
    client: AsyncClient, session: AsyncSession, home: Address, away: Address
) -> None:
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form)

    assert form["address"] == str(home.id)
    assert answer.status_code == 303
    order = await only_order(session)
    assert (order.region, order.area, order.room) == ("北京市 朝阳区", "望京 SOHO T3", "B 座 2307")
    assert await wrong_books(session) == []


async def test_another_address_is_chosen_by_its_link(
    client: AsyncClient, session: AsyncSession, away: Address
) -> None:
    form = await open_form(client, f"?address={away.id}")

    await client.post("/axf/orders/", data=form)

    order = await only_order(session)
    assert (order.region, order.area) == ("浙江省 杭州市 西湖区", "文三路")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_choosing_another_shows_it_and_keeps_the_rest(
    client: AsyncClient, session: AsyncSession, away: Address, headers: dict[str, str]
) -> None:
    form = await open_form(client) | {"address": str(away.id), "note": "Door"}

    page = await client.post("/axf/checkout/quote/", data=form, headers=headers)
    agreed = fields_of(page)["agreed"]
    answer = await client.post("/axf/orders/", data=form | {"agreed": agreed})

    assert "文三路 · B 座 2307" in page.text
    assert ("<html" in page.text) == (not headers)
    assert answer.status_code == 303
    order = await only_order(session)
    assert (order.area, order.note) == ("文三路", "Door")


async def test_whoever_chooses_another_need_not_work_out_the_sum_again(
    client: AsyncClient, session: AsyncSession, away: Address
) -> None:
    form = await open_form(client)

    answer = await client.post("/axf/orders/", data=form | {"address": str(away.id)})

    assert answer.status_code == 303
    assert (await only_order(session)).area == "文三路"


async def test_an_address_changed_meanwhile_is_shown_first(
    client: AsyncClient, session: AsyncSession, home: Address, away: Address
) -> None:
    form = await open_form(client)
    await session.execute(update(Address).where(Address.id == home.id).values(room="A 1"))
    await session.commit()

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 409
    assert "The address is another now" in answer.text
    assert "望京 SOHO T3 · A 1" in answer.text
    assert await nothing_happened(session)


async def test_another_default_chosen_meanwhile_changes_nothing_here(
    client: AsyncClient, session: AsyncSession, away: Address
) -> None:
    form = await open_form(client)
    await client.post(f"/axf/address/{away.id}/default/")

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 303
    assert (await only_order(session)).area == "望京 SOHO T3"


async def test_an_address_deleted_meanwhile_is_refused_in_words(
    client: AsyncClient, session: AsyncSession, away: Address
) -> None:
    form = await open_form(client, f"?address={away.id}")
    await client.post(f"/axf/address/{away.id}/delete/")

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 409
    assert "The address you chose is no longer in your book" in answer.text
    assert "望京 SOHO T3 · B 座 2307" in answer.text
    assert await nothing_happened(session)


async def test_the_last_address_deleted_meanwhile_leaves_the_form_for_one(
    client: AsyncClient, session: AsyncSession, home: Address
) -> None:
    await session.commit()
    form = await open_form(client)
    await session.execute(delete(Address).where(Address.id == home.id))
    await session.commit()

    answer = await client.post("/axf/orders/", data=form)

    assert answer.status_code == 409
    assert "no longer in your book" in answer.text
    assert 'name="receiver"' in answer.text
    assert await nothing_happened(session)


async def test_somebody_elses_address_is_refused(
    client: AsyncClient, session: AsyncSession, home: Address, other: User
) -> None:
    theirs = await make_address(session, other, area="秘密花园")
    await session.commit()
    form = await open_form(client)

    shown = await client.get(f"/axf/checkout/?address={theirs.id}")
    quoted = await client.post("/axf/checkout/quote/", data=form | {"address": str(theirs.id)})
    answer = await client.post("/axf/orders/", data=form | {"address": str(theirs.id)})

    assert answer.status_code == 409
    assert ["秘密花园" in page.text for page in (shown, quoted, answer)] == [False] * 3
    assert fields_of(shown)["address"] == str(home.id)
    assert await nothing_happened(session)


@pytest.mark.usefixtures("basket")
@pytest.mark.parametrize(
    "wrong", [{"region": "999999"}, {"region": ""}, {"region": "110105"}, {"city": "330200"}]
)
async def test_a_first_address_needs_a_district(
    client: AsyncClient, session: AsyncSession, wrong: dict[str, str]
) -> None:
    form = await open_form(client) | PLACE | wrong

    for path in ("/axf/orders/", "/axf/checkout/address/"):
        answer = await client.post(path, data=form)

        assert answer.status_code == 422
        assert "Please choose the province, the city and the district" in answer.text
        assert 'id="region-hint" role="alert"' in answer.text
    assert await nothing_happened(session)
    assert await session.scalar(select(func.count()).select_from(Address)) == 0


@pytest.mark.usefixtures("basket")
async def test_a_first_address_comes_with_its_district(
    client: AsyncClient, session: AsyncSession
) -> None:
    form = await open_form(client) | PLACE

    await client.post("/axf/orders/", data=form)

    order = await only_order(session)
    saved = (await session.scalars(select(Address))).one()
    assert order.region == "浙江省 杭州市 西湖区"
    assert (saved.region, saved.default_of) == ("330106", saved.user_id)


@pytest.mark.usefixtures("basket")
async def test_without_script_the_picker_brings_its_lists_at_the_check_out(
    client: AsyncClient,
) -> None:
    typed = await open_form(client) | {"receiver": "林小满", "province": "330000", "pick": "1"}

    page = await client.post("/axf/checkout/quote/", data=typed)

    assert 'value="林小满"' in page.text
    assert '<option value="330100"' in page.text


async def test_outside_the_zones_it_is_said_beside_the_address(
    beijing: AsyncClient, session: AsyncSession, away: Address
) -> None:
    form = await open_form(beijing, f"?address={away.id}")
    page = await beijing.get(f"/axf/checkout/?address={away.id}")

    answer = await beijing.post("/axf/orders/", data=form)

    assert "We do not deliver there yet" in page.text
    assert 'id="place"' not in page.text
    assert answer.status_code == 409
    assert "We do not deliver there yet" in answer.text
    assert await nothing_happened(session)


async def test_choosing_one_inside_the_zones_brings_the_button_back(
    beijing: AsyncClient, session: AsyncSession, home: Address, away: Address
) -> None:
    form = await open_form(beijing, f"?address={away.id}") | {"address": str(home.id)}

    page = await beijing.post("/axf/checkout/quote/", data=form, headers=HTMX)
    answer = await beijing.post("/axf/orders/", data=form)

    assert "We do not deliver there yet" not in page.text
    assert 'id="place"' in page.text
    assert answer.status_code == 303
    assert (await only_order(session)).region == "北京市 朝阳区"


@pytest.mark.usefixtures("basket")
async def test_a_first_address_outside_the_zones_is_refused_beside_the_district(
    beijing: AsyncClient, session: AsyncSession
) -> None:
    form = await open_form(beijing) | PLACE

    answer = await beijing.post("/axf/orders/", data=form)

    assert answer.status_code == 422
    assert "We do not deliver there yet" in answer.text
    assert await nothing_happened(session)
    assert await session.scalar(select(func.count()).select_from(Address)) == 0


async def test_an_address_from_before_districts_works_without_zones(
    client: AsyncClient, session: AsyncSession, user: User, basket: CartLine
) -> None:
    await make_address(session, user, region="")
    await session.commit()

    answer = await client.post("/axf/orders/", data=await open_form(client))

    assert answer.status_code == 303
    assert (await only_order(session)).region == ""


async def test_with_zones_an_address_from_before_must_be_completed(
    beijing: AsyncClient, session: AsyncSession, user: User, basket: CartLine
) -> None:
    address = await make_address(session, user, region="")
    await session.commit()

    page = await beijing.get("/axf/checkout/")
    answer = await beijing.post("/axf/orders/", data=fields_of(page))

    assert "Please add the district" in page.text
    assert f'href="/axf/address/{address.id}/?next=/axf/checkout/"' in page.text
    assert answer.status_code == 409
    assert await nothing_happened(session)


async def test_the_order_shows_the_district(
    client: AsyncClient, session: AsyncSession, away: Address
) -> None:
    await client.post("/axf/orders/", data=await open_form(client, f"?address={away.id}"))
    order = await only_order(session)

    page = await client.get(f"/axf/orders/{order.no}/")

    assert "浙江省 杭州市 西湖区" in page.text
