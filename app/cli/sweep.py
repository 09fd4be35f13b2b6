"""`axf sweep`: one pass of the timed work, as every running worker does it by itself."""

import asyncio

import typer

from app.background import Swept, sweep
from app.db import Database
from app.settings import get_settings


def sweep_once() -> None:
    """Close orders that were not paid in time and forget what nobody needs any more."""
    swept = asyncio.run(_sweep())
    typer.echo(f"{swept.closed} unpaid orders closed, {swept.pruned} old rows forgotten.")


async def _sweep() -> Swept:
    settings = get_settings()
    db = Database.connect(settings.database_url, pool_size=1)
    try:
        return await sweep(db)
    finally:
        await db.close()
