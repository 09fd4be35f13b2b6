"""`axf shipments`: what staff do with parcels."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from app.cli import main, staff_work
from app.db import Database
from app.models import Refund, Shipment
from app.settings import Settings
from tests.databases import fresh_database
from tests.shipping import Picked, make_picked, parcel_of
from tests.shopping import order_of


class Counter(NamedTuple):
    """A shop with one order that is being packed, and its command line."""

    db: Database
    order: Picked

    async def run(self, *words: str) -> tuple[int, str]:
        """In a thread, since the command brings an event loop of its own."""
        result = await to_thread.run_sync(CliRunner().invoke, main, ["shipments", *words])
        return result.exit_code, result.output

    async def create(self, *words: str) -> str:
        """Pack a parcel; its number."""
        status, output = await self.run("create", self.order.no, *words)
        found = re.search(r"Parcel ([0-9A-Z]{20}) is packed", output)
        assert status == 0, output
        assert found is not None
        return found[1]


@pytest.fixture
async def counter(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Counter]:
    async with fresh_database(database_url, tmp_path) as url:
        settings = Settings(_env_file=None, database_url=url)
        monkeypatch.setattr(staff_work, "get_settings", lambda: settings)
        db = Database.connect(url, pool_size=1)
        yield Counter(db, await db.write(make_picked, 3, 1))
        await db.close()


async def test_an_order_is_sent_in_two_parcels(counter: Counter) -> None:
    line = counter.order.lines[0]
    rider = await counter.create(
        "--rider", "王师傅", "--phone", "13911112222", "--line", f"{line}=2"
    )
    courier = await counter.create("--carrier", "sf", "--tracking", "SF1000")

    _, output = await counter.run("show", counter.order.no)

    assert f"line {line}: Fuji apple × 3, 0 not sent" in output
    assert f"parcel {rider}: rider, packed" in output
    assert f"parcel {courier}: courier, packed" in output
    assert (await counter.db.read(parcel_of, courier)).tracking_no == "SF1000"


async def test_a_parcel_goes_out_and_arrives(counter: Counter) -> None:
    no = await counter.create("--rider", "王师傅")

    out = await counter.run("out", no, "--minutes", "30")
    arrived = await counter.run("deliver", no)

    assert out == (0, f"Parcel {no} is out.\n")
    assert arrived == (0, f"Parcel {no} is delivered.\n")
    parcel = await counter.db.read(parcel_of, no)
    assert parcel.eta is not None
    assert (await counter.db.read(order_of, counter.order.no)).status == "delivered"


async def count_refunds(session: AsyncSession) -> int:
    return len((await session.scalars(select(Refund))).all())


async def test_a_failed_parcel_is_refunded(counter: Counter) -> None:
    no = await counter.create("--pickup")

    status, _ = await counter.run(
        "fail", no, "--reason", "Nobody came", "--restock", f"{counter.order.lines[0]}=3"
    )

    assert status == 0
    order = await counter.db.read(order_of, counter.order.no)
    assert (order.status, order.close_reason) == ("closed", "failed")
    assert await counter.db.read(count_refunds) == 1


async def count_parcels(session: AsyncSession) -> int:
    return len((await session.scalars(select(Shipment))).all())


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--rider", "A", "--pickup"),
        ("--carrier", "sf"),
        ("--carrier", "nobody", "--tracking", "1"),
        ("--rider", "A", "--line", "x=1"),
        ("--rider", "A", "--line", "1"),
        ("--rider", "A", "--line", "1=-1"),
    ],
    ids=" ".join,
)
def test_words_that_make_no_sense_are_refused(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, ["shipments", "create", "A" * 16, *words])

    assert result.exit_code == 2


async def test_a_refusal_is_one_line(counter: Counter) -> None:
    no = await counter.create("--rider", "A")

    early = await counter.run("deliver", no)
    twice = await counter.run("create", counter.order.no, "--rider", "A")
    unknown = await counter.run("show", "Z" * 16)

    assert early == (1, "The parcel is packed. Possible now: out, fail\n")
    assert twice == (1, "There is nothing left to send\n")
    assert unknown[0] == 1
    assert await counter.db.read(count_parcels) == 1
