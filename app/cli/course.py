"""`axf import`: the axf course's SQL files."""

from pathlib import Path


def import_file(file: Path, dry_run: bool = False) -> None:
    """Import the content tables of an axf course SQL file."""
