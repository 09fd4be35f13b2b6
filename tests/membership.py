"""Members of a level for tests."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Member, User
from app.models.base import utcnow
from app.services.orders import confirm_received
from app.services.vip import YEAR
from tests.factories import make_goods
from tests.refunding import make_delivered


async def make_member(
    session: AsyncSession, user: User, level: int, *, until: datetime | None = None
) -> Member:
    """A shopper whose level is kept for a year from now, unless said otherwise."""
    member = await session.get(Member, user.id) or Member(user_id=user.id, points=0)
    member.level = level
    member.level_until = (until or utcnow() + YEAR) if level else None
    session.add(member)
    await session.flush()
    return member


async def add_growth_story(session: AsyncSession) -> None:
    """A shopper whose completed order made them a silver member."""
    goods = await make_goods(session, price=60_000)
    user, order = await make_delivered(session, (goods, 1))
    await confirm_received(session, user.id, order.no, now=utcnow())
