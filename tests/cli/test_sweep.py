"""`axf sweep` does every timed job once and says what it did."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from app.background import JOBS, Job
from app.cli import main, sweep
from app.db import Database
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
        settings = Settings(_env_file=None, database_url=url)
        monkeypatch.setattr(sweep, "get_settings", lambda: settings)

        results = await sweep._sweep()

        order = await db.read(order_of, no)
        await db.close()
    numbers = {job.name: number for job, number in results.items()}
    assert (numbers["close_due"], order.status, order.close_reason) == (1, "closed", "timeout")
    assert numbers["open_slots"]
    assert list(results) == list(JOBS)


@pytest.mark.parametrize(
    ("number", "said", "code"), [(3, "3 unpaid orders closed", 0), (None, "failed", 1)]
)
def test_the_command_says_what_it_did(
    monkeypatch: pytest.MonkeyPatch, number: int | None, said: str, code: int
) -> None:
    async def swept() -> dict[Job, int | None]:
        return {JOBS[0]: number}

    monkeypatch.setattr(sweep, "_sweep", swept)

    result = CliRunner().invoke(main, ["sweep"])

    assert result.exit_code == code
    assert result.output == f"close_due       {said}\n"
