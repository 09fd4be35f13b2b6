"""The check of the books: rules over all tables, each a query that must find nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.audit.accounts import ACCOUNT_RULES
from app.services.audit.claims import CLAIM_RULES
from app.services.audit.coupons import COUPON_RULES
from app.services.audit.growth import GROWTH_RULES
from app.services.audit.messages import MESSAGE_RULES
from app.services.audit.money import MONEY_RULES
from app.services.audit.orders import ORDER_RULES
from app.services.audit.parcels import PARCEL_RULES
from app.services.audit.pictures import PICTURE_RULES
from app.services.audit.places import PLACE_RULES
from app.services.audit.points import POINT_RULES
from app.services.audit.reviews import REVIEW_RULES
from app.services.audit.rule import Rule
from app.services.audit.stock import STOCK_RULES

__all__ = ["RULES", "Finding", "Rule", "audit_books", "check_rules", "one_moment"]

RULES: Sequence[Rule] = (
    *STOCK_RULES,
    *ORDER_RULES,
    *MONEY_RULES,
    *CLAIM_RULES,
    *COUPON_RULES,
    *PARCEL_RULES,
    *POINT_RULES,
    *GROWTH_RULES,
    *REVIEW_RULES,
    *PICTURE_RULES,
    *PLACE_RULES,
    *ACCOUNT_RULES,
    *MESSAGE_RULES,
)
MOST_ROWS = 5
_BEGIN = {
    "sqlite": ("BEGIN",),
    # The statement's own words: it needs this level to see one moment.
    "mysql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule, with the first of the rows that break it."""

    rule: Rule
    rows: tuple[str, ...]
    has_more: bool


async def audit_books(session: AsyncSession) -> list[Finding]:
    """Check all rules against one moment of the shop, while it goes on. Needs autocommit."""
    async with one_moment(session):
        return await check_rules(session)


async def check_rules(session: AsyncSession) -> list[Finding]:
    """Check all rules in the transaction that the session is in."""
    findings = [await _check(session, rule) for rule in RULES]
    return [finding for finding in findings if finding.rows]


@asynccontextmanager
async def one_moment(session: AsyncSession) -> AsyncIterator[None]:
    """Every query in it sees the same data, and nobody waits for it."""
    name = session.get_bind().dialect.name
    for statement in _BEGIN["sqlite" if name == "sqlite" else "mysql"]:
        await session.execute(text(statement))
    try:
        yield
    finally:
        await session.execute(text("ROLLBACK"))


async def _check(session: AsyncSession, rule: Rule) -> Finding:
    result = await session.execute(text(f"{rule.sql} LIMIT {MOST_ROWS + 1}"))
    names = list(result.keys())
    rows = [
        ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
        for row in result
    ]
    return Finding(rule, tuple(rows[:MOST_ROWS]), len(rows) > MOST_ROWS)
