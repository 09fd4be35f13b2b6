"""Coupons are handed out as often as they may be, whoever presses how often at once."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import NotFound
from app.models import Coupon, CouponTemplate, User, UserMessage
from app.services.accounts import Newcomer, register
from app.services.coupon_claims import CouponRefused, claim, give, welcome
from app.services.tickets import Device
from tests.conftest import all_at_once
from tests.couponing import claimed_of, make_offer_of, set_level
from tests.factories import make_user

NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def refused(
    session: AsyncSession, user: User, template: CouponTemplate, now: datetime = NOON
) -> str:
    with pytest.raises(CouponRefused) as caught:
        await claim(session, user.id, template.id, now)
    return caught.value.reason


async def life_of(session: AsyncSession, coupon_id: int) -> tuple[datetime, datetime]:
    query = select(Coupon.valid_from, Coupon.valid_to).where(Coupon.id == coupon_id)
    row = (await session.execute(query)).one()
    return row[0], row[1]


async def test_a_listed_coupon_is_claimed(session: AsyncSession, user: User) -> None:
    template = await make_offer_of(session)

    coupon_id = await claim(session, user.id, template.id, NOON)

    coupon = await session.get_one(Coupon, coupon_id)
    assert (coupon.user_id, coupon.nth, coupon.status) == (user.id, 1, "ready")
    assert await claimed_of(session, template.id) == (1, 1)


async def test_it_is_good_for_its_days_from_then(session: AsyncSession, user: User) -> None:
    coupon_id = await claim(session, user.id, (await make_offer_of(session, days=7)).id, NOON)

    assert await life_of(session, coupon_id) == (NOON, NOON + 7 * DAY)


@pytest.mark.parametrize(("begins", "starts"), [(None, NOON), (-DAY, NOON), (DAY, NOON + DAY)])
async def test_or_it_is_good_when_the_offer_says(
    session: AsyncSession, user: User, begins: timedelta | None, starts: datetime
) -> None:
    begin = None if begins is None else NOON + begins
    template = await make_offer_of(session, days=None, valid_from=begin, valid_to=NOON + 2 * DAY)

    coupon_id = await claim(session, user.id, template.id, NOON)

    assert await life_of(session, coupon_id) == (starts, NOON + 2 * DAY)


async def test_what_is_not_listed_does_not_exist(session: AsyncSession, user: User) -> None:
    hidden = await make_offer_of(session, is_listed=False)

    for template_id in (hidden.id, 2**53):
        with pytest.raises(NotFound):
            await claim(session, user.id, template_id, NOON)
    assert await claimed_of(session, hidden.id) == (0, 0)


async def test_it_is_claimed_within_its_time_only(session: AsyncSession, user: User) -> None:
    template = await make_offer_of(session, claim_from=NOON, claim_to=NOON + HOUR)

    assert await refused(session, user, template, NOON - HOUR) == "not-yet"
    assert await refused(session, user, template, NOON + HOUR) == "over"
    assert await claim(session, user.id, template.id, NOON)


async def test_what_could_never_be_used_is_not_handed_out(
    session: AsyncSession, user: User
) -> None:
    past = await make_offer_of(session, days=None, valid_to=NOON)
    without = await make_offer_of(session, days=None)

    assert await refused(session, user, past) == "over"
    assert await refused(session, user, without) == "over"


async def test_a_coupon_for_a_level_is_for_that_level(
    session: AsyncSession, user: User, other: User
) -> None:
    template = await make_offer_of(session, level=2)
    await set_level(session, user, 2)
    await set_level(session, other, 1)

    assert await refused(session, other, template) == "level"
    assert await refused(session, await make_user(session), template) == "level"
    assert await claim(session, user.id, template.id, NOON)


async def test_everybody_has_no_more_than_their_share(session: AsyncSession, user: User) -> None:
    template = await make_offer_of(session, per_user=2)
    ids = [await claim(session, user.id, template.id, NOON) for _ in range(2)]

    assert await refused(session, user, template) == "had"
    found = await session.scalars(select(Coupon.nth).where(Coupon.id.in_(ids)).order_by(Coupon.id))
    assert list(found) == [1, 2]


async def test_when_all_are_gone_nobody_gets_one(
    session: AsyncSession, user: User, other: User
) -> None:
    template = await make_offer_of(session, total=1)
    await claim(session, other.id, template.id, NOON)

    assert await refused(session, user, template) == "gone"
    assert await claimed_of(session, template.id) == (1, 1)


async def test_who_has_left_claims_nothing(session: AsyncSession, user: User) -> None:
    template = await make_offer_of(session)
    await session.execute(update(User).where(User.id == user.id).values(is_active=False))

    with pytest.raises(NotFound):
        await claim(session, user.id, template.id, NOON)


async def test_twenty_presses_at_once_are_one_coupon(real_db: Database) -> None:
    async def open_shop(session: AsyncSession) -> tuple[int, int]:
        return (await make_user(session)).id, (await make_offer_of(session)).id

    user_id, template_id = await real_db.write(open_shop)

    results = await all_at_once(
        *[partial(real_db.write, claim, user_id, template_id, NOON) for _ in range(20)]
    )

    assert sum(isinstance(result, int) for result in results) == 1
    refusals = [result.reason for result in results if isinstance(result, CouponRefused)]
    assert refusals == ["had"] * 19
    assert await real_db.read(claimed_of, template_id) == (1, 1)


async def test_fifty_shoppers_at_once_share_ten_coupons(real_db: Database) -> None:
    async def open_shop(session: AsyncSession) -> tuple[list[int], int]:
        users = [(await make_user(session)).id for _ in range(50)]
        return users, (await make_offer_of(session, total=10)).id

    user_ids, template_id = await real_db.write(open_shop)

    results = await all_at_once(
        *[partial(real_db.write, claim, user_id, template_id, NOON) for user_id in user_ids]
    )

    refusals = [result.reason for result in results if isinstance(result, CouponRefused)]
    assert refusals == ["gone"] * 40
    assert len({result for result in results if isinstance(result, int)}) == 10
    assert await real_db.read(claimed_of, template_id) == (10, 10)


async def test_staff_give_what_is_not_listed_within_its_limits(
    session: AsyncSession, user: User, other: User
) -> None:
    template = await make_offer_of(session, key="sorry", is_listed=False, total=1, level=4)

    await give(session, user.id, "sorry", NOON)

    for shopper, reason in ((user, "had"), (other, "gone")):
        with pytest.raises(CouponRefused) as caught:
            await give(session, shopper.id, "sorry", NOON)
        assert caught.value.reason == reason
    with pytest.raises(NotFound):
        await give(session, user.id, "unknown", NOON)
    assert await claimed_of(session, template.id) == (1, 1)


async def test_staff_give_nothing_that_has_run_out(session: AsyncSession, user: User) -> None:
    await make_offer_of(session, key="late", days=None, valid_to=NOON)

    with pytest.raises(CouponRefused):
        await give(session, user.id, "late", NOON)


async def test_newcomers_are_welcomed_with_what_there_is(session: AsyncSession, user: User) -> None:
    first = await make_offer_of(session, key="welcome", title="For you", is_listed=False)
    await make_offer_of(session, key="welcome-gone", total=0)
    await make_offer_of(session, key="welcome-late", days=None, valid_to=NOON)
    await make_offer_of(session, key="other")

    (coupon_id,) = await welcome(session, user.id, NOON)

    assert (await session.get_one(Coupon, coupon_id)).template_id == first.id
    news = (await session.scalars(select(UserMessage).where(UserMessage.user_id == user.id))).one()
    assert (news.kind, news.link) == ("coupon_welcome", "/axf/coupons/mine/")
    assert "For you" in news.params


async def test_who_registers_has_the_welcome_coupon(real_db: Database) -> None:
    template_id = (await real_db.write(partial(make_offer_of, key="welcome"))).id
    newcomer = Newcomer("bee", "bee", "fresh-honey-8-bees", None)

    await register(real_db, newcomer, Device("", "", None), life=DAY)

    assert await real_db.read(claimed_of, template_id) == (1, 1)
