"""What the demo shop's shoppers like, looked at and wait for, and the news of their orders."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, OrderEvent, User, UserMessage
from app.services.catalogue import list_cards_of
from app.services.demo.files import read_interests
from app.services.favourites import add_favourite
from app.services.happenings import Happening
from app.services.message_box import read_all
from app.services.order_messages import NEWS, tell_of_order
from app.services.recent_views import note_view
from app.services.stock_waits import wait_for_goods

# How far apart things were done, and how old news are that they have read.
_STEP = timedelta(minutes=7)
_READ = timedelta(days=1)
_ADD = {"favourites": add_favourite, "seen": note_view, "waits": wait_for_goods}


async def add_interests(
    session: AsyncSession, user: User, goods_ids: Mapping[str, int], *, now: datetime
) -> None:
    """As far as the goods are still there, and still sold out, in a shop that was changed since."""
    interests = read_interests().get(user.username, {})
    ids = {
        wish: [goods_ids[name] for name in names if name in goods_ids]
        for wish, names in interests.items()
    }
    cards = await list_cards_of(session, {id_ for wanted in ids.values() for id_ in wanted})
    for wish, add in _ADD.items():
        for ago, id_ in reversed(list(enumerate(ids.get(wish, ()), start=1))):
            card = cards[id_]
            if card.on_sale and (wish != "waits" or card.sold_out):
                await add(session, user.id, id_, now=now - _STEP * ago)


async def add_news(session: AsyncSession, user: User, *, now: datetime) -> None:
    """What the message box says of the shopper's orders; they have read all but the latest."""
    rows = await session.execute(
        select(OrderEvent.order_id, OrderEvent.kind, OrderEvent.note, OrderEvent.at)
        .join(Order, Order.id == OrderEvent.order_id)
        .where(Order.user_id == user.id, OrderEvent.kind.in_(NEWS))
        .order_by(OrderEvent.at, OrderEvent.seq)
    )
    for row in rows.all():
        await tell_of_order(session, Happening(*row))
    old = select(func.max(UserMessage.id)).where(
        UserMessage.user_id == user.id, UserMessage.created_at < now - _READ
    )
    await read_all(session, user.id, newest_id=await session.scalar(old) or 0, now=now - _READ)
