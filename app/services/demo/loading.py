"""The demo shop: fills an empty shop, or adds what is missing of it; changes nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, User
from app.services.demo.coupons import add_coupons, add_owners
from app.services.demo.flash import add_sales
from app.services.demo.goods import add_goods, add_types, list_goods_ids
from app.services.demo.growth import add_growth
from app.services.demo.home import add_blocks
from app.services.demo.interests import add_interests, add_news
from app.services.demo.orders import add_orders
from app.services.demo.placings import Placing, plan_orders
from app.services.demo.points import add_points
from app.services.demo.reviews import add_reviews
from app.services.demo.shoppers import add_shopper, fill_cart, list_missing_shoppers
from app.services.quote import Delivery

# The shop opened, and its goods arrived, before the oldest order.
OPENED = timedelta(days=200)
# What `load` reports to `on_step`, in this order.
STEPS = ("types", "goods", "home page", "flash sales", "shoppers and orders")

OnStep = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Added:
    """How many of each a load brought; all 0 when the demo shop was complete."""

    types: int = 0
    goods: int = 0
    blocks: int = 0
    shoppers: int = 0
    orders: int = 0
    sales: int = 0
    coupons: int = 0

    def __bool__(self) -> bool:
        return any(astuple(self))


async def has_goods(session: AsyncSession) -> bool:
    """Whether this shop, demo or not, has anything in it."""
    return await session.scalar(select(Goods.id).limit(1)) is not None


async def load(
    session: AsyncSession,
    *,
    password_hashes: Mapping[str, str],
    delivery: Delivery,
    now: datetime,
    on_step: OnStep = lambda done: None,
) -> Added:
    """Add what is missing. Only shoppers with a password hash, by username, are added.

    `on_step` hears how many of STEPS are done; again from 0 when the transaction runs again.
    """
    on_step(0)
    types = await add_types(session)
    on_step(1)
    goods = await add_goods(session, arrived_at=now - OPENED)
    on_step(2)
    goods_ids = await list_goods_ids(session)
    blocks = await add_blocks(session, goods_ids)
    on_step(3)
    sales = await add_sales(session, goods_ids, now=now)
    coupons = await add_coupons(session, now=now)
    on_step(4)
    orders, shoppers = await _add_shoppers(session, password_hashes, goods_ids, delivery, now)
    on_step(len(STEPS))
    return Added(types, goods, blocks, shoppers, orders, sales, coupons)


async def _add_shoppers(
    session: AsyncSession,
    password_hashes: Mapping[str, str],
    goods_ids: Mapping[str, int],
    delivery: Delivery,
    now: datetime,
) -> tuple[int, int]:
    """Add those who have a password and are missing; how many orders and shoppers came."""
    missing = await list_missing_shoppers(session)
    shoppers = [shopper for shopper in missing if shopper.username in password_hashes]
    placings: list[Placing] = []
    users: list[User] = []
    for shopper in shoppers:
        user = await add_shopper(
            session,
            shopper,
            password_hash=password_hashes[shopper.username],
            joined_at=now - OPENED,
        )
        await fill_cart(session, user, shopper.cart, goods_ids)
        placings += plan_orders(user, shopper, goods_ids, now=now)
        users.append(user)
    await add_orders(session, placings, delivery, arrived_at=now - OPENED)
    await add_reviews(session, users, goods_ids)
    for user in users:
        await add_points(session, user, now=now)
        await add_owners(session, user, now=now)
        await add_growth(session, user)
        await add_interests(session, user, goods_ids, now=now)
        await add_news(session, user, now=now)
    return len(placings), len(shoppers)
