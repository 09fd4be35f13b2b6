"""`axf sweep` does one pass and says what it did."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from app.background import Swept, background_work
from app.cli import main, sweep
from app.db import Database
from app.errors import Unavailable
from app.models.base import utcnow
from app.settings import Settings
from tests.databases import fresh_database
from tests.factories import make_goods
from tests.shopping import make_buyer, order_of, place


async def place_overdue(session: AsyncSession) -> str:
    buyer = await make_buyer(session, (await make_goods(session), 1))
    return (await place(session, buyer.id, now=utcnow() - timedelta(hours=1))).no


async def test_a_pass_closes_what_is_overdue(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fresh_database(database_url, tmp_path) as url:
        db = Database.connect(url, pool_size=1)
        no = await db.write(place_overdue)
        monkeypatch.setattr(sweep, "get_settings", lambda: Settings(database_url=url))

        swept = await sweep._sweep()

        order = await db.read(order_of, no)
        await db.close()
    assert (swept.closed, order.status, order.close_reason) == (1, "closed", "timeout")


def test_the_command_says_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    async def swept() -> Swept:
        return Swept(closed=3, pruned=7)

    monkeypatch.setattr(sweep, "_sweep", swept)

    result = CliRunner().invoke(main, ["sweep"])

    assert result.exit_code == 0
    assert result.output == "3 unpaid orders closed, 7 old rows forgotten.\n"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Unavailable(), "the timed work waits"),
        (RuntimeError("inner workings"), "RuntimeError: inner workings"),
    ],
    ids=["away", "bug"],
)
async def test_a_running_shop_sweeps_and_survives_a_bad_pass(
    real_db: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: Exception,
    words: str,
) -> None:
    no = await real_db.write(place_overdue)
    passes = []
    whole = real_db.write

    async def write(*arguments: object, **more: object) -> object:
        passes.append(arguments)
        if len(passes) == 1:
            raise trouble
        return await whole(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("app.background.SECONDS_BETWEEN", 0.01)
    monkeypatch.setattr(real_db, "write", write)

    async with background_work(real_db):
        for _ in range(500):
            if (await real_db.read(order_of, no)).status == "closed":
                break

    assert (await real_db.read(order_of, no)).status == "closed"
    first = next(record for record in caplog.records if record.name == "axf.sweep")
    assert words in caplog.text
    assert bool(first.exc_info) is isinstance(trouble, RuntimeError)
