"""What the demo shop's shoppers like, wait for and have been told."""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Goods, Order, Stock, User, UserMessage
from app.models.base import utcnow
from app.services.centre import Centre, get_centre
from app.services.demo.files import read_interests, read_shoppers
from app.services.demo.loading import load
from app.services.favourites import list_favourites
from app.services.quote import Delivery
from app.services.recent_views import list_views
from app.services.stock_waits import tell_waiting


async def load_demo(session: AsyncSession) -> User:
    """The whole shop; who is looked at is 小满."""
    hashes = {shopper.username: "!" for shopper in read_shoppers()}
    await load(session, password_hashes=hashes, delivery=Delivery(500, 3900), now=utcnow())
    return (await session.scalars(select(User).where(User.username == "xiaoman"))).one()


async def centre_of(session: AsyncSession, user: User) -> Centre:
    return await get_centre(session, user.id, now=utcnow())


async def test_the_user_centre_of_the_demo_has_something_of_everything(
    session: AsyncSession,
) -> None:
    user = await load_demo(session)

    centre = await centre_of(session, user)

    assert centre.assets.favourites == 12
    assert centre.assets.way_no
    assert 1 <= centre.assets.unread < 5
    assert len(centre.usual) >= 4
    favourites = await list_favourites(session, user.id)
    assert favourites.cards[0].name_zh == read_interests()["xiaoman"]["favourites"][0]
    assert any(card.sold_out for card in favourites.cards)
    assert len(await list_views(session, user.id)) == 8


async def test_its_news_are_those_of_its_orders_and_older_ones_are_read(
    session: AsyncSession,
) -> None:
    user = await load_demo(session)

    rows = await session.scalars(
        select(UserMessage)
        .where(UserMessage.user_id == user.id, UserMessage.kind.startswith("order_"))
        .order_by(UserMessage.id)
    )
    messages = rows.all()

    arrived = select(func.count()).where(Order.user_id == user.id, Order.delivered_at.is_not(None))
    told = [message.kind for message in messages].count("order_delivered")
    assert told == await session.scalar(arrived)
    assert [message.created_at for message in messages] == sorted(m.created_at for m in messages)
    assert messages[0].read_at
    assert messages[-1].read_at is None


async def test_who_waits_in_the_demo_is_told_when_it_is_back(session: AsyncSession) -> None:
    await load_demo(session)
    assert await tell_waiting(session, utcnow()) == []
    id_ = select(Goods.id).where(Goods.name_zh == read_interests()["xiaoman"]["waits"][0])
    stock = update(Stock).where(Stock.goods_id == id_.scalar_subquery())
    await session.execute(stock.values(on_hand=9), execution_options={"synchronize_session": False})

    assert len(await tell_waiting(session, utcnow())) == 1
