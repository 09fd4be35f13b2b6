"""How the staff's commands are carried out: with a database, and refusals said in one line."""

import asyncio
from collections.abc import Awaitable, Callable

import typer

from app.db import Database
from app.errors import ShopError
from app.i18n import EN, say, use_locale
from app.settings import get_settings

Work = Callable[[Database], Awaitable[str]]


def run_work(work: Work) -> None:
    """Say what was done, or in one line why not."""
    use_locale(EN)
    try:
        typer.echo(asyncio.run(_with_database(work)))
    except ShopError as error:
        typer.echo(say(error.message, error.params), err=True)
        raise typer.Exit(1) from None


async def _with_database(work: Work) -> str:
    db = Database.connect(get_settings().database_url, pool_size=1)
    try:
        return await work(db)
    finally:
        await db.close()
