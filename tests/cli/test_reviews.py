"""`axf reviews`: what staff do with reviews."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from app.cli import main, staff_work
from app.db import Database
from app.models import Review
from app.settings import Settings
from tests.databases import fresh_database
from tests.factories import make_goods
from tests.reviewing import BAD, make_review, rating_of, reviews_of


class Desk(NamedTuple):
    """A shop in which one bad review waits, and its command line."""

    db: Database
    review: Review

    async def run(self, *words: str) -> tuple[int, str]:
        """In a thread, since the command brings an event loop of its own."""
        result = await to_thread.run_sync(CliRunner().invoke, main, ["reviews", *words])
        return result.exit_code, result.output

    async def now(self) -> Review:
        return (await self.db.read(reviews_of, self.review.user_id))[0]


async def _make(session: AsyncSession) -> Review:
    opinion = replace(BAD, body="Line one\nline two")
    return await make_review(session, await make_goods(session), opinion, approve=False)


@pytest.fixture
async def desk(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    async with fresh_database(database_url, tmp_path) as url:
        settings = Settings(_env_file=None, database_url=url)
        monkeypatch.setattr(staff_work, "get_settings", lambda: settings)
        db = Database.connect(url, pool_size=1)
        yield Desk(db, await db.write(_make))
        await db.close()


async def test_a_review_is_read_approved_answered_and_hidden(desk: Desk) -> None:
    number = str(desk.review.id)
    status, listed = await desk.run("queue")
    assert status == 0
    for text in ("on Fuji apple: 1 stars", "waits for: first", "Line one / line two"):
        assert text in listed

    assert await desk.run("approve", number) == (0, f"Review {number} can be read by everybody.\n")
    assert (await desk.db.read(rating_of, desk.review.goods_id)).count == 1
    assert (await desk.run("reply", number, "Sorry"))[0] == 0
    assert (await desk.run("hide", number, "--reason", "rude"))[0] == 0

    review = await desk.now()
    assert (review.status, review.hidden_reason, review.reply) == ("hidden", "rude", "Sorry")
    assert (await desk.db.read(rating_of, desk.review.goods_id)).count == 0
    assert await desk.run("queue") == (0, "None.\n")


async def test_a_bad_review_is_looked_after(desk: Desk) -> None:
    number = str(desk.review.id)
    assert f"{number}  " in (await desk.run("cases"))[1]

    assert (await desk.run("close-case", number, "--as", "ann"))[0] == 0

    assert await desk.run("cases") == (0, "None.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "404"),
        ("hide", "404", "--reason", "x"),
        ("hide", "1"),
        ("hide", "1", "--reason", " "),
        ("hide", "1", "--reason", "x" * 61),
        ("reply", "1", "x" * 501),
        ("approve", "0"),
        ("approve", "x"),
        ("close-case", "404"),
    ],
)
async def test_what_cannot_be_done_is_said(desk: Desk, words: tuple[str, ...]) -> None:
    status, _ = await desk.run(*words)

    assert status != 0
    assert (await desk.now()).status == "pending"
