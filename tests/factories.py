"""Rows for tests. Every argument has a default, so a test names only what it is about."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from app.forms import username_key
from app.models import (
    Address,
    ChildType,
    Coupon,
    CouponTemplate,
    DeliverySlot,
    FoodType,
    Goods,
    HomeBlock,
    HomeBlockGoods,
    Stock,
    StockMove,
    User,
    UserTicket,
)
from app.models.base import utcnow

_serial = count(1)


async def make_user(
    session: AsyncSession, *, username: str | None = None, password_hash: str = "!"
) -> User:
    username = username or f"shopper{next(_serial)}"
    user = User(username=username, username_key=username_key(username), password_hash=password_hash)
    session.add(user)
    await session.flush()
    return user


async def make_ticket(
    session: AsyncSession, user: User, life: timedelta = timedelta(days=1)
) -> str:
    """A signed-in browser; returns the ticket for its cookie."""
    ticket = UserTicket.new_ticket()
    session.add(
        UserTicket(user_id=user.id, digest=UserTicket.digest_of(ticket), expires_at=utcnow() + life)
    )
    await session.flush()
    return ticket


async def make_type(
    session: AsyncSession, *, number: int | None = None, name: str = "水果", position: int = 0
) -> FoodType:
    food_type = FoodType(
        number=number or 900_000 + next(_serial),
        name_zh=name,
        name_en="Fruit",
        position=position,
        picture="1f34e",
        tint="tomato",
    )
    session.add(food_type)
    await session.flush()
    return food_type


async def make_child(
    session: AsyncSession, food_type: FoodType, *, number: int | None = None, name: str = "国产水果"
) -> ChildType:
    child = ChildType(
        type_id=food_type.id,
        number=number or 800_000 + next(_serial),
        name_zh=name,
        name_en="Domestic fruit",
    )
    session.add(child)
    await session.flush()
    return child


async def make_goods(
    session: AsyncSession,
    *,
    name: str = "红富士苹果",
    name_en: str = "Fuji apple",
    price: int = 990,
    market_price: int = 0,
    stock: int = 10,
    sales: int = 0,
    on_sale: bool = True,
    food_type: FoodType | None = None,
    child: ChildType | None = None,
) -> Goods:
    """A good with its stock and the move that brought it in. Prices in fen."""
    food_type = food_type or await make_type(session)
    goods = Goods(
        type_id=food_type.id,
        child_id=child.id if child else None,
        product_no=f"T{next(_serial)}",
        name_zh=name,
        name_en=name_en,
        spec="500g",
        price_fen=price,
        market_price_fen=market_price,
        sales=sales,
        on_sale=on_sale,
        picture="1f34e",
        tint="tomato",
    )
    session.add(goods)
    await session.flush()
    session.add(Stock(goods_id=goods.id, on_hand=stock))
    if stock:
        session.add(StockMove(goods_id=goods.id, kind="received", quantity=stock, actor="test"))
    await session.flush()
    return goods


async def make_address(
    session: AsyncSession,
    user: User,
    *,
    area: str = "望京 SOHO T3",
    region: str = "110105",
    is_default: bool = True,
) -> Address:
    address = Address(
        user_id=user.id,
        default_of=user.id if is_default else None,
        region=region,
        receiver="林小满",
        phone="13800006021",
        area=area,
        room="B 座 2307",
    )
    session.add(address)
    await session.flush()
    return address


async def make_slot(
    session: AsyncSession,
    *,
    capacity: int = 10,
    taken: int = 0,
    fee: int = 0,
    starts: datetime | None = None,
    hours: int = 2,
    lead: int = 30,
) -> DeliverySlot:
    """A delivery window that begins in some hours, and can be had until `lead` minutes before."""
    starts = starts or utcnow() + timedelta(hours=hours)
    slot = DeliverySlot(
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        cutoff_at=starts - timedelta(minutes=lead),
        capacity=capacity,
        taken=taken,
        fee_fen=fee,
    )
    session.add(slot)
    await session.flush()
    return slot


async def make_coupon(
    session: AsyncSession, user: User, *, kind: str = "amount", amount: int = 500, least: int = 0
) -> Coupon:
    """A coupon that can be used now; `amount` and `least` in fen."""
    template = CouponTemplate(
        source_key=f"test-coupon-{next(_serial)}",
        title_zh="优惠券",
        title_en="Test coupon",
        kind=kind,
        amount_fen=amount if kind == "amount" else 0,
        least_fen=least,
        claimed=1,
    )
    session.add(template)
    await session.flush()
    coupon = Coupon(
        template_id=template.id,
        user_id=user.id,
        valid_from=utcnow() - timedelta(days=1),
        valid_to=utcnow() + timedelta(days=1),
    )
    session.add(coupon)
    await session.flush()
    return coupon


async def make_block(
    session: AsyncSession,
    kind: str,
    *,
    title: str = "Strawberries",
    title_zh: str = "草莓",
    text: str = "",
    position: int = 0,
    is_shown: bool = True,
    link_type: int = 0,
    link_child: int = 0,
    link_goods: Goods | None = None,
    goods: Sequence[Goods] = (),
) -> HomeBlock:
    """A block of the home page; `goods` are those of a main show."""
    block = HomeBlock(
        kind=kind,
        source_key=f"test-{next(_serial)}",
        position=position,
        is_shown=is_shown,
        title_zh=title_zh,
        title_en=title,
        text_en=text,
        pictures="1f353 1f343",
        link_type=link_type,
        link_child=link_child,
        link_goods_id=link_goods.id if link_goods else None,
    )
    session.add(block)
    await session.flush()
    session.add_all(
        HomeBlockGoods(block_id=block.id, position=i, goods_id=good.id)
        for i, good in enumerate(goods)
    )
    await session.flush()
    return block
