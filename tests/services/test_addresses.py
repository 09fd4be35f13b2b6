"""The one address that orders go to."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import User
from app.services import addresses
from app.services.addresses import AddressView
from tests.conftest import all_at_once
from tests.factories import make_address, make_user

PLACE = {"receiver": "林小满", "phone": "13800006021", "area": "望京 SOHO T3", "room": "2307"}


async def test_a_new_shopper_has_no_address(session: AsyncSession, user: User) -> None:
    assert await addresses.find_default(session, user.id) is None


async def test_the_first_address_is_the_default(session: AsyncSession, user: User) -> None:
    await addresses.save_default(session, user.id, **PLACE)

    address = await addresses.find_default(session, user.id)
    assert address is not None
    assert address == AddressView(address.id, "林小满", "13800006021", "望京 SOHO T3", "2307")
    assert address.masked_phone == "138****6021"


async def test_another_shoppers_address_stays(
    session: AsyncSession, user: User, other: User
) -> None:
    theirs = await make_address(session, other, area="酒仙桥路 6 号院")

    await addresses.save_default(session, user.id, **PLACE)

    kept = await addresses.find_default(session, other.id)
    assert kept is not None
    assert (kept.id, kept.area) == (theirs.id, "酒仙桥路 6 号院")


async def test_saving_twice_at_once_leaves_one_address(real_db: Database) -> None:
    async def open_account(session: AsyncSession) -> int:
        return (await make_user(session)).id

    user_id = await real_db.write(open_account)

    async def save() -> None:
        await real_db.write(addresses.save_default, user_id, **PLACE)

    assert await all_at_once(*[save] * 8) == [None] * 8
    assert await real_db.read(addresses.find_default, user_id) is not None
