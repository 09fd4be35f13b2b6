"""Bringing an axf course file into the shop: all of it or nothing."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.course.goods import write_goods
from app.services.course.home import write_blocks
from app.services.course.plan import Plan
from app.services.course.report import Report
from app.services.course.types import list_shelves, write_types


async def import_course(session: AsyncSession, plan: Plan, *, dry_run: bool = False) -> Report:
    """Write what the plan holds and the shop does not have yet, or has differently.

    One refused row is enough for nothing to be written. A dry run writes everything, to find what
    the database might refuse, and takes it back.
    """
    report = plan.report.copy()
    if not report.refusals:
        await _refuse_homeless_goods(session, plan, report)
    if report.refusals:
        return report
    await write_types(session, list(plan.types.values()), report.tallies["axf_foodtypes"])
    shelves = await list_shelves(session)
    goods = list(plan.goods.values())
    await write_goods(session, goods, shelves, report.tallies["axf_goods"])
    await write_blocks(session, list(plan.blocks.values()), shelves, report.tallies)
    if dry_run:
        await session.rollback()
    else:
        report.is_imported = True
    return report


async def _refuse_homeless_goods(session: AsyncSession, plan: Plan, report: Report) -> None:
    known = {*plan.types, *await list_shelves(session)}
    for row in plan.goods.values():
        if row.type_number not in known:
            reason = f"categoryid {row.type_number} is no food type of the file or the shop"
            report.refuse(row.line, "axf_goods", reason)
