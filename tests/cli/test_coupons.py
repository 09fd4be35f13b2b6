"""`axf coupons`: what staff do with coupons."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from app.cli import main, staff_work
from app.db import Database
from app.settings import Settings
from tests.couponing import claimed_of, make_offer_of
from tests.databases import fresh_database
from tests.factories import make_user


@pytest.fixture
async def staff_db(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    async with fresh_database(database_url, tmp_path) as url:
        settings = Settings(_env_file=None, database_url=url)
        monkeypatch.setattr(staff_work, "get_settings", lambda: settings)
        db = Database.connect(url, pool_size=1)
        yield db
        await db.close()


async def run(*words: str) -> tuple[int, str]:
    """In a thread, since the command brings an event loop of its own."""
    result = await to_thread.run_sync(CliRunner().invoke, main, ["coupons", *words])
    return result.exit_code, result.output.strip()


async def test_a_coupon_is_given_once(staff_db: Database) -> None:
    async def open_shop(session: AsyncSession) -> int:
        await make_user(session, username="Bee")
        return (await make_offer_of(session, key="sorry", is_listed=False)).id

    template_id = await staff_db.write(open_shop)

    assert await run("give", "sorry", "bee") == (0, "bee has the coupon sorry.")
    assert await run("give", "sorry", "BEE") == (1, "You have had this coupon already")
    assert await staff_db.read(claimed_of, template_id) == (1, 1)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("sorry", "nobody"), "There is no shopper of that name"),
        (("unknown", "bee"), "There is no coupon of that key"),
    ],
)
async def test_what_is_not_known_is_said(
    staff_db: Database, words: tuple[str, str], answer: str
) -> None:
    async def open_shop(session: AsyncSession) -> None:
        await make_user(session, username="bee")
        await make_offer_of(session, key="sorry")

    await staff_db.write(open_shop)

    assert await run("give", *words) == (1, answer)


async def test_all_coupons_are_listed(staff_db: Database) -> None:
    assert await run("list") == (0, "The shop has no coupons.")

    async def open_shop(session: AsyncSession) -> None:
        await make_offer_of(session, key="a", title="One", total=5, per_user=2)
        await make_offer_of(session, key="b", title="Two", is_listed=False)

    await staff_db.write(open_shop)

    assert (await run("list"))[1].splitlines() == [
        "a: One, 0 of 5 handed out, 2 for each shopper, listed",
        "b: Two, 0 handed out, 1 for each shopper, hidden",
    ]
