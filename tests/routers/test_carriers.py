"""The address at which carriers tell how parcels fare."""

import json
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.main import create_app
from app.models import Order, ShipmentEvent, User
from app.models.base import utcnow
from app.providers.carriers import SIGNATURE, TIMESTAMP, sign_news
from app.services.shipment_moves import send_out
from app.settings import Settings
from tests.conftest import open_browser
from tests.shipping import make_picked, pack_for_courier, parcel_of
from tests.shopping import order_of

SECRET = "a-carrier-secret-for-tests-0123456789"
ADDRESS = "/carriers/sf/news/"
TRACKING_NO = "SF1000200030004"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"carrier_secret": SecretStr(SECRET)})


@pytest.fixture
async def parcel(session: AsyncSession, user: User) -> str:
    """The number of a parcel that is with the carrier."""
    order = await make_picked(session, 2, user=user)
    no = await pack_for_courier(session, order.id, TRACKING_NO)
    await send_out(session, no, now=utcnow())
    await session.commit()
    return no


def write(code: str = "transit", *, at: datetime | None = None, **more: object) -> bytes:
    news = {"tracking_no": TRACKING_NO, "id": "1", "code": code, "at": (at or utcnow()).isoformat()}
    return json.dumps(news | more).encode()


async def send(
    client: AsyncClient, body: bytes, *, address: str = ADDRESS, at: datetime | None = None
) -> Response:
    carrier = address.split("/")[2]
    headers = sign_news(carrier, SECRET, body, now=at or utcnow())
    return await client.post(address, content=body, headers=headers)


async def list_codes(session: AsyncSession) -> list[str]:
    return list(
        await session.scalars(
            select(ShipmentEvent.code)
            .where(ShipmentEvent.source == "sf")
            .order_by(ShipmentEvent.seq)
        )
    )


async def test_news_is_written_down(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    answer = await send(anonymous, write(text="已到达", place="北京"))

    assert answer.status_code == 200
    assert answer.json() == {"tracking_no": TRACKING_NO, "track_status": "transit"}
    event = (await session.scalars(select(ShipmentEvent).where(ShipmentEvent.source == "sf"))).one()
    assert (event.code, event.text, event.place, event.source_id) == (
        "transit",
        "已到达",
        "北京",
        "1",
    )
    assert (await parcel_of(session, parcel)).track_status == "transit"


async def test_signed_for_is_not_delivered(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    await send(anonymous, write("signed"))

    shipment = await parcel_of(session, parcel)
    assert (shipment.status, shipment.track_status) == ("out", "signed")
    assert shipment.delivered_at is None
    assert list(await session.scalars(select(Order.status))) == ["shipping"]


async def test_the_same_news_again_is_one_event(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    body = write()
    answers = [await send(anonymous, body) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert await list_codes(session) == ["transit"]


async def test_late_news_is_not_the_last_word(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    now = utcnow()
    await send(anonymous, write("delivering", id="2", at=now - timedelta(hours=1)))

    answer = await send(anonymous, write("accepted", id="1", at=now - timedelta(hours=9)))

    assert answer.json()["track_status"] == "delivering"
    assert await list_codes(session) == ["delivering", "accepted"]
    assert (await parcel_of(session, parcel)).track_status == "delivering"


async def test_a_fast_clock_does_not_silence_what_follows(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    await send(anonymous, write("transit", id="1", at=utcnow() + timedelta(days=400)))

    answer = await send(anonymous, write("signed", id="2", at=utcnow()))

    assert answer.json()["track_status"] == "signed"


async def test_an_unknown_tracking_number_is_noted_and_not_found(
    anonymous: AsyncClient, parcel: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await send(anonymous, write(tracking_no="SF404"))

    assert answer.status_code == 404
    assert "sf has news of an unknown parcel SF404" in caplog.text


async def test_another_carriers_number_is_unknown(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    answer = await send(anonymous, write(), address="/carriers/jd/news/")

    assert answer.status_code == 404
    assert (await parcel_of(session, parcel)).track_status == ""


@pytest.mark.parametrize("name", ["nobody", "SF", "%00", "1"])
async def test_an_unknown_carrier_is_not_found(anonymous: AsyncClient, name: str) -> None:
    assert (await anonymous.post(f"/carriers/{name}/news/")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SIGNATURE: ""},
        {SIGNATURE: "0" * 64},
        {SIGNATURE: "é"},
        {TIMESTAMP: ""},
        {TIMESTAMP: "1"},
        {TIMESTAMP: "9" * 400},
        {TIMESTAMP: "nan"},
    ],
    ids=str,
)
async def test_a_wrong_signature_is_refused(
    anonymous: AsyncClient,
    session: AsyncSession,
    parcel: str,
    headers: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = write()
    signed = sign_news("sf", SECRET, body, now=utcnow()) | headers if headers else {}
    raw = {name.encode(): value.encode() for name, value in signed.items()}

    answer = await anonymous.post(ADDRESS, content=body, headers=raw)

    assert answer.status_code == 401
    assert "wrong signature" in caplog.text
    assert SECRET not in caplog.text
    assert await list_codes(session) == []


async def test_a_changed_body_is_refused(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    headers = sign_news("sf", SECRET, write(), now=utcnow())

    answer = await anonymous.post(ADDRESS, content=write("signed"), headers=headers)

    assert answer.status_code == 401
    assert await list_codes(session) == []


async def test_one_carriers_signature_is_not_anothers(anonymous: AsyncClient, parcel: str) -> None:
    body = write()
    headers = sign_news("jd", SECRET, body, now=utcnow())

    assert (await anonymous.post(ADDRESS, content=body, headers=headers)).status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_an_old_call_is_refused(
    anonymous: AsyncClient, session: AsyncSession, parcel: str, minutes: int
) -> None:
    answer = await send(anonymous, write(), at=utcnow() + timedelta(minutes=minutes))

    assert answer.status_code == 401
    assert await list_codes(session) == []


async def test_without_a_secret_nobody_is_believed(
    settings: Settings, db: Database, parcel: str
) -> None:
    app: FastAPI = create_app(settings.model_copy(update={"carrier_secret": SecretStr("")}), db)
    body = write()
    async with open_browser(app) as browser:
        headers = sign_news("sf", "", body, now=utcnow())
        answer = await browser.post(ADDRESS, content=body, headers=headers)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"tracking_no": 1}',
        b'{"tracking_no": "SF1", "id": NaN}',
        write("exploded"),
        write(id=""),
        write(id="x" * 65),
        write(at=datetime(1, 1, 1)),  # noqa: DTZ001 - without a zone
        write(tracking_no="' OR 1=1"),
        write(text="\ud800"),
        write(text=7),
        b"[" * 4000,
    ],
    ids=lambda body: repr(body[:30]),
)
async def test_what_cannot_be_read_changes_nothing(
    anonymous: AsyncClient, session: AsyncSession, parcel: str, body: bytes
) -> None:
    answer = await send(anonymous, body)

    assert answer.status_code == 422
    assert await list_codes(session) == []


async def test_long_or_odd_words_are_cut_and_cleaned(
    anonymous: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    await send(anonymous, write(text="a\x00b\n" + "🐝" * 400, place="p" * 100))

    event = (await session.scalars(select(ShipmentEvent).where(ShipmentEvent.source == "sf"))).one()
    assert (event.text, event.place) == ("a b " + "🐝" * 196, "p" * 60)


async def test_a_large_body_is_refused(anonymous: AsyncClient, parcel: str) -> None:
    assert (await send(anonymous, b"x" * 17_000)).status_code == 413


async def test_the_shopper_reads_the_news(
    client: AsyncClient, session: AsyncSession, parcel: str
) -> None:
    await send(client, write("delivering", text="<b>快递员</b>正在派送", place="望京"))
    order_id = (await parcel_of(session, parcel)).order_id
    order = await session.get_one(Order, order_id)

    page = await client.get(f"/axf/orders/{order.no}/")

    assert "Out for delivery" in page.text
    assert "&lt;b&gt;快递员&lt;/b&gt;正在派送 · 望京" in page.text
    assert TRACKING_NO in page.text
    assert (await order_of(session, order.no)).status == "shipping"


async def test_only_a_post_works(anonymous: AsyncClient) -> None:
    assert (await anonymous.get(ADDRESS)).status_code == 405
