"""`axf serve`: answer shoppers."""

from typing import Annotated

import typer
import uvicorn

from app.logs import LOGGING
from app.server import CarefulProtocol


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="First migrate, and fill an empty shop with goods.")
    ] = False,
) -> None:
    """Serve the shop on HTTP."""
    if demo:
        from app.cli import database  # noqa: PLC0415 - only this option needs them
        from app.cli.demo import load_if_empty  # noqa: PLC0415

        database.upgrade()
        load_if_empty()
    typer.echo(f"The shop is open: http://{host}:{port}/")
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=CarefulProtocol,
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
