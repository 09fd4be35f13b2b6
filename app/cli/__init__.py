"""The `axf` command: serve the shop, look after its database, bring data in."""

import typer
from pydantic import ValidationError

from app.cli import audit, coupons, course, database, demo, orders, reviews, serve, shipments, sweep
from app.providers.registry import make_providers
from app.settings import get_settings

main = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_show_locals=False
)
main.command("serve")(serve.serve)
main.add_typer(database.app, name="db")
main.add_typer(demo.app, name="demo")
main.add_typer(orders.app, name="orders")
main.add_typer(shipments.app, name="shipments")
main.add_typer(reviews.app, name="reviews")
main.add_typer(coupons.app, name="coupons")
main.command("import")(course.import_file)
main.command("sweep")(sweep.sweep_once)
main.command("audit")(audit.audit)


@main.callback()
def check_settings() -> None:
    """Refuse to begin with settings that cannot be, one line for each."""
    try:
        make_providers(get_settings())
    except ValidationError as error:
        for problem in error.errors():
            name = f"AXF_{'_'.join(map(str, problem['loc']))}: ".upper() if problem["loc"] else ""
            typer.echo(name + problem["msg"].removeprefix("Value error, "), err=True)
        raise typer.Exit(1) from None
    except ValueError as error:  # a key that cannot be read
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
