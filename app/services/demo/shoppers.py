"""The demo shop's shoppers: accounts, addresses and carts. Their orders: demo_orders.py."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import CartLine, Goods, User
from app.services.addresses import add_address
from app.services.demo.files import read_shoppers
from app.services.demo.parts import DemoShopper
from app.services.tickets import Device, issue_ticket

DEVICES_STAY = timedelta(days=14)


async def list_missing_shoppers(session: AsyncSession) -> list[DemoShopper]:
    """Those whose names nobody has. A name that a real shopper took is theirs to keep."""
    names = [shopper.username for shopper in read_shoppers()]
    taken = set(
        await session.scalars(select(User.username_key).where(User.username_key.in_(names)))
    )
    return [shopper for shopper in read_shoppers() if shopper.username not in taken]


async def add_shopper(
    session: AsyncSession, shopper: DemoShopper, *, password_hash: str, joined_at: datetime
) -> User:
    user = User(
        username=shopper.username,
        # The file writes names as they are compared.
        username_key=shopper.username,
        password_hash=password_hash,
        locale=shopper.locale,
        nickname=shopper.nickname,
        email=shopper.email,
        created_at=joined_at,
    )
    session.add(user)
    await session.flush()
    for user_agent in shopper.devices:
        await issue_ticket(session, user.id, Device("", user_agent, None), DEVICES_STAY)
    for place, tag in shopper.places:
        await add_address(session, user.id, place, tag=tag)
    return user


async def fill_cart(
    session: AsyncSession, user: User, cart: Mapping[str, int], goods_ids: Mapping[str, int]
) -> None:
    """Put goods into the cart, given by name, at their prices of now."""
    ids = {goods_ids[name]: quantity for name, quantity in cart.items()}
    prices = await session.execute(select(Goods.id, Goods.price_fen).where(Goods.id.in_(ids)))
    session.add_all(
        CartLine(user_id=user.id, goods_id=id_, quantity=ids[id_], seen_price_fen=price_fen)
        for id_, price_fen in prices
    )
    await session.flush()
