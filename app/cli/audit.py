"""`axf audit`: does everything in the shop's books add up?"""

import asyncio
from collections.abc import Sequence

import typer

from app.db import Database
from app.services.audit import RULES, Finding, audit_books
from app.settings import get_settings

# The whole shop is read in one go, which may take longer than a request should.
SECONDS = 600.0


def audit() -> None:
    """Check that stock, orders, money and parcels add up; exit code 1 when something does not."""
    findings = asyncio.run(_audit())
    for finding in findings:
        typer.echo(_describe(finding))
    typer.echo(f"{len(RULES)} rules checked, {len(findings)} broken.")
    if findings:
        raise typer.Exit(1)


def _describe(finding: Finding) -> str:
    rows: Sequence[str] = (*finding.rows, "...") if finding.has_more else finding.rows
    head = f"{finding.rule.name}: {finding.rule.says}"
    return "\n  ".join([head, *rows])


async def _audit() -> list[Finding]:
    db = Database.connect(get_settings().database_url, pool_size=1, budget=SECONDS)
    try:
        return await db.read(audit_books)
    finally:
        await db.close()
