"""The pages of the address book, and the picker."""

import re

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.main import create_app
from app.models import Address, User
from app.services.addresses import AddressView, find_default, get_address, list_addresses
from app.settings import Settings
from tests.conftest import HTMX, open_browser
from tests.factories import make_address, make_ticket

TYPED = {
    "receiver": "林小满",
    "phone": "138 0000-6021",
    "province": "110000",
    "city": "110100",
    "region": "110105",
    "area": "望京 SOHO T3",
    "room": "2307 🏠",
}


async def only_address(session: AsyncSession, user: User) -> AddressView:
    (address,) = await list_addresses(session, user.id)
    return address


def options_of(html: str, name: str) -> list[str]:
    """The codes that a list of the picker offers."""
    found = re.search(rf'<select[^>]* name="{name}".*?</select>', html, flags=re.S)
    assert found, name
    return re.findall(r'<option value="([0-9]+)"', found[0])


def chosen_in(html: str) -> list[str]:
    return re.findall(r'<option value="([0-9]+)" lang="zh-CN" selected>', html)


async def test_an_empty_book_shows_the_form(client: AsyncClient) -> None:
    answer = await client.get("/axf/address/")

    assert answer.status_code == 200
    assert "No address yet" in answer.text
    assert 'name="receiver" type="text" value=""' in answer.text


async def test_the_book_shows_ones_own_addresses(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_address(session, user)
    await make_address(session, user, area="酒仙桥路 6 号院", is_default=False)
    await session.commit()

    page = (await client.get("/axf/address/")).text

    assert page.index("望京 SOHO T3 · B 座 2307") < page.index("酒仙桥路 6 号院 · B 座 2307")
    assert "北京市 朝阳区" in page
    assert "138****6021" in page
    assert "13800006021" not in page
    assert page.count('<span class="tag honey">Default</span>') == 1
    assert "望京 SOHO T3" not in (await other_client.get("/axf/address/")).text


@pytest.mark.parametrize("path", ["/axf/address/", "/axf/address/new/", "/axf/address/regions/"])
async def test_a_visitor_is_sent_to_log_in_and_comes_back(
    anonymous: AsyncClient, path: str
) -> None:
    answer = await anonymous.get(f"{path}?next=/axf/checkout/")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login/?next={path}%3Fnext%3D/axf/checkout/"


async def test_a_visitor_saves_nothing(anonymous: AsyncClient, session: AsyncSession) -> None:
    answer = await anonymous.post("/axf/address/new/", data=TYPED)

    assert (answer.status_code, answer.headers["location"]) == (303, "/login/")
    assert await session.scalar(select(func.count()).select_from(Address)) == 0


async def test_a_new_address_stands_in_the_book(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    answer = await client.post("/axf/address/new/", data=TYPED | {"tag": "home"})
    page = await client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert "Saved" in page.text
    address = await only_address(session, user)
    assert (address.receiver, address.phone, address.room) == ("林小满", "13800006021", "2307 🏠")
    assert (address.region, address.tag, address.is_default) == ("110105", "home", True)


async def test_a_second_address_is_the_default_only_when_asked(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    first = await make_address(session, user)
    await session.commit()

    await client.post("/axf/address/new/", data=TYPED)
    kept = await find_default(session, user.id)
    await client.post("/axf/address/new/", data=TYPED | {"room": "9", "is_default": "on"})
    passed = await find_default(session, user.id)

    assert kept is not None
    assert passed is not None
    assert (kept.id, passed.room) == (first.id, "9")


async def test_an_address_is_edited(client: AsyncClient, session: AsyncSession, user: User) -> None:
    address = await make_address(session, user)
    await session.commit()

    page = (await client.get(f"/axf/address/{address.id}/")).text
    answer = await client.post(
        f"/axf/address/{address.id}/", data=TYPED | {"receiver": "林建国", "tag": "work"}
    )

    assert chosen_in(page) == ["110000", "110100", "110105"]
    assert 'value="13800006021"' in page
    assert answer.headers["location"] == "/axf/address/?done=saved"
    saved = await only_address(session, user)
    assert (saved.id, saved.receiver, saved.tag) == (address.id, "林建国", "work")


async def test_another_becomes_the_default_and_one_is_deleted(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    first = await make_address(session, user)
    second = await make_address(session, user, area="酒仙桥路", is_default=False)
    await session.commit()

    chosen = await client.post(f"/axf/address/{second.id}/default/")
    assert (await get_address(session, user.id, second.id)).is_default
    deleted = await client.post(f"/axf/address/{second.id}/delete/")

    assert chosen.headers["location"] == "/axf/address/?done=default"
    assert "from now on" in (await client.get(chosen.headers["location"])).text
    assert deleted.headers["location"] == "/axf/address/?done=deleted"
    kept = await only_address(session, user)
    assert (kept.id, kept.is_default) == (first.id, True)


async def test_what_is_somebody_elses_is_not_there(
    client: AsyncClient, session: AsyncSession, other: User
) -> None:
    theirs = await make_address(session, other)
    await session.commit()
    path = f"/axf/address/{theirs.id}/"

    answers = [
        await client.get(path),
        await client.post(path, data=TYPED | {"is_default": "on"}),
        await client.post(path, data=TYPED | {"pick": "1"}),
        await client.post(f"{path}default/"),
        await client.post(f"{path}delete/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    kept = await only_address(session, other)
    assert (kept.receiver, kept.room, kept.is_default) == ("林小满", "B 座 2307", True)


async def test_a_full_book_says_so_and_keeps_what_was_typed(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_address(session, user)
    for _ in range(19):
        await make_address(session, user, is_default=False)
    await session.commit()

    book = await client.get("/axf/address/")
    answer = await client.post("/axf/address/new/", data=TYPED)

    assert "Your book is full: 20 addresses" in book.text
    assert "/axf/address/new/" not in book.text
    assert answer.status_code == 422
    assert "Your book is full: 20 addresses" in answer.text
    assert "2307 🏠" in answer.text
    assert len(await list_addresses(session, user.id)) == 20


async def test_saving_leads_back_to_the_check_out_with_the_address(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    form = await client.get("/axf/address/new/?next=/axf/checkout/")
    answer = await client.post("/axf/address/new/", data=TYPED | {"next": "/axf/checkout/"})
    address = await only_address(session, user)
    book = await client.get("/axf/address/?next=/axf/checkout/")

    assert 'name="next" value="/axf/checkout/"' in form.text
    assert answer.headers["location"] == f"/axf/checkout/?address={address.id}"
    assert f'href="/axf/checkout/?address={address.id}"' in book.text
    assert f'href="/axf/address/{address.id}/?next=/axf/checkout/"' in book.text


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
async def test_nobody_is_led_to_another_site(client: AsyncClient, goal: str) -> None:
    pages = [
        await client.get(f"/axf/address/{path}", params={"next": goal}) for path in ("", "new/")
    ]
    answer = await client.post("/axf/address/new/", data=TYPED | {"next": goal})

    assert ['name="next" value=""' in page.text for page in pages] == [True] * 2
    assert answer.headers["location"] == "/axf/address/?done=saved"


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("receiver", "", "Please fill this in"),
        ("receiver", "   ", "Please fill this in"),
        ("receiver", "x" * 33, "This is too long"),
        ("phone", "12345", "Please enter an 11-digit mobile number"),
        ("phone", "１３８０００００００１", "Please enter an 11-digit mobile number"),
        ("area", "a\x00b", "Some characters here cannot be used"),
        ("room", "x" * 81, "This is too long"),
        ("region", "", "Please choose the province, the city and the district"),
        ("region", "999999", "Please choose the province, the city and the district"),
        ("region", "110100", "Please choose the province, the city and the district"),
        ("region", "330106", "Please choose the province, the city and the district"),
        ("city", "330100", "Please choose the province, the city and the district"),
        ("province", "330000", "Please choose the province, the city and the district"),
    ],
)
async def test_what_cannot_be_taken_is_said_where_it_was_typed(
    *, client: AsyncClient, session: AsyncSession, user: User, field: str, typed: str, reason: str
) -> None:
    answer = await client.post("/axf/address/new/", data=TYPED | {field: typed})

    shown = "region" if field in {"city", "province"} else field
    assert answer.status_code == 422
    assert f'id="{shown}-hint" role="alert"' in answer.text
    assert reason in answer.text
    assert await list_addresses(session, user.id) == []


async def test_missing_fields_are_named(client: AsyncClient) -> None:
    answer = await client.post("/axf/address/new/")

    assert answer.status_code == 422
    assert answer.text.count("Please fill this in") == 4
    assert answer.text.count("Please choose the province") == 1


async def test_an_unknown_tag_is_refused(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    answer = await client.post("/axf/address/new/", data=TYPED | {"tag": "castle"})

    assert answer.status_code == 422
    assert await list_addresses(session, user.id) == []


async def test_a_province_brings_its_cities_and_a_city_its_districts(client: AsyncClient) -> None:
    province = await client.get("/axf/address/regions/?province=440000", headers=HTMX)
    city = await client.get("/axf/address/regions/?city=441900", headers=HTMX)
    municipality = await client.get("/axf/address/regions/?province=110000", headers=HTMX)

    assert "440100" in options_of(province.text, "city")
    assert options_of(province.text, "region") == []
    assert "<html" not in province.text
    assert 'name="city"' not in city.text
    assert "441904" in options_of(city.text, "region")
    assert chosen_in(municipality.text) == ["110100"]
    assert "110105" in options_of(municipality.text, "region")


async def test_an_unknown_province_has_no_cities(client: AsyncClient) -> None:
    answer = await client.get("/axf/address/regions/?province=99%3Cb%3E", headers=HTMX)

    assert answer.status_code == 200
    assert options_of(answer.text, "city") == []


async def test_without_script_the_lists_are_not_a_page(client: AsyncClient) -> None:
    answer = await client.get("/axf/address/regions/?province=440000")

    assert (answer.status_code, answer.headers["location"]) == (303, "/axf/address/new/")


async def test_without_script_a_button_brings_the_lists_and_keeps_what_was_typed(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    typed = {"receiver": "林小满", "province": "330000", "city": "", "region": "", "pick": "1"}
    cities = await client.post("/axf/address/new/", data=typed | {"next": "/axf/checkout/"})
    districts = await client.post("/axf/address/new/", data=typed | {"city": "330100"})

    assert (cities.status_code, districts.status_code) == (200, 200)
    assert 'value="林小满"' in cities.text
    assert 'name="next" value="/axf/checkout/"' in cities.text
    assert "330100" in options_of(cities.text, "city")
    assert "330106" in options_of(districts.text, "region")
    assert await list_addresses(session, user.id) == []


async def test_the_book_says_where_the_shop_does_not_deliver(
    settings: Settings, db: Database, session: AsyncSession, user: User
) -> None:
    ticket = await make_ticket(session, user)
    await make_address(session, user)
    await make_address(session, user, region="330106", is_default=False)
    await make_address(session, user, region="", is_default=False)
    await session.commit()
    app: FastAPI = create_app(settings.model_copy(update={"delivery_regions": "110000"}), db)

    async with open_browser(app) as browser:
        browser.cookies.set("ticket", ticket)
        page = (await browser.get("/axf/address/")).text

    for text in ("We deliver here", "Not delivered there yet", "Please add the district"):
        assert page.count(text) == 1


async def test_without_zones_the_book_says_nothing_about_them(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_address(session, user, region="")
    await session.commit()

    page = (await client.get("/axf/address/")).text

    for text in ("We deliver here", "Not delivered there yet", "Please add the district"):
        assert text not in page


async def test_an_address_is_only_read_and_posted(client: AsyncClient) -> None:
    assert (await client.put("/axf/address/new/")).status_code == 405
    assert (await client.post("/axf/address/", data=TYPED)).status_code == 405
    assert (await client.get("/axf/address/1/delete/")).status_code == 405
