"""The `axf` command: serve the shop, look after its database, bring data in."""

import typer
from pydantic import ValidationError

from app.cli import course, database, demo, serve, sweep
from app.settings import get_settings

main = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_show_locals=False
)
main.command("serve")(serve.serve)
main.add_typer(database.app, name="db")
main.add_typer(demo.app, name="demo")
main.command("import")(course.import_file)
main.command("sweep")(sweep.sweep_once)


@main.callback()
def check_settings() -> None:
    """Refuse to begin with settings that cannot be, one line for each."""
    try:
        get_settings()
    except ValidationError as error:
        for problem in error.errors():
            name = f"AXF_{'_'.join(map(str, problem['loc']))}: ".upper() if problem["loc"] else ""
            typer.echo(name + problem["msg"].removeprefix("Value error, "), err=True)
        raise typer.Exit(1) from None
