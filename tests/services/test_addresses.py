"""The address book: one default as long as there is any, and no more than a book holds."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import InvalidInput, NotFound
from app.models import Address, User
from app.services import addresses
from app.services.addresses import MOST, Place
from tests.conftest import all_at_once
from tests.factories import make_user
from tests.shopping import wrong_books

PLACE = Place("林小满", "13800006021", "望京 SOHO T3", "2307", "110105")
AWAY = Place("林建国", "13900001180", "新华西街 58 号", "8-502", "110112")


def room(number: int) -> Place:
    return Place("林小满", "13800006021", "望京 SOHO T3", str(number), "110105")


async def defaults_of(session: AsyncSession, user_id: int) -> list[int]:
    return list(await session.scalars(select(Address.id).where(Address.default_of == user_id)))


async def test_a_new_shopper_has_no_address(session: AsyncSession, user: User) -> None:
    assert await addresses.find_default(session, user.id) is None
    assert await addresses.list_addresses(session, user.id) == []


async def test_the_first_address_is_the_default(session: AsyncSession, user: User) -> None:
    address_id = await addresses.add_address(session, user.id, PLACE, tag="home")

    address = await addresses.find_default(session, user.id)
    assert address is not None
    assert (address.id, address.place, address.tag) == (address_id, PLACE, "home")
    assert (address.masked_phone, address.region_words) == ("138****6021", "北京市 朝阳区")


async def test_the_default_stands_first_and_then_the_newest(
    session: AsyncSession, user: User
) -> None:
    ids = [await addresses.add_address(session, user.id, room(n)) for n in range(3)]

    book = await addresses.list_addresses(session, user.id)

    assert [address.id for address in book] == [ids[0], ids[2], ids[1]]
    assert [address.is_default for address in book] == [True, False, False]


async def test_another_can_become_the_default(session: AsyncSession, user: User) -> None:
    await addresses.add_address(session, user.id, PLACE)
    second = await addresses.add_address(session, user.id, AWAY)
    third = await addresses.add_address(session, user.id, room(3), is_default=True)
    assert await defaults_of(session, user.id) == [third]

    await addresses.make_default(session, user.id, second)

    assert await defaults_of(session, user.id) == [second]


async def test_the_same_place_again_is_the_one_that_is_there(
    session: AsyncSession, user: User
) -> None:
    first = await addresses.add_address(session, user.id, PLACE)

    again = await addresses.add_address(session, user.id, PLACE, tag="work")

    (only,) = await addresses.list_addresses(session, user.id)
    assert (first, again, only.tag) == (only.id, only.id, "work")


async def test_changing_keeps_the_default(session: AsyncSession, user: User) -> None:
    first = await addresses.add_address(session, user.id, PLACE)

    await addresses.change_address(session, user.id, first, AWAY, tag="", is_default=False)

    address = await addresses.get_address(session, user.id, first)
    assert (address.place, address.is_default) == (AWAY, True)


async def test_deleting_the_default_passes_it_to_the_newest(
    session: AsyncSession, user: User
) -> None:
    ids = [await addresses.add_address(session, user.id, room(n)) for n in range(3)]

    await addresses.delete_address(session, user.id, ids[0])
    assert await defaults_of(session, user.id) == [ids[2]]
    await addresses.delete_address(session, user.id, ids[1])
    assert await defaults_of(session, user.id) == [ids[2]]
    await addresses.delete_address(session, user.id, ids[2])

    assert await addresses.list_addresses(session, user.id) == []


async def test_a_full_book_takes_no_more(session: AsyncSession, user: User) -> None:
    for number in range(MOST):
        await addresses.add_address(session, user.id, room(number))

    with pytest.raises(InvalidInput):
        await addresses.add_address(session, user.id, PLACE)

    assert len(await addresses.list_addresses(session, user.id)) == MOST


async def test_what_is_somebody_elses_is_not_there(
    session: AsyncSession, user: User, other: User
) -> None:
    theirs = await addresses.add_address(session, other.id, PLACE)
    await addresses.add_address(session, user.id, AWAY)

    for call in (
        addresses.get_address(session, user.id, theirs),
        addresses.make_default(session, user.id, theirs),
        addresses.delete_address(session, user.id, theirs),
        addresses.change_address(session, user.id, theirs, AWAY, tag="", is_default=True),
    ):
        savepoint = await session.begin_nested()
        with pytest.raises(NotFound):
            await call
        await savepoint.rollback()

    kept = await addresses.get_address(session, other.id, theirs)
    assert (kept.place, kept.is_default) == (PLACE, True)
    assert await wrong_books(session, about="addresses") == []


async def _with_addresses(db: Database, number: int) -> tuple[int, list[int]]:
    async def work(session: AsyncSession) -> tuple[int, list[int]]:
        user_id = (await make_user(session)).id
        ids = [await addresses.add_address(session, user_id, room(n)) for n in range(number)]
        return user_id, ids

    return await db.write(work)


async def test_the_last_free_place_in_the_book_goes_once(real_db: Database) -> None:
    user_id, _ = await _with_addresses(real_db, MOST - 1)

    def add(number: int) -> object:
        return real_db.write(addresses.add_address, user_id, room(100 + number))

    answers = await all_at_once(*[lambda n=n: add(n) for n in range(8)])

    refused = [answer for answer in answers if isinstance(answer, InvalidInput)]
    assert len(refused) == 7
    assert len(await real_db.read(addresses.list_addresses, user_id)) == MOST


async def test_first_addresses_added_at_once_leave_one_default(real_db: Database) -> None:
    user_id, _ = await _with_addresses(real_db, 0)

    def add(number: int) -> object:
        return real_db.write(addresses.add_address, user_id, room(number))

    await all_at_once(*[lambda n=n: add(n) for n in range(8)])

    book = await real_db.read(addresses.list_addresses, user_id)
    assert (len(book), sum(address.is_default for address in book)) == (8, 1)
    assert await real_db.read(wrong_books, about="addresses") == []


async def test_two_defaults_chosen_at_once_leave_one(real_db: Database) -> None:
    user_id, ids = await _with_addresses(real_db, 6)

    def choose(address_id: int) -> object:
        return real_db.write(addresses.make_default, user_id, address_id)

    answers = await all_at_once(*[lambda i=i: choose(i) for i in ids[1:]])

    assert answers == [None] * 5
    assert len(await real_db.read(defaults_of, user_id)) == 1


async def test_deleting_while_choosing_leaves_one_default(real_db: Database) -> None:
    user_id, ids = await _with_addresses(real_db, 6)

    def delete(address_id: int) -> object:
        return real_db.write(addresses.delete_address, user_id, address_id)

    def choose(address_id: int) -> object:
        return real_db.write(addresses.make_default, user_id, address_id)

    answers = await all_at_once(
        *[lambda i=i: delete(i) for i in ids[:4]],
        *[lambda i=i: choose(i) for i in ids[:5]],
    )

    # Choosing what has just gone finds nothing; everything else went through.
    assert {type(answer) for answer in answers} <= {type(None), NotFound}
    assert answers[:4] == [None] * 4
    book = await real_db.read(addresses.list_addresses, user_id)
    assert {address.id for address in book} == set(ids[4:])
    assert [address.is_default for address in book] == [True, False]
    assert await real_db.read(wrong_books, about="addresses") == []


async def test_nobody_elses_book_counts(session: AsyncSession, user: User, other: User) -> None:
    await addresses.add_address(session, other.id, PLACE)
    mine = await addresses.add_address(session, user.id, PLACE)

    assert await defaults_of(session, user.id) == [mine]
    assert await session.scalar(select(func.count()).select_from(Address)) == 2
