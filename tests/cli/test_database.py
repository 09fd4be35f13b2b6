"""`axf db`: bring the schema up, down, and compare it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import main
from app.settings import get_settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the command finds the shop's database; there is none yet."""
    file = tmp_path / "new" / "axf.db"
    monkeypatch.setenv("AXF_DATABASE_URL", f"sqlite:///{file}")
    get_settings.cache_clear()
    yield file
    get_settings.cache_clear()


def axf(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def tables_in(file: Path) -> set[str]:
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {name for (name,) in rows}


def test_upgrade_makes_file_and_tables(file: Path) -> None:
    result = axf("db", "upgrade")

    assert (result.exit_code, result.output) == (0, "The database is up to date.\n")
    assert {"users", "goods", "orders", "alembic_version"} <= tables_in(file)


def test_a_second_upgrade_changes_nothing(file: Path) -> None:
    axf("db", "upgrade")
    before = file.read_bytes()

    result = axf("db", "upgrade")

    assert (result.exit_code, file.read_bytes()) == (0, before)


def test_downgrade_takes_every_table_away(file: Path) -> None:
    axf("db", "upgrade")

    result = axf("db", "downgrade", "base")

    assert (result.exit_code, result.output) == (0, "The database is at base.\n")
    assert tables_in(file) == {"alembic_version"}


def test_downgrade_must_be_told_how_far(file: Path) -> None:
    axf("db", "upgrade")

    result = axf("db", "downgrade")

    assert result.exit_code == 2
    assert "orders" in tables_in(file)


@pytest.mark.parametrize("command", ["upgrade", "downgrade"])
def test_an_unknown_revision_is_refused_in_one_line(file: Path, command: str) -> None:
    axf("db", "upgrade")

    result = axf("db", command, "nonsense")

    assert result.exit_code == 1
    assert "nonsense" in result.output
    assert len(result.output.splitlines()) == 1
    assert "orders" in tables_in(file)


def test_check_is_content_with_a_fresh_schema(file: Path) -> None:
    axf("db", "upgrade")

    assert axf("db", "check").exit_code == 0


def test_check_names_what_differs(file: Path) -> None:
    axf("db", "upgrade")
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE stock_moves")
    connection.close()

    result = axf("db", "check")

    assert result.exit_code == 1
    assert "stock_moves" in result.output


def test_check_of_a_database_without_tables_says_what_to_do(file: Path) -> None:
    result = axf("db", "check")

    assert result.exit_code == 1
    assert "axf db upgrade" in result.output


def test_a_database_that_cannot_be_reached_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AXF_DATABASE_URL", "mysql://axf@localhost/axf?unix_socket=/none")
    get_settings.cache_clear()

    result = axf("db", "upgrade")

    get_settings.cache_clear()
    assert result.exit_code == 1
    assert "Can't connect to MySQL server" in result.output
    assert len(result.output.splitlines()) == 1
