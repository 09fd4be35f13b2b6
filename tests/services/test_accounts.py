"""Registering, logging in, and the tickets."""

from dataclasses import replace
from datetime import timedelta

import pytest
from passlib.hash import django_pbkdf2_sha256
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import security
from app.db import Database
from app.errors import InvalidInput, TooMany
from app.forms import username_key
from app.models import User, UserTicket
from app.models.base import utcnow
from app.services import accounts, tickets
from app.services.accounts import Newcomer
from app.services.throttle import Brake, brake_on_registering, claim_try
from app.services.tickets import Device, Ticket
from tests.conftest import all_at_once
from tests.factories import make_ticket, make_user

HALF_A_DAY = timedelta(hours=12)
DEVICE = Device("203.0.113.7", "a browser", None)
PASSWORD = "蜂蜜很甜，草莓也是"


def newcomer(username: str = "林小满", password: str = PASSWORD) -> Newcomer:
    return Newcomer(username, username_key(username), password, None)


async def register(db: Database, username: str = "林小满") -> Ticket:
    return await accounts.register(db, newcomer(username), DEVICE, life=HALF_A_DAY)


async def log_in(
    db: Database, username: str = "林小满", password: str = PASSWORD, device: Device = DEVICE
) -> Ticket:
    return await accounts.log_in(
        db, username_key(username), password, device, life=HALF_A_DAY, secret="secret"
    )


async def count_users(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(User)) or 0


async def count_tickets(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(UserTicket)) or 0


async def test_a_newcomer_is_signed_in_at_once(db: Database) -> None:
    ticket = await register(db)

    shopper = await db.read(accounts.find_shopper, ticket.value, now=utcnow())

    assert shopper is not None
    assert shopper.username == "林小满"
    assert not shopper.is_staff


async def test_the_table_holds_digests_only(db: Database, session: AsyncSession) -> None:
    ticket = await register(db)

    row = (await session.scalars(select(UserTicket))).one()
    user = (await session.scalars(select(User))).one()

    assert ticket.value not in {str(value) for value in vars(row).values()}
    assert row.digest == UserTicket.digest_of(ticket.value)
    assert user.password_hash.startswith("$argon2id$")
    assert await db.read(accounts.find_shopper, row.digest, now=utcnow()) is None


async def test_the_row_ends_when_the_ticket_says(db: Database, session: AsyncSession) -> None:
    ticket = await register(db)

    row = (await session.scalars(select(UserTicket))).one()

    assert row.expires_at == ticket.expires_at
    assert row.expires_at - row.created_at == HALF_A_DAY
    assert ticket.seconds == 12 * 60 * 60


async def test_a_ticket_ends_at_its_moment(db: Database) -> None:
    ticket = await register(db)
    a_second = timedelta(seconds=1)

    before = await db.read(accounts.find_shopper, ticket.value, now=ticket.expires_at - a_second)
    after = await db.read(accounts.find_shopper, ticket.value, now=ticket.expires_at)

    assert before is not None
    assert after is None


async def test_ten_thousand_tickets_are_all_different() -> None:
    values = {UserTicket.new_ticket() for _ in range(10_000)}

    assert len(values) == 10_000
    assert min(map(len, values)) == 43  # 256 bits


@pytest.mark.parametrize("taken", ["Ann", "ANN", "ａｎｎ", "a\u200dnn"], ids=ascii)
async def test_a_taken_name_is_refused_however_it_is_written(
    db: Database, session: AsyncSession, taken: str
) -> None:
    await register(db, "ann")

    with pytest.raises(InvalidInput) as refusal:
        await register(db, taken)

    assert refusal.value.fields["username"].text == "This name is taken"
    assert await count_users(session) == 1


async def test_two_emoji_are_two_names(db: Database, session: AsyncSession) -> None:
    await register(db, "🍎🍎")
    await register(db, "🍐🍐")

    assert await count_users(session) == 2


async def test_all_that_is_wrong_is_said_at_once(db: Database, session: AsyncSession) -> None:
    await register(db)

    with pytest.raises(InvalidInput) as refusal:
        await accounts.register(db, newcomer(password="password1"), DEVICE, life=HALF_A_DAY)

    assert set(refusal.value.fields) == {"username", "password"}
    assert await count_users(session) == 1


async def test_the_own_name_is_no_password(db: Database, session: AsyncSession) -> None:
    with pytest.raises(InvalidInput):
        await accounts.register(db, newcomer("XiaoManLin", "xiaomanlin99"), DEVICE, life=HALF_A_DAY)

    assert await count_users(session) == 0


async def test_of_many_who_want_one_name_one_gets_it(real_db: Database) -> None:
    results = await all_at_once(*[lambda: register(real_db) for _ in range(8)])

    refusals = [result for result in results if isinstance(result, InvalidInput)]
    assert sum(isinstance(result, Ticket) for result in results) == 1
    assert [refusal.fields["username"].text for refusal in refusals] == ["This name is taken"] * 7
    assert await real_db.read(count_users) == 1
    assert await real_db.read(count_tickets) == 1


@pytest.mark.parametrize("typed", ["ann", "ANN", "Ａnn"])
async def test_a_name_may_be_typed_in_any_case(db: Database, typed: str) -> None:
    await register(db, "Ann")

    assert (await log_in(db, typed)).seconds == 12 * 60 * 60


async def test_a_wrong_password_is_refused(db: Database, session: AsyncSession) -> None:
    await register(db)

    with pytest.raises(InvalidInput) as refusal:
        await log_in(db, password=PASSWORD + "!")

    assert refusal.value.fields[""].text == "User name or password is not right. Try again?"
    assert await count_tickets(session) == 1


async def test_an_unknown_name_is_refused_alike_and_costs_as_much(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str | None] = []
    verify = security._verify

    def note(password: str, stored: str | None) -> tuple[bool, str | None]:
        verified.append(stored)
        return verify(password, stored)

    monkeypatch.setattr(security, "_verify", note)

    with pytest.raises(InvalidInput) as refusal:
        await log_in(db, "nobody")

    assert refusal.value.fields[""].text == "User name or password is not right. Try again?"
    assert verified == [None]


async def test_a_closed_account_is_refused_alike(db: Database, session: AsyncSession) -> None:
    await register(db)
    await session.execute(update(User).values(is_active=False))
    await session.commit()

    with pytest.raises(InvalidInput) as refusal:
        await log_in(db)

    assert refusal.value.fields[""].text == "User name or password is not right. Try again?"


async def test_an_account_closed_meanwhile_gets_no_ticket(
    db: Database, session: AsyncSession
) -> None:
    user = await make_user(session)
    user.is_active = False
    await session.commit()

    assert await db.write(tickets.issue_ticket, user.id, DEVICE, HALF_A_DAY) is None
    assert await count_tickets(session) == 0


async def test_an_old_hash_is_renewed_at_log_in(db: Database, session: AsyncSession) -> None:
    old = django_pbkdf2_sha256.using(rounds=1000).hash(PASSWORD)
    await make_user(session, username="ann", password_hash=old)
    await session.commit()

    await log_in(db, "ann")

    stored = await session.scalar(select(User.password_hash))
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert isinstance(await log_in(db, "ann"), Ticket)


async def test_several_devices_stay_signed_in(db: Database, session: AsyncSession) -> None:
    first = await register(db)
    second = await log_in(db)

    for ticket in (first, second):
        assert await db.read(accounts.find_shopper, ticket.value, now=utcnow())
    assert await count_tickets(session) == 2


async def test_logging_in_again_replaces_the_ticket_of_the_browser(
    db: Database, session: AsyncSession
) -> None:
    first = await register(db)
    second = await log_in(db, device=replace(DEVICE, ticket=first.value))

    assert await db.read(accounts.find_shopper, first.value, now=utcnow()) is None
    assert await db.read(accounts.find_shopper, second.value, now=utcnow())
    assert await count_tickets(session) == 1


async def test_expired_tickets_are_swept_at_log_in(db: Database, session: AsyncSession) -> None:
    await register(db)
    user = (await session.scalars(select(User))).one()
    await make_ticket(session, user, life=timedelta(seconds=-1))
    await session.commit()

    await log_in(db)

    assert await count_tickets(session) == 2


async def test_a_long_user_agent_is_cut(db: Database, session: AsyncSession) -> None:
    device = replace(DEVICE, user_agent="x" * 5000)

    await accounts.register(db, newcomer(), device, life=HALF_A_DAY)

    assert await session.scalar(select(UserTicket.user_agent)) == "x" * 200


async def test_other_devices_are_counted_while_they_live(
    db: Database, session: AsyncSession
) -> None:
    await register(db)
    await log_in(db)
    ticket = (await session.scalars(select(UserTicket).order_by(UserTicket.id))).first()
    assert ticket is not None

    async def count(now_plus: timedelta) -> int:
        now = utcnow() + now_plus
        return await db.read(tickets.count_other_devices, ticket.user_id, ticket.id, now=now)

    assert await count(timedelta(0)) == 1
    assert await count(HALF_A_DAY) == 0


async def test_after_five_failures_the_right_password_has_to_wait(db: Database) -> None:
    await register(db)
    for _ in range(5):
        with pytest.raises(InvalidInput):
            await log_in(db, password="wrong password")

    with pytest.raises(TooMany):
        await log_in(db)
    elsewhere = await log_in(db, device=replace(DEVICE, address="198.51.100.9"))

    assert isinstance(elsewhere, Ticket)


async def test_success_forgets_earlier_failures(db: Database) -> None:
    await register(db)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(InvalidInput):
                await log_in(db, password="wrong password")
        await log_in(db)


async def test_fifty_guesses_side_by_side_are_looked_at_five_times(
    real_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(real_db)
    verified: list[str] = []
    now = utcnow()

    def note(password: str, stored: str | None) -> tuple[bool, str | None]:
        verified.append(password)
        return False, None

    monkeypatch.setattr(security, "_verify", note)
    monkeypatch.setattr(accounts, "utcnow", lambda: now)

    results = await all_at_once(
        *[lambda: log_in(real_db, password="wrong password") for _ in range(50)]
    )

    assert len(verified) == 5
    assert sum(isinstance(result, TooMany) for result in results) == 45
    assert sum(isinstance(result, InvalidInput) for result in results) == 5


async def test_one_account_opened_by_many_devices_at_once(real_db: Database) -> None:
    await register(real_db)
    devices = [replace(DEVICE, address=f"203.0.113.{number}") for number in range(12)]

    results = await all_at_once(
        *[lambda device=device: log_in(real_db, device=device) for device in devices]
    )

    assert [type(result) for result in results] == [Ticket] * 12
    assert await real_db.read(count_tickets) == 13


async def test_accounts_by_the_dozen_are_slowed_down_for_their_address_only(db: Database) -> None:
    def brake(address: str) -> Brake:
        return brake_on_registering(address, secret="secret", free_tries=3)

    async def register_from(address: str, name: str) -> Ticket:
        return await accounts.register(
            db, newcomer(name), DEVICE, life=HALF_A_DAY, brakes=[brake(address)]
        )

    for number in range(3):
        await register_from("203.0.113.7", f"bee{number}")
    with pytest.raises(TooMany) as refusal:
        await register_from("203.0.113.7", "bee3")
    await register_from("203.0.113.8", "bee4")

    assert refusal.value.seconds == 1
    assert not await db.read(accounts.is_username_free, "bee4")
    assert await db.read(accounts.is_username_free, "bee3")


async def test_a_name_that_is_taken_is_no_registration(db: Database) -> None:
    brake = brake_on_registering("203.0.113.7", secret="secret", free_tries=1)
    await register(db)

    for _ in range(3):
        with pytest.raises(InvalidInput):
            await accounts.register(db, newcomer(), DEVICE, life=HALF_A_DAY, brakes=[brake])

    await accounts.register(db, newcomer("bee"), DEVICE, life=HALF_A_DAY, brakes=[brake])


async def test_tries_side_by_side_may_come_in_any_order(db: Database) -> None:
    brake = brake_on_registering("203.0.113.7", secret="secret", free_tries=3)
    now = utcnow()

    await db.write(claim_try, [brake], now=now)
    await db.write(claim_try, [brake], now=now - timedelta(milliseconds=3))
