"""A shop in which every address leads somewhere."""

import re

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, User, UserMessage, UserTicket
from app.models.base import utcnow
from app.services.messages import tell
from app.storage import LocalStorage, file_name
from tests.couponing import make_offer_of
from tests.factories import make_address, make_child, make_goods, make_ticket, make_type
from tests.reviewing import make_review
from tests.routers.every_route import Route, World, routes_of
from tests.shipping import make_picked, pack_and_send


@pytest.fixture
async def world(app: FastAPI, client: AsyncClient, session: AsyncSession, user: User) -> World:
    food_type = await make_type(session, number=104_749)
    child = await make_child(session, food_type, number=103_549)
    goods = await make_goods(session, food_type=food_type, child=child)
    address = await make_address(session, user)
    await session.commit()
    no, payment_no = await _order(client, goods)
    await client.post(f"/axf/addtocart/?goodsid={goods.id}")
    shipment_no = await pack_and_send(session, (await make_picked(session, 1)).id)
    offer = await make_offer_of(session)
    await session.commit()
    review = await make_review(session, await make_goods(session), user=user)
    await session.commit()
    values = {
        "goods_id": str(goods.id),
        "type_number": "104749",
        "child_number": "103549",
        "sort": "1",
        "no": no,
        "payment_no": payment_no,
        "name": "1f34e",
        "shipment_no": shipment_no,
        "carrier": "sf",
        "review_id": str(review.id),
        "file": file_name("ab" * 32, "small"),
        "template_id": str(offer.id),
        "address_id": str(address.id),
        "message_id": await _message(session, user, no),
        "device_id": await _other_device(session, user),
    }
    storage: LocalStorage = app.state.media
    await storage.put(values["file"], b"a picture")
    return World(client, values)


async def _order(client: AsyncClient, goods: Goods) -> tuple[str, str]:
    """The numbers of an order and its payment, both begun as a shopper does it."""
    await client.post(f"/axf/addtocart/?goodsid={goods.id}")
    page = (await client.get("/axf/checkout/")).text
    hidden = dict(re.findall(r'name="(key|agreed)" value="([^"]+)"', page))
    placed = await client.post("/axf/orders/", data=hidden)
    listed = (await client.get("/axf/orders/")).text
    no = re.findall(r'href="/axf/orders/([0-9A-Z]{16})/"', listed)[0]
    return no, placed.headers["Location"].split("/")[-2]


async def _message(session: AsyncSession, user: User, no: str) -> str:
    """The id of a message about that order."""
    await tell(session, user.id, "order_delivered", no, params={"no": no}, now=utcnow())
    await session.commit()
    query = select(UserMessage.id).where(UserMessage.user_id == user.id, UserMessage.key == no)
    return str((await session.scalars(query)).one())


@pytest.fixture
def routes(app: FastAPI) -> list[Route]:
    return routes_of(app)


async def _other_device(session: AsyncSession, user: User) -> str:
    """Another browser of the shopper."""
    await make_ticket(session, user)
    newest = select(func.max(UserTicket.id)).where(UserTicket.user_id == user.id)
    device_id = await session.scalar(newest)
    await session.commit()
    return str(device_id)
