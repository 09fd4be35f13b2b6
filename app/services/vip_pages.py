"""How a regular stands with the shop, and what brought them there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import GrowthEntry, Member, Order, User
from app.services.growth import counts_at
from app.services.vip import LEVELS, YEAR, Level

PAGE = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """A shopper's level and growth, in fen. `until` is when the level is looked at again; None
    without one."""

    level: Level
    growth_fen: int
    until: datetime | None

    @property
    def next(self) -> Level | None:
        """The level to come; None at the top."""
        return next((level for level in LEVELS if level.number == self.level.number + 1), None)

    @property
    def goal_fen(self) -> int:
        """The growth that the progress bar ends at."""
        return (self.next or self.level).growth_from_fen

    @property
    def missing_fen(self) -> int:
        """How much more leads to the next level; 0 at the top."""
        return max(0, self.goal_fen - self.growth_fen)

    @property
    def missing_to_keep_fen(self) -> int:
        """How much more growth the present level needs by then; 0 when it is carried."""
        return max(0, self.level.growth_from_fen - self.growth_fen)


async def get_standing(session: AsyncSession, user_id: int, now: datetime) -> Standing:
    """In one statement."""
    growth = (
        select(func.coalesce(func.sum(GrowthEntry.fen), 0))
        .where(GrowthEntry.user_id == user_id, counts_at(now))
        .scalar_subquery()
    )
    row = (
        await session.execute(
            select(func.coalesce(Member.level, 0), Member.level_until, growth)
            .select_from(User)
            .outerjoin(Member, Member.user_id == User.id)
            .where(User.id == user_id)
        )
    ).one()
    return Standing(LEVELS[row[0]], max(0, int(row[2])), row[1])


@dataclass(frozen=True, slots=True)
class Growth:
    """A line of the ledger; it counts until `until`."""

    id: int
    kind: str
    fen: int
    order_no: str
    until: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class VipPage:
    """`next_before` leads to the older lines and is None on the last page."""

    standing: Standing
    levels: tuple[Level, ...]
    entries: tuple[Growth, ...]
    next_before: int | None


async def get_vip_page(
    session: AsyncSession, user_id: int, *, before: int | None = None, now: datetime
) -> VipPage:
    """The standing, and a page of the ledger by key: what is older than the line `before`."""
    standing = await get_standing(session, user_id, now)
    query = (
        select(GrowthEntry.id, GrowthEntry.kind, GrowthEntry.fen, Order.no, GrowthEntry.at)
        .join(Order, Order.id == GrowthEntry.order_id)
        .where(GrowthEntry.user_id == user_id)
        .order_by(GrowthEntry.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(GrowthEntry.id < before)
    rows = (await session.execute(query)).all()
    entries = tuple(
        Growth(id_, kind, fen, no, at + YEAR, at + YEAR > now)
        for id_, kind, fen, no, at in rows[:PAGE]
    )
    return VipPage(standing, LEVELS, entries, entries[-1].id if len(rows) > PAGE else None)
