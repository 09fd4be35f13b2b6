"""The address form."""

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.services.addresses import find_default
from tests.factories import make_address

TYPED = {"receiver": "林小满", "phone": "138 0000-6021", "area": "望京 SOHO T3", "room": "2307 🏠"}


async def test_the_form_is_empty_at_first(client: AsyncClient) -> None:
    answer = await client.get("/axf/address/")

    assert answer.status_code == 200
    assert "Delivery address" in answer.text
    assert 'name="receiver" type="text" value=""' in answer.text


async def test_the_form_shows_the_address_and_nobody_elses(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await make_address(session, user)
    await session.commit()

    assert "望京 SOHO T3" in (await client.get("/axf/address/")).text
    assert "望京 SOHO T3" not in (await other_client.get("/axf/address/")).text


async def test_a_visitor_is_sent_to_log_in_and_comes_back(anonymous: AsyncClient) -> None:
    answer = await anonymous.get("/axf/address/?next=/axf/checkout/")
    posted = await anonymous.post("/axf/address/", data=TYPED)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login/?next=/axf/address/%3Fnext%3D/axf/checkout/"
    assert (posted.status_code, posted.headers["location"]) == (303, "/login/")


async def test_saving_says_so(client: AsyncClient, session: AsyncSession, user: User) -> None:
    answer = await client.post("/axf/address/", data=TYPED)
    page = await client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert "Saved. Your orders will come here." in page.text
    address = await find_default(session, user.id)
    assert address is not None
    assert (address.receiver, address.phone, address.room) == ("林小满", "13800006021", "2307 🏠")


async def test_saving_again_replaces_the_address(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    address = await make_address(session, user)
    await session.commit()

    await client.post("/axf/address/", data=TYPED | {"receiver": "林建国"})

    saved = await find_default(session, user.id)
    assert saved is not None
    assert (saved.id, saved.receiver) == (address.id, "林建国")


async def test_saving_leads_back_to_where_it_was_asked_for(client: AsyncClient) -> None:
    form = await client.get("/axf/address/?next=/axf/checkout/")
    answer = await client.post("/axf/address/", data=TYPED | {"next": "/axf/checkout/"})

    assert 'name="next" value="/axf/checkout/"' in form.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/axf/checkout/")


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
async def test_nobody_is_led_to_another_site(client: AsyncClient, goal: str) -> None:
    form = await client.get("/axf/address/", params={"next": goal})
    answer = await client.post("/axf/address/", data=TYPED | {"next": goal})

    assert 'name="next" value=""' in form.text
    assert answer.headers["location"] == "/axf/address/?saved=1"


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
    ],
)
async def test_what_cannot_be_taken_is_said_where_it_was_typed(
    *, client: AsyncClient, session: AsyncSession, user: User, field: str, typed: str, reason: str
) -> None:
    answer = await client.post("/axf/address/", data=TYPED | {field: typed})

    assert answer.status_code == 422
    assert f'id="{field}-hint" role="alert"' in answer.text
    assert reason in answer.text
    assert await find_default(session, user.id) is None


async def test_missing_fields_are_named(client: AsyncClient) -> None:
    answer = await client.post("/axf/address/")

    assert answer.status_code == 422
    assert answer.text.count("Please fill this in") == 4


async def test_the_address_is_only_read_and_posted(client: AsyncClient) -> None:
    assert (await client.put("/axf/address/")).status_code == 405
    assert (await client.delete("/axf/address/")).status_code == 405
