"""`axf demo`: a shop to look at."""

import typer

app = typer.Typer(no_args_is_help=True, help="A demo shop with goods, shoppers and orders.")


@app.callback()
def main() -> None:
    """A demo shop with goods, shoppers and orders."""


def load_if_empty() -> None:
    """Load the demo shop unless there are goods already."""
