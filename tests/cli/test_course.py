"""`axf import` at the command line: its report, its refusals and its exit code."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import main
from app.db import Database
from app.services.demo.loading import has_goods
from app.settings import ROOT, get_settings
from tests.databases import empty_database, fresh_database

COURSE = ROOT / "tests" / "data" / "course.sql"
DUMP = ROOT / "tests" / "data" / "dump.sql"


@pytest.fixture
async def url(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """The shop's database, for the command too."""
    async with fresh_database(database_url, tmp_path) as url:
        monkeypatch.setenv("AXF_DATABASE_URL", url)
        get_settings.cache_clear()
        yield url
        get_settings.cache_clear()


async def run(*arguments: str | Path) -> Result:
    """The command has an event loop of its own, so it gets a thread of its own."""
    words = ["import", *map(str, arguments)]
    return await asyncio.to_thread(CliRunner().invoke, main, words)


async def shop_has_goods(url: str) -> bool:
    db = Database.connect(url, pool_size=1)
    try:
        return await db.read(has_goods)
    finally:
        await db.close()


async def test_the_first_import_is_new_and_the_second_is_not(url: str) -> None:
    first, second = await run(COURSE), await run(COURSE)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Imported: 13 new and 0 changed." in first.output
    assert "Imported: 0 new and 0 changed." in second.output
    assert "axf_goods" in first.output


async def test_a_dry_run_leaves_the_shop_as_it_was(url: str) -> None:
    answer = await run(COURSE, "--dry-run")

    assert answer.exit_code == 0
    assert "dry run" in answer.output
    assert not await shop_has_goods(url)


async def test_foreign_tables_are_named_and_not_shown(url: str) -> None:
    answer = await run(DUMP)

    assert "Passed over, unread: auth_user (1)" in answer.output
    assert "secret" not in answer.output
    assert "honey;badger" not in answer.output


async def test_a_file_cut_off_is_named_with_its_line(url: str, tmp_path: Path) -> None:
    file = tmp_path / "cut.sql"
    content = COURSE.read_bytes()
    file.write_bytes(content[: content.index("蜂农".encode()) + 2])  # in the middle of a character

    answer = await run(file)

    assert answer.exit_code == 1
    assert f"{file}:7: the file is cut off here" in answer.output
    assert "Nothing was imported." in answer.output
    assert not await shop_has_goods(url)


async def test_a_bad_row_is_named_with_its_table(url: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.sql"
    file.write_text(COURSE.read_text().replace(",15.80,", ",[red],"))

    answer = await run(file)

    assert answer.exit_code == 1
    assert f"{file}:5: axf_goods: " in answer.output
    assert not await shop_has_goods(url)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "gbk", "utf-16"])
async def test_other_encodings_are_understood(url: str, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "other.sql"
    file.write_bytes(COURSE.read_text().encode(encoding))
    await run(COURSE)

    answer = await run(file)

    assert "Imported: 0 new and 0 changed." in answer.output


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n ", "it is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not a text file"),
        (b"\xff\xfe\x00\xdca\x00", "line 1 is not UTF-16 text"),
        ("苹果".encode() * 99 + b"\n\xff\n" + "苹果".encode(), "line 2 is not UTF-8 text"),
        (b"ok\n\xff\xff\n", "line 2 is not GB18030 text"),
        (b"hello\n", "no row of the course's tables"),
        (b"-" * (32 * 1024 * 1024 + 1), "larger than 32 MB"),
    ],
)
async def test_a_bad_file_is_refused_in_words(
    url: str, tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "bad.sql"
    file.write_bytes(content)

    answer = await run(file)

    assert answer.exit_code == 1
    assert reason in answer.output
    assert "Nothing was imported." in answer.output


@pytest.mark.parametrize(("name", "reason"), [("missing.sql", "No such file"), ("", "not a file")])
async def test_what_is_no_file_is_refused_in_words(
    url: str, tmp_path: Path, name: str, reason: str
) -> None:
    answer = await run(tmp_path / name)

    assert answer.exit_code == 1
    assert reason in answer.output


async def test_a_database_without_tables_is_not_touched(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with empty_database(database_url, tmp_path) as url:
        monkeypatch.setenv("AXF_DATABASE_URL", url)
        get_settings.cache_clear()
        answer = await run(COURSE)
    get_settings.cache_clear()

    assert answer.exit_code == 1
    assert "axf db upgrade" in answer.output
