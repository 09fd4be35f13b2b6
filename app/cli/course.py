"""`axf import`: the axf course's SQL files."""

import asyncio
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy.exc import IntegrityError

from app.db import Database
from app.errors import Unavailable
from app.services.course.file import BadFile, read_course_file
from app.services.course.importing import import_course
from app.services.course.plan import Plan, plan_import
from app.services.course.report import Report
from app.services.health import is_schema_current
from app.settings import get_settings

# A whole catalogue in one transaction takes longer than any visitor would wait.
SECONDS = 120.0
MOST_REASONS = 50

COLUMNS = ("read", "new", "changed", "unchanged", "skipped", "refused")


def import_file(
    file: Annotated[Path, typer.Argument(help="An SQL file of the axf course.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report: do everything and take it back.")
    ] = False,
) -> None:
    """Import goods, types and home page of an axf course SQL file: all of it or nothing.

    Names, prices and places follow the file each time; stock and sales only when a good is new.
    """
    try:
        plan = plan_import(read_course_file(file))
    except BadFile as problem:
        _fail(f"{file}: {problem}. Nothing was imported.")
    report = plan.report if plan.report.refusals else _import(plan, dry_run=dry_run)
    _print(report, file, dry_run=dry_run)
    if report.refusals:
        raise typer.Exit(1)


def _fail(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)


def _import(plan: Plan, *, dry_run: bool) -> Report:
    try:
        return asyncio.run(_write(plan, dry_run=dry_run))
    except Unavailable:
        _fail("The database does not answer, or not in time. Nothing was imported.")
    except IntegrityError:
        _fail("Something else changed the goods at the same time. Nothing was imported; try again.")


async def _write(plan: Plan, *, dry_run: bool) -> Report:
    db = Database.connect(get_settings().database_url, pool_size=1, budget=SECONDS)
    try:
        if not await db.read(is_schema_current):
            _fail("The database is not up to date. First run: axf db upgrade")
        return await db.write(import_course, plan, dry_run=dry_run)
    finally:
        await db.close()


def _print(report: Report, file: Path, *, dry_run: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    numbers = [Column(heading, justify="right") for heading in COLUMNS]
    table = Table("table", *numbers)
    for name, tally in report.tallies.items():
        if tally.read:
            table.add_row(name, *(str(getattr(tally, column)) for column in COLUMNS))
    if table.row_count:
        console.print(table)
    if report.foreign:
        names = ", ".join(f"{name} ({count})" for name, count in sorted(report.foreign.items()))
        console.print(escape(f"Passed over, unread: {names}"))
    _print_refusals(console, report, file)
    console.print(_verdict(report, dry_run=dry_run))


def _print_refusals(console: Console, report: Report, file: Path) -> None:
    for refusal in report.refusals[:MOST_REASONS]:
        table = f"{refusal.table}: " if refusal.table else ""
        console.print(escape(f"{file}:{refusal.line}: {table}{refusal.reason}"))
    if len(report.refusals) > MOST_REASONS:
        console.print(f"… and {len(report.refusals) - MOST_REASONS} more")


def _verdict(report: Report, *, dry_run: bool) -> str:
    if report.refusals:
        return "Nothing was imported."
    if dry_run:
        return "This was a dry run: nothing was imported."
    new = sum(tally.new for tally in report.tallies.values())
    changed = sum(tally.changed for tally in report.tallies.values())
    return f"Imported: {new} new and {changed} changed."
