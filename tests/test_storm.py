"""A crowd before a shop of two processes: nothing is sold twice, and nobody sees it break."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import CheckoutRefused
from app.models import CartLine, Order, Payment
from app.services.placing import PlacedOrder
from tests.conftest import all_at_once
from tests.databases import fresh_database
from tests.shopping import look, place, stock_of, wrong_books
from tests.storm import Crowd, gather_crowd, open_browsers, read_form, send_form, serve


@pytest.fixture
async def own_url(mariadb_url: str, tmp_path: Path) -> AsyncIterator[str]:
    async with fresh_database(mariadb_url, tmp_path) as url:
        yield url


@pytest.fixture
async def storm_db(own_url: str) -> AsyncIterator[Database]:
    """A look behind the counter, and doors that wait as long as a busy machine needs."""
    db = Database.connect(own_url, pool_size=16, budget=60)
    yield db
    await db.close()


@pytest.fixture
async def address(own_url: str, tmp_path: Path) -> AsyncIterator[str]:
    async with serve(own_url, tmp_path, workers=2) as address:
        yield address


async def buyers_of(session: AsyncSession) -> list[int]:
    """Whose orders there are, one entry for each order."""
    return list(await session.scalars(select(Order.user_id).order_by(Order.user_id)))


async def carts_of(session: AsyncSession) -> list[int]:
    return list(await session.scalars(select(CartLine.user_id).order_by(CartLine.user_id)))


async def count_payments(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Payment)) or 0


async def check_sold_out(db: Database, crowd: Crowd, winners: list[int], stock: int) -> None:
    """All pieces went, each to another shopper; who got none still has it in the cart."""
    assert len(set(winners)) == stock
    assert await db.read(buyers_of) == winners
    assert await db.read(carts_of) == sorted(set(crowd.user_ids) - set(winners))
    assert await db.read(stock_of, crowd.goods_id) == (stock, stock)
    assert await db.read(wrong_books) == []


@pytest.mark.timeout(180)
async def test_fifty_browsers_for_twenty_pieces(storm_db: Database, address: str) -> None:
    crowd = await storm_db.write(gather_crowd, stock=20, buyers=50, windows=10)
    async with open_browsers(address, crowd.tickets) as browsers:
        picks = cycle(crowd.slot_ids)
        forms = await asyncio.gather(*map(read_form, browsers, picks))

        answers = await asyncio.gather(*map(send_form, browsers, forms))

    assert Counter(answer.status_code for answer in answers) == {303: 20, 409: 30}
    refused = [answer.text for answer in answers if answer.status_code == 409]
    assert all("Fuji apple is sold out" in text for text in refused)
    placed = [answer.headers["location"] for answer in answers if answer.status_code == 303]
    assert len(set(placed)) == 20
    assert await storm_db.read(count_payments) == 20
    winners = [
        user
        for user, answer in zip(crowd.user_ids, answers, strict=True)
        if answer.status_code == 303
    ]
    await check_sold_out(storm_db, crowd, winners, stock=20)


@pytest.mark.timeout(180)
async def test_three_hundred_buyers_for_fifty_pieces(storm_db: Database) -> None:
    """More than a server of the tests takes in time, so they stand behind its pages."""
    crowd = await storm_db.write(gather_crowd, stock=50, buyers=300)
    seen = [await storm_db.read(look, user) for user in crowd.user_ids]

    results = await all_at_once(
        *[
            partial(storm_db.write_keyed, place, user, agreed=page.shown)
            for user, page in zip(crowd.user_ids, seen, strict=True)
        ]
    )

    refusals = [result for result in results if isinstance(result, CheckoutRefused)]
    assert [refusal.status for refusal in refusals] == [409] * 250
    winners = [
        user
        for user, result in zip(crowd.user_ids, results, strict=True)
        if isinstance(result, PlacedOrder)
    ]
    await check_sold_out(storm_db, crowd, winners, stock=50)


@pytest.mark.timeout(180)
async def test_one_form_sent_twenty_times_is_one_order(storm_db: Database, address: str) -> None:
    crowd = await storm_db.write(gather_crowd, stock=20, buyers=1, windows=1)
    async with open_browsers(address, crowd.tickets * 20) as browsers:
        form = await read_form(browsers[0], crowd.slot_ids[0])

        answers = await asyncio.gather(*[send_form(browser, form) for browser in browsers])

    assert [answer.status_code for answer in answers] == [303] * 20
    (location,) = {answer.headers["location"] for answer in answers}
    assert re.fullmatch(r"/sandbox/pay/[0-9A-Z]{24}/", location)
    assert await storm_db.read(buyers_of) == crowd.user_ids
    assert await storm_db.read(count_payments) == 1
    assert await storm_db.read(carts_of) == []
    assert await storm_db.read(stock_of, crowd.goods_id) == (20, 1)
    assert await storm_db.read(wrong_books) == []
