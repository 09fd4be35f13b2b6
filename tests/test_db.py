"""The two doors: what is committed, what is run again, and what a shopper is told when neither."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.util import await_only

from app.db import Again, Database, count_changed, upsert
from app.engine import make_engine
from app.errors import Conflict, Unavailable
from app.models import FoodType, UserTicket
from app.models.base import utcnow
from tests.databases import fresh_database
from tests.factories import make_ticket, make_type, make_user


@pytest.fixture(scope="module")
async def own_url(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    async with fresh_database(database_url, tmp_path_factory.mktemp("doors")) as url:
        yield url


@pytest.fixture(scope="module")
async def mariadb_own_url(
    mariadb_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    async with fresh_database(mariadb_url, tmp_path_factory.mktemp("doors")) as url:
        yield url


@pytest.fixture
async def doors(own_url: str) -> AsyncIterator[Database]:
    db = Database.connect(own_url)
    yield db
    await db.close()


@pytest.fixture
async def mariadb(mariadb_own_url: str) -> AsyncIterator[Database]:
    """For what only a server with several writers can do."""
    db = Database.connect(mariadb_own_url)
    yield db
    await db.close()


async def make_counter(session: AsyncSession) -> int:
    return (await make_type(session)).id


async def add_one(session: AsyncSession, counter: int) -> None:
    await session.execute(
        update(FoodType).where(FoodType.id == counter).values(position=FoodType.position + 1)
    )


async def count_of(session: AsyncSession, counter: int) -> int:
    return (
        await session.execute(select(FoodType.position).where(FoodType.id == counter))
    ).scalar_one()


async def test_work_is_committed_and_its_result_given_back(doors: Database) -> None:
    counter = await doors.write(make_counter)

    await doors.write(add_one, counter)

    assert await doors.read(count_of, counter) == 1


@pytest.mark.parametrize("error", [Conflict("no"), ValueError("a bug")])
async def test_what_is_refused_is_rolled_back(doors: Database, error: Exception) -> None:
    counter = await doors.write(make_counter)

    async def add_and_refuse(session: AsyncSession) -> None:
        await add_one(session, counter)
        raise error

    with pytest.raises(type(error)):
        await doors.write(add_and_refuse)

    assert await doors.read(count_of, counter) == 0


async def test_work_that_lost_a_race_starts_afresh(doors: Database) -> None:
    counter = await doors.write(make_counter)
    tries: list[int] = []

    async def lose_twice(session: AsyncSession) -> None:
        tries.append(await count_of(session, counter))
        await add_one(session, counter)
        if len(tries) < 3:
            raise Again

    await doors.write(lose_twice)

    assert tries == [0, 0, 0]
    assert await doors.read(count_of, counter) == 1


async def test_work_that_never_wins_is_given_up(own_url: str) -> None:
    db = Database.connect(own_url, budget=0.2)

    async def lose(_: AsyncSession) -> None:
        raise Again

    with pytest.raises(Unavailable):
        await db.write(lose)
    await db.close()


async def test_a_broken_rule_of_the_database_is_not_tried_again(doors: Database) -> None:
    tries: list[int] = []

    async def insert_twice(session: AsyncSession) -> None:
        tries.append(1)
        await make_type(session, number=77)
        await make_type(session, number=77)

    with pytest.raises(IntegrityError):
        await doors.write(insert_twice)

    assert len(tries) == 1


async def test_two_units_that_lock_crosswise_both_succeed(mariadb: Database) -> None:
    counters = [await mariadb.write(make_counter), await mariadb.write(make_counter)]
    tries: list[int] = []
    both_hold_one = asyncio.Barrier(2)

    async def add_to_both(session: AsyncSession, first: int, second: int) -> None:
        tries.append(first)
        await add_one(session, first)
        if len(tries) <= 2:
            await both_hold_one.wait()
        await add_one(session, second)

    await asyncio.gather(
        mariadb.write(add_to_both, *counters), mariadb.write(add_to_both, *reversed(counters))
    )

    assert len(tries) == 3
    assert [await mariadb.read(count_of, counter) for counter in counters] == [2, 2]


async def own_link(session: AsyncSession) -> int:
    return int((await session.execute(text("SELECT CONNECTION_ID()"))).scalar_one())


async def hang_up(session: AsyncSession, link: int) -> None:
    await session.execute(text(f"KILL {link}"))


async def test_a_link_that_breaks_before_the_commit_is_made_anew(mariadb: Database) -> None:
    counter = await mariadb.write(make_counter)
    tries: list[int] = []

    async def hang_up_once(session: AsyncSession) -> None:
        tries.append(1)
        await add_one(session, counter)
        if len(tries) == 1:
            await mariadb.read(hang_up, await own_link(session))
        await add_one(session, counter)

    await mariadb.write(hang_up_once)

    assert len(tries) == 2
    assert await mariadb.read(count_of, counter) == 2


class LosesOneAnswer(AsyncSession):
    """The server commits, but the link breaks before it can say so."""

    lost: list[int]

    async def commit(self) -> None:
        await super().commit()
        if not self.lost:
            self.lost.append(1)
            raise OperationalError("COMMIT", None, Exception(2013, "Lost connection"))


@pytest.fixture
async def forgetful(own_url: str) -> AsyncIterator[Database]:
    """Doors on a server whose first COMMIT goes unanswered."""
    engine = make_engine(own_url, pool_size=1)
    kind = type("Session", (LosesOneAnswer,), {"lost": []})
    yield Database(
        async_sessionmaker(engine), async_sessionmaker(engine, class_=kind), readers=1, writers=1
    )
    await engine.dispose()


async def test_work_is_not_repeated_when_its_commit_went_unanswered(
    forgetful: Database, doors: Database
) -> None:
    counter = await doors.write(make_counter)

    with pytest.raises(Unavailable):
        await forgetful.write(add_one, counter)

    assert await doors.read(count_of, counter) == 1


async def test_work_with_a_key_is_repeated_when_its_commit_went_unanswered(
    forgetful: Database, doors: Database
) -> None:
    counter = await doors.write(make_counter)
    number = 500_000 + counter
    tries: list[int] = []

    async def add_once(session: AsyncSession) -> None:
        tries.append(1)
        is_done = await session.scalar(select(FoodType.id).where(FoodType.number == number))
        if is_done is None:
            await make_type(session, number=number)
            await add_one(session, counter)

    await forgetful.write_keyed(add_once)

    assert len(tries) == 2
    assert await doors.read(count_of, counter) == 1


async def test_a_link_that_broke_while_idle_is_noticed(mariadb: Database) -> None:
    idle = await mariadb.read(own_link)

    await mariadb.write(hang_up, idle)

    assert await mariadb.read(own_link) != idle


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """The server accepts and keeps every link, but answers nothing."""
    socket = Path(str(make_url(url).query["unix_socket"]))
    server = int((socket.parent / "pid").read_text())
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


async def test_a_frozen_server_is_given_up_and_used_again_when_it_wakes(
    mariadb_own_url: str,
) -> None:
    db = Database.connect(mariadb_own_url, pool_size=1, budget=0.5)
    counter = await db.write(make_counter)

    async with asyncio.timeout(5):
        with frozen(mariadb_own_url):
            for call in (db.read(count_of, counter), db.write(add_one, counter)):
                with pytest.raises(Unavailable):
                    await call

    await db.write(add_one, counter)
    assert await db.read(count_of, counter) == 1
    await db.close()


async def test_a_refusal_does_not_wait_for_a_frozen_server(mariadb_own_url: str) -> None:
    db = Database.connect(mariadb_own_url, pool_size=1)
    counter = await db.write(make_counter)
    freeze = ExitStack()

    async def freeze_and_refuse(session: AsyncSession) -> None:
        await add_one(session, counter)
        freeze.enter_context(frozen(mariadb_own_url))
        raise Conflict

    async with asyncio.timeout(4):
        with freeze, pytest.raises(Conflict):
            await db.write(freeze_and_refuse)

    assert await db.read(count_of, counter) == 0
    await db.close()


async def test_an_absent_server_is_said_to_be_unavailable() -> None:
    db = Database.connect("mysql+aiomysql://nobody@localhost/axf?unix_socket=/none", budget=0.2)

    for call in (db.read(count_of, 1), db.write(add_one, 1)):
        with pytest.raises(Unavailable):
            await call
    await db.close()


async def test_those_who_wait_too_long_before_the_door_are_told_so(own_url: str) -> None:
    db = Database.connect(own_url, pool_size=1, budget=0.3)
    leave = asyncio.Event()

    async def linger(_: AsyncSession) -> None:
        await leave.wait()

    results = await asyncio.gather(
        *(door(linger) for door in (db.read, db.read, db.write, db.write)), return_exceptions=True
    )

    assert [type(result) for result in results] == [Unavailable] * 4
    counter = await db.write(make_counter)
    assert await db.read(count_of, counter) == 0
    await db.close()


async def test_a_pool_without_a_free_connection_is_unavailable(own_url: str) -> None:
    engine = make_engine(own_url, pool_size=1)
    sessions = async_sessionmaker(engine)
    db = Database(sessions, sessions, budget=0.3)

    async with engine.connect() as held:
        await held.execute(text("SELECT 1"))
        for call in (db.read(count_of, 1), db.write(add_one, 1)):
            with pytest.raises(Unavailable):
                await call
    await engine.dispose()


@pytest.mark.parametrize("door", ["read", "write"])
async def test_those_who_wait_are_served_in_the_order_of_arrival(own_url: str, door: str) -> None:
    db = Database.connect(own_url, pool_size=1)
    served: list[int] = []

    async def serve(session: AsyncSession, number: int) -> None:
        await session.execute(text("SELECT 1"))
        served.append(number)

    async def come_twice(number: int) -> None:
        await getattr(db, door)(serve, number)
        await getattr(db, door)(serve, number + 10)

    await asyncio.gather(*(come_twice(number) for number in range(10)))

    assert served == list(range(20))
    await db.close()


async def test_one_connection_is_enough_for_a_crowd(own_url: str) -> None:
    db = Database.connect(own_url, pool_size=1)
    counter = await db.write(make_counter)

    async def look_and_add() -> None:
        await db.read(count_of, counter)
        await db.write(add_one, counter)

    await asyncio.gather(*(look_and_add() for _ in range(30)))

    assert await db.read(count_of, counter) == 30
    await db.close()


async def test_a_caller_that_hangs_up_leaves_nothing_behind(own_url: str) -> None:
    db = Database.connect(own_url, pool_size=1)
    counter = await db.write(make_counter)
    has_added = asyncio.Event()

    async def add_and_wait(session: AsyncSession) -> None:
        await add_one(session, counter)
        has_added.set()
        await asyncio.sleep(60)

    caller = asyncio.create_task(db.write(add_and_wait))
    await has_added.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)

    await db.write(add_one, counter)
    assert await db.read(count_of, counter) == 1
    await db.close()


async def test_time_may_run_out_while_a_refusal_is_rolled_back(own_url: str) -> None:
    db = Database.connect(own_url, pool_size=1, budget=0.3)
    counter = await db.write(make_counter)

    def roll_back_slowly(_: Connection) -> None:
        await_only(asyncio.sleep(0.6))

    async def add_and_refuse(session: AsyncSession) -> None:
        await add_one(session, counter)
        raise Conflict

    event.listen(Engine, "rollback", roll_back_slowly)
    try:
        with pytest.raises(Unavailable):
            await db.write(add_and_refuse)
        await asyncio.sleep(0.6)
    finally:
        event.remove(Engine, "rollback", roll_back_slowly)

    assert await db.read(count_of, counter) == 0
    await db.write(add_one, counter)
    await db.close()


async def test_a_read_sees_what_was_committed_meanwhile(doors: Database) -> None:
    counter = await doors.write(make_counter)

    async def look_twice(session: AsyncSession) -> list[int]:
        before = await count_of(session, counter)
        await doors.write(add_one, counter)
        return [before, await count_of(session, counter)]

    assert await doors.read(look_twice) == [0, 1]


async def test_writers_of_two_processes_queue_on_sqlite(tmp_path: Path) -> None:
    async with fresh_database("sqlite", tmp_path) as url:
        processes = [Database.connect(url), Database.connect(url)]
        counter = await processes[0].write(make_counter)

        tries: list[int] = []

        async def read_and_set(session: AsyncSession) -> None:
            """The careless way, right only when nobody comes between."""
            tries.append(1)
            seen = await count_of(session, counter)
            await session.execute(
                update(FoodType).where(FoodType.id == counter).values(position=seen + 1)
            )

        await asyncio.gather(*(db.write(read_and_set) for _ in range(20) for db in processes))

        assert await processes[0].read(count_of, counter) == 40
        assert len(tries) == 40
        for db in processes:
            await db.close()


async def test_a_time_keeps_its_zone_and_its_microseconds(session: AsyncSession) -> None:
    moment = datetime.fromisoformat("2026-11-21T09:10:11.123456+08:00")
    await make_ticket(session, await make_user(session), moment - utcnow())
    ticket_id = (await session.execute(select(UserTicket.id))).scalar_one()

    await session.execute(
        update(UserTicket).where(UserTicket.id == ticket_id).values(expires_at=moment)
    )

    stored = (await session.execute(select(UserTicket.expires_at))).scalar_one()
    assert (stored, stored.utcoffset()) == (moment, utcnow().utcoffset())


async def test_a_time_without_a_zone_is_refused(session: AsyncSession) -> None:
    naive = datetime.fromisoformat("2026-11-21T09:10:11")

    with pytest.raises(StatementError, match="a time without a zone"):
        await session.execute(select(UserTicket).where(UserTicket.expires_at == naive))


async def test_upsert_inserts_once_and_then_updates(session: AsyncSession) -> None:
    values = {
        "number": 42,
        "name_zh": "水果",
        "name_en": "Fruit",
        "picture": "1f34e",
        "tint": "tomato",
        "position": 1,
    }

    for position in (1, 7):
        await upsert(
            session, FoodType, values, conflict_on=("number",), update={"position": position}
        )

    found = await session.scalars(select(FoodType.position).where(FoodType.number == 42))
    assert found.all() == [7]


async def test_a_row_that_met_the_condition_counts_even_if_it_stays_the_same(
    session: AsyncSession,
) -> None:
    counter = await make_counter(session)
    change = update(FoodType).values(position=0)

    assert await count_changed(session, change.where(FoodType.id == counter)) == 1
    assert await count_changed(session, change.where(FoodType.id == -1)) == 0
