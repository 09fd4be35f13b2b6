"""`axf audit` says what does not add up, and its exit code says whether something does not."""

from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from app.cli import audit, main
from app.db import Database, count_changed
from app.models import Stock
from app.services.audit import RULES, Finding
from app.settings import Settings
from tests.databases import fresh_database
from tests.factories import make_goods


def test_a_sound_shop_is_exit_code_0(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing() -> list[Finding]:
        return []

    monkeypatch.setattr(audit, "_audit", nothing)

    result = CliRunner().invoke(main, ["audit"])

    assert result.exit_code == 0
    assert result.output == f"{len(RULES)} rules checked, 0 broken.\n"


def test_what_is_broken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def something() -> list[Finding]:
        return [Finding(RULES[0], ("goods_id 1, on_hand 3, moves 2",), has_more=True)]

    monkeypatch.setattr(audit, "_audit", something)

    result = CliRunner().invoke(main, ["audit"])

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "stock.on_hand: what is in the store is the sum of its moves",
        "  goods_id 1, on_hand 3, moves 2",
        "  ...",
        f"{len(RULES)} rules checked, 1 broken.",
    ]


async def test_the_real_books_are_read(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fresh_database(database_url, tmp_path) as url:
        db = Database.connect(url, pool_size=1)
        await db.write(make_goods)
        await db.write(count_changed, update(Stock).values(on_hand=11))
        await db.close()
        monkeypatch.setattr(audit, "get_settings", lambda: Settings(database_url=url))

        findings = await audit._audit()

    assert [finding.rule.name for finding in findings] == ["stock.on_hand"]
