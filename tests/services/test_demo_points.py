"""The demo shop's regular has points to spend, points to come, and a story of both."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User
from app.models.base import utcnow
from app.services.audit.points import POINT_RULES
from app.services.points.ledger import get_page
from tests.services.test_demo import load
from tests.shopping import wrong_books


async def test_the_regular_has_points_and_a_ledger(session: AsyncSession) -> None:
    await load(session)
    user_id = (await session.scalars(select(User.id).where(User.username == "xiaoman"))).one()

    page = await get_page(session, user_id, before=None, now=utcnow())

    assert (page.purse.balance, page.purse.usable) == (1_280, 1_280)
    assert (page.week.streak, page.week.is_done) == (5, False)
    assert page.coming
    assert page.going is not None
    assert {entry.source for entry in page.entries} == {"order", "checkin", "gift"}
    assert [entry.at for entry in page.entries] == sorted(
        [entry.at for entry in page.entries], reverse=True
    )
    broken = {wrong.partition(":")[0] for wrong in await wrong_books(session)}
    assert broken & {rule.name for rule in POINT_RULES} == set()
