"""The row that holds a shopper's points and level."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.models import Member, User


async def lock_member(session: AsyncSession, user_id: int) -> Member:
    """The shopper's row, made if there is none yet; whoever else wants to change it waits.

    Every change of points or level begins with this, so that they happen one after the other.
    The user's row comes first: what is written about somebody shares it through its foreign key,
    and placing an order locks it before it comes here.
    """
    await session.execute(select(User.id).where(User.id == user_id).with_for_update(read=True))
    await upsert(
        session, Member, {"user_id": user_id}, conflict_on=("user_id",), update={"user_id": user_id}
    )
    query = select(Member).where(Member.user_id == user_id).with_for_update()
    return (
        await session.execute(query, execution_options={"populate_existing": True})
    ).scalar_one()
