"""The rider's page: where a parcel goes, and the code that hands it over."""

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, Shipment, User
from app.models.base import utcnow
from app.services.shipment_moves import deliver
from tests.shipping import (
    STAFF,
    Picked,
    make_picked,
    pack,
    pack_and_send,
    pack_for_courier,
    parcel_of,
)
from tests.shopping import order_of


@pytest.fixture
async def order(session: AsyncSession, user: User) -> Picked:
    return await make_picked(session, 2, user=user)


@pytest.fixture
async def parcel(session: AsyncSession, order: Picked) -> Shipment:
    """A parcel on its way to the door."""
    no = await pack_and_send(session, order.id)
    await session.commit()
    return await parcel_of(session, no)


def wrong(parcel: Shipment) -> str:
    return f"{(int(parcel.handover_code) + 1) % 1_000_000:06}"


async def enter(client: AsyncClient, parcel: Shipment, code: str) -> Response:
    return await client.post(f"/riders/{parcel.no}/", data={"code": code})


async def status_of(session: AsyncSession, parcel: Shipment) -> tuple[str, int]:
    shipment = await parcel_of(session, parcel.no)
    return shipment.status, shipment.wrong_codes


async def test_the_page_says_where_it_goes(
    anonymous: AsyncClient, session: AsyncSession, parcel: Shipment
) -> None:
    await session.execute(update(Order).values(note="<b>Door</b>"))
    await session.commit()

    page = await anonymous.get(f"/riders/{parcel.no}/")

    assert page.status_code == 200
    for text in (
        "B 座 2307",
        "朝阳区",
        "望京 SOHO T3",
        "林小满",
        'href="tel:13800006021"',
        "Fuji apple",
    ):
        assert text in page.text
    assert "&lt;b&gt;Door&lt;/b&gt;" in page.text
    assert "× 2" in page.text


async def test_the_page_does_not_tell_the_code(anonymous: AsyncClient, parcel: Shipment) -> None:
    page = await anonymous.get(f"/riders/{parcel.no}/")

    assert parcel.handover_code not in page.text.replace(" ", "")


async def test_the_right_code_delivers(
    anonymous: AsyncClient, session: AsyncSession, order: Picked, parcel: Shipment
) -> None:
    answer = await enter(anonymous, parcel, parcel.handover_code)

    page = await anonymous.get(answer.headers["location"])
    assert (answer.status_code, answer.headers["location"]) == (303, f"/riders/{parcel.no}/")
    assert "Delivered. Thank you!" in page.text
    assert await status_of(session, parcel) == ("delivered", 0)
    assert (await order_of(session, order.no)).status == "delivered"


async def test_a_code_may_be_typed_as_it_is_read(
    anonymous: AsyncClient, session: AsyncSession, parcel: Shipment
) -> None:
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in parcel.handover_code)

    await enter(anonymous, parcel, f" {full_width[:3]} {full_width[3:]} ")

    assert await status_of(session, parcel) == ("delivered", 0)


async def test_a_wrong_code_is_counted_and_said(
    anonymous: AsyncClient, session: AsyncSession, order: Picked, parcel: Shipment
) -> None:
    answer = await enter(anonymous, parcel, wrong(parcel))

    assert answer.status_code == 422
    assert "That is not the code. Tries left: 4" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert await status_of(session, parcel) == ("out", 1)
    assert (await order_of(session, order.no)).status == "shipping"


async def test_after_five_only_staff_can(
    anonymous: AsyncClient, session: AsyncSession, parcel: Shipment
) -> None:
    for _ in range(5):
        answer = await enter(anonymous, parcel, wrong(parcel))
    right = await enter(anonymous, parcel, parcel.handover_code)

    page = await anonymous.get(f"/riders/{parcel.no}/")
    assert (answer.status_code, right.status_code) == (303, 303)
    assert "Too many wrong codes" in page.text
    assert 'name="code"' not in page.text
    assert await status_of(session, parcel) == ("out", 5)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "12345\x00", "-12345", "1e5"])
async def test_what_is_no_code_costs_no_try(
    anonymous: AsyncClient, session: AsyncSession, parcel: Shipment, code: str
) -> None:
    answer = await enter(anonymous, parcel, code)

    assert answer.status_code == 422
    assert await status_of(session, parcel) == ("out", 0)


async def test_a_packed_parcel_takes_no_code(
    anonymous: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    parcel = await parcel_of(session, await pack(session, order.id))
    await session.commit()

    page = await anonymous.get(f"/riders/{parcel.no}/")
    answer = await enter(anonymous, parcel, parcel.handover_code)

    assert "has not left the store" in page.text
    assert 'name="code"' not in page.text
    assert answer.status_code == 409
    assert await status_of(session, parcel) == ("packed", 0)


async def test_a_couriers_parcel_asks_for_no_code(
    anonymous: AsyncClient, session: AsyncSession, order: Picked
) -> None:
    no = await pack_for_courier(session, order.id)
    await session.execute(update(Shipment).values(status="out"))
    await session.commit()

    page = await anonymous.get(f"/riders/{no}/")

    assert "needs no code" in page.text
    assert 'name="code"' not in page.text


async def test_after_delivery_the_address_is_gone(
    anonymous: AsyncClient, session: AsyncSession, parcel: Shipment
) -> None:
    await deliver(session, parcel.no, actor=STAFF, now=utcnow())
    await session.commit()

    page = await anonymous.get(f"/riders/{parcel.no}/")

    assert page.status_code == 200
    assert "林小满" not in page.text
    assert "13800006021" not in page.text
    assert "2307" not in page.text
    assert "朝阳区" not in page.text


@pytest.mark.parametrize("number", ["Z" * 20, "1", "-1", "%00", "z" * 20, "9" * 300, "%FF", "🍎"])
async def test_an_unknown_number_is_not_found(anonymous: AsyncClient, number: str) -> None:
    assert (await anonymous.get(f"/riders/{number}/")).status_code == 404
    assert (await anonymous.post(f"/riders/{number}/", data={"code": "123456"})).status_code == 404


async def test_looking_delivers_nothing(
    anonymous: AsyncClient, session: AsyncSession, parcel: Shipment
) -> None:
    await anonymous.get(f"/riders/{parcel.no}/?code={parcel.handover_code}")

    assert await status_of(session, parcel) == ("out", 0)


async def test_another_sites_form_is_refused(
    anonymous: AsyncClient, session: AsyncSession, parcel: Shipment
) -> None:
    answer = await anonymous.post(
        f"/riders/{parcel.no}/",
        data={"code": parcel.handover_code},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert await status_of(session, parcel) == ("out", 0)


async def test_only_get_and_post_work(anonymous: AsyncClient, parcel: Shipment) -> None:
    assert (await anonymous.delete(f"/riders/{parcel.no}/")).status_code == 405


async def test_the_shopper_reads_the_code_while_it_is_out(
    client: AsyncClient, session: AsyncSession, order: Picked, parcel: Shipment
) -> None:
    code = f"{parcel.handover_code[:3]} {parcel.handover_code[3:]}"
    out = await client.get(f"/axf/orders/{order.no}/")
    await deliver(session, parcel.no, actor=STAFF, now=utcnow())
    await session.commit()

    after = await client.get(f"/axf/orders/{order.no}/")

    assert code in out.text
    assert 'href="tel:13911112222"' in out.text
    assert code not in after.text
    assert "13911112222" not in after.text


async def test_nobody_else_reads_it(
    other_client: AsyncClient, order: Picked, parcel: Shipment
) -> None:
    page = await other_client.get(f"/axf/orders/{order.no}/")

    assert page.status_code == 404
    assert parcel.handover_code[:3] + " " + parcel.handover_code[3:] not in page.text
