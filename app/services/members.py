"""The row that holds a shopper's points and level."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.models import Member


async def lock_member(session: AsyncSession, user_id: int) -> Member:
    """The shopper's row, made if there is none yet; whoever else wants to change it waits.

    Every change of points or level begins with this, so that they happen one after the other.
    """
    await upsert(
        session, Member, {"user_id": user_id}, conflict_on=("user_id",), update={"user_id": user_id}
    )
    query = select(Member).where(Member.user_id == user_id).with_for_update()
    return (
        await session.execute(query, execution_options={"populate_existing": True})
    ).scalar_one()
