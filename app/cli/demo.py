"""`axf demo`: a shop to look at."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import Progress

from app.db import Database
from app.models.base import utcnow
from app.security import hash_password
from app.services.demo import loading as demo
from app.services.demo.avatars import show_faces
from app.services.demo.files import read_password, read_shoppers
from app.services.demo.loading import Added
from app.services.demo.shoppers import list_missing_shoppers
from app.services.health import is_schema_current
from app.services.quote import Delivery
from app.settings import Settings, get_settings
from app.storage import make_storage

app = typer.Typer(no_args_is_help=True, help="A demo shop with goods, shoppers and orders.")

# A whole catalogue in one transaction takes longer than any visitor would wait.
SECONDS = 120.0


@app.callback()
def main() -> None:
    """A demo shop with goods, shoppers and orders."""


@app.command()
def load() -> None:
    """Add what this shop does not have of the demo shop; nothing else is touched."""
    asyncio.run(_with_database(_load))


def load_if_empty() -> None:
    """Load the demo shop unless there are goods already."""
    asyncio.run(_with_database(_load_if_empty))


async def _with_database(work: Callable[[Database, Settings], Awaitable[None]]) -> None:
    settings = get_settings()
    db = Database.connect(settings.database_url, pool_size=1, budget=SECONDS)
    try:
        await work(db, settings)
    finally:
        await db.close()


async def _load_if_empty(db: Database, settings: Settings) -> None:
    if not await db.read(demo.has_goods):
        await _load(db, settings)


async def _load(db: Database, settings: Settings) -> None:
    if not await db.read(is_schema_current):
        typer.echo("The database is not up to date. First run: axf db upgrade", err=True)
        raise typer.Exit(1)
    with _progress() as on_step:
        added = await db.write(
            demo.load,
            password_hashes=await _hash_passwords(db, settings),
            delivery=Delivery(settings.delivery_fee_fen, settings.free_delivery_fen),
            now=utcnow(),
            on_step=on_step,
        )
    if not settings.is_production:  # there, whoever has that name is somebody else
        await show_faces(db, make_storage(settings))
    _report(added, settings)


async def _hash_passwords(db: Database, settings: Settings) -> dict[str, str]:
    """By username, for the shoppers to be added: in production none, as all know the password.

    Made before the transaction begins, which must not wait for it.
    """
    if settings.is_production:
        return {}
    missing = [shopper.username for shopper in await db.read(list_missing_shoppers)]
    hashes = await asyncio.gather(*(hash_password(read_password()) for _ in missing))
    return dict(zip(missing, hashes, strict=True))


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A bar that is told how many steps are done; only a terminal shows it."""
    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("", total=len(demo.STEPS))

        def show(done: int) -> None:
            step = demo.STEPS[min(done, len(demo.STEPS) - 1)]
            bar.update(task, completed=done, description=f"Demo shop: {step}", refresh=True)

        yield show


def _report(added: Added, settings: Settings) -> None:
    if added:
        typer.echo(
            f"The demo shop is loaded: {added.types} types, {added.goods} goods,"
            f" {added.blocks} blocks of the home page, {added.shoppers} shoppers,"
            f" {added.orders} orders, {added.sales} flash sales,"
            f" {added.coupons} coupons."
        )
    else:
        typer.echo("Nothing was new: the demo shop is complete.")
    if settings.is_production:
        typer.echo("In production without its shoppers: everybody knows their password.")
    else:
        names = ", ".join(shopper.username for shopper in read_shoppers())
        typer.echo(f"Log in as {names}; the password is {read_password()}")
