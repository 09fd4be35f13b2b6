"""`axf demo load`, and the load that opens an empty shop."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner, Result

from alembic import command
from app.cli import main
from app.cli.database import alembic_config
from app.cli.demo import load_if_empty
from app.db import Database
from app.engine import make_engine
from app.models import Base, Goods, User
from app.security import check_password
from app.services.demo.files import read_password
from app.settings import get_settings
from tests.databases import fresh_database
from tests.factories import make_goods, make_user


@pytest.fixture
async def url(database_url: str, tmp_path: Path) -> AsyncIterator[str]:
    async with fresh_database(database_url, tmp_path) as url:
        yield url


@pytest.fixture(autouse=True)
def environment(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The command's settings point at the test's own database and folder."""
    monkeypatch.setenv("AXF_DATABASE_URL", url)
    monkeypatch.setenv("AXF_MEDIA_DIR", str(tmp_path / "media"))
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture
async def shop(url: str) -> AsyncIterator[Database]:
    db = Database.connect(url, pool_size=1)
    yield db
    await db.close()


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXF_ENV", "production")
    monkeypatch.setenv("AXF_PAYMENT_PROVIDER", "sandbox")
    monkeypatch.setenv("AXF_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("AXF_ALLOWED_HOSTS", "shop.example")


async def axf(*arguments: str) -> Result:
    """Run the command in a thread, where it may have an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, main, arguments)


async def count(session: AsyncSession, model: type[Base]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_the_demo_shop_is_loaded_once(shop: Database) -> None:
    first = await axf("demo", "load")
    second = await axf("demo", "load")

    assert first.exit_code == second.exit_code == 0
    assert first.stdout.splitlines() == [
        "The demo shop is loaded: 12 types, 239 goods, 27 blocks of the home page,"
        " 4 shoppers, 20 orders, 2 flash sales, 8 coupons.",
        "Log in as xiaoman, annie, 阿哲, 桂香奶奶; the password is fresh-honey-8",
    ]
    assert second.stdout.startswith("Nothing was new")
    assert await shop.read(count, Goods) == 239


async def test_a_pipe_sees_no_progress_bar(shop: Database) -> None:
    result = await axf("demo", "load")

    assert result.stderr == ""


async def test_a_terminal_sees_a_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", screen)

    await asyncio.to_thread(load_if_empty)

    assert "Demo shop: goods" in screen.getvalue()


async def test_demo_shoppers_log_in_with_the_published_password(shop: Database) -> None:
    await axf("demo", "load")

    async def hashes(session: AsyncSession) -> list[str]:
        return list(await session.scalars(select(User.password_hash)))

    stored = await shop.read(hashes)
    assert len(set(stored)) == 4
    assert [await check_password(read_password(), one) for one in stored] == [(True, None)] * 4


@pytest.mark.usefixtures("production")
async def test_production_has_no_shoppers_whose_password_is_known(shop: Database) -> None:
    result = await axf("demo", "load")

    assert result.exit_code == 0
    assert "0 shoppers, 0 orders" in result.stdout
    assert "In production without its shoppers" in result.stdout
    assert read_password() not in result.stdout
    assert (await shop.read(count, Goods), await shop.read(count, User)) == (239, 0)


async def test_an_empty_shop_is_filled(shop: Database, capsys: pytest.CaptureFixture[str]) -> None:
    await asyncio.to_thread(load_if_empty)

    assert await shop.read(count, Goods) == 239
    assert "239 goods" in capsys.readouterr().out


async def test_a_shop_with_goods_is_not_filled(
    shop: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await shop.write(make_goods)

    await asyncio.to_thread(load_if_empty)

    assert await shop.read(count, Goods) == 1
    assert capsys.readouterr().out == ""


async def test_an_old_schema_is_named_as_the_reason(url: str) -> None:
    engine = make_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(_downgrade)
    await engine.dispose()

    result = await axf("demo", "load")

    assert result.exit_code == 1
    assert "axf db upgrade" in result.stderr


def _downgrade(connection: object) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


async def test_a_demo_shopper_has_a_face_that_stays_what_it_is(
    shop: Database, tmp_path: Path
) -> None:
    await axf("demo", "load")
    faces = await shop.read(_faces)
    await axf("demo", "load")

    digest = faces["xiaoman"]
    assert await shop.read(_faces) == faces
    assert list((tmp_path / "media").rglob(f"{digest}-small.webp")) != []


@pytest.mark.usefixtures("production")
async def test_in_production_nobody_gets_a_face(shop: Database) -> None:
    await shop.write(make_user, username="xiaoman")

    await axf("demo", "load")

    assert await shop.read(_faces) == {"xiaoman": None}


async def _faces(session: AsyncSession) -> dict[str, str | None]:
    found = await session.execute(select(User.username, User.avatar))
    return {name: avatar for name, avatar in found if name == "xiaoman"}
