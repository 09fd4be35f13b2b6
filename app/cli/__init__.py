"""The `axf` command: serve the shop, look after its database, bring data in."""

import typer

from app.cli import course, database, demo, serve, sweep

main = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_show_locals=False
)
main.command("serve")(serve.serve)
main.add_typer(database.app, name="db")
main.add_typer(demo.app, name="demo")
main.command("import")(course.import_file)
main.command("sweep")(sweep.sweep_once)
