"""`axf sweep`: the timed work, all of it, now; running workers do it by themselves."""

import asyncio

import typer

from app.background import Job, Tools, run_all_jobs
from app.db import Database
from app.providers.registry import make_providers
from app.settings import get_settings


def sweep_once() -> None:
    """Do every timed job once: close, refund, confirm, ask, open, forget."""
    results = asyncio.run(_sweep())
    for job, number in results.items():
        typer.echo(f"{job.name:<16}{'failed' if number is None else f'{number} {job.says}'}")
    if None in results.values():
        raise typer.Exit(1)


async def _sweep() -> dict[Job, int | None]:
    settings = get_settings()
    db = Database.connect(settings.database_url, pool_size=1)
    try:
        return await run_all_jobs(Tools(db, settings, make_providers(settings)))
    finally:
        await db.close()
