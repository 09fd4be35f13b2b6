"""A shopper's address book: where orders go, and which address is taken when nobody says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import count_changed
from app.errors import N_, InvalidInput, NotFound
from app.models import Address, User
from app.services.regions import region_words

MOST = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order goes. `region` is the district's code, empty in what is older than codes."""

    receiver: str
    phone: str
    area: str
    room: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class AddressView:
    id: int
    receiver: str
    phone: str
    area: str
    room: str
    region: str
    tag: str
    is_default: bool

    @property
    def masked_phone(self) -> str:
        """138****6021: enough to know it again, too little for a stranger."""
        return f"{self.phone[:3]}****{self.phone[-4:]}"

    @property
    def region_words(self) -> str:
        return region_words(self.region)

    @property
    def place(self) -> Place:
        return Place(self.receiver, self.phone, self.area, self.room, self.region)


async def list_addresses(session: AsyncSession, user_id: int) -> list[AddressView]:
    """The default one first, then the newest."""
    rows = await session.execute(
        select(
            Address.id,
            Address.receiver,
            Address.phone,
            Address.area,
            Address.room,
            Address.region,
            Address.tag,
            Address.default_of.is_not(None),
        )
        .where(Address.user_id == user_id)
        .order_by(Address.default_of.is_(None), Address.id.desc())
    )
    return [AddressView(*row[:-1], bool(row[-1])) for row in rows]


async def find_default(session: AsyncSession, user_id: int) -> AddressView | None:
    book = await list_addresses(session, user_id)
    return next((address for address in book if address.is_default), None)


async def get_address(session: AsyncSession, user_id: int, address_id: int) -> AddressView:
    book = await list_addresses(session, user_id)
    found = next((address for address in book if address.id == address_id), None)
    if found is None:
        raise NotFound
    return found


async def add_address(
    session: AsyncSession, user_id: int, place: Place, *, tag: str = "", is_default: bool = False
) -> int:
    """Its id. The first one is the default; the same place again is the one that is there."""
    book = await _open_book(session, user_id)
    address_id = next((known.id for known in book if known.place == place), None)
    if address_id is not None:
        await _write(session, user_id, address_id, tag=tag)
    else:
        if len(book) >= MOST:
            text = N_("Your book is full: %(most)s addresses. Please delete one first.")
            raise InvalidInput.of("", text, most=MOST)
        row = Address(user_id=user_id, tag=tag, **asdict(place))
        session.add(row)
        await session.flush()
        address_id = row.id
    if is_default or not book:
        await _pass_default(session, user_id, address_id)
    return address_id


async def change_address(
    session: AsyncSession,
    user_id: int,
    address_id: int,
    place: Place,
    *,
    tag: str,
    is_default: bool,
) -> None:
    """Orders that went there keep what they copied. The default stays so until another is it."""
    await _open_book(session, user_id)
    await _write(session, user_id, address_id, **asdict(place), tag=tag)
    if is_default:
        await _pass_default(session, user_id, address_id)


async def make_default(session: AsyncSession, user_id: int, address_id: int) -> None:
    await _open_book(session, user_id)
    await _pass_default(session, user_id, address_id)


async def delete_address(session: AsyncSession, user_id: int, address_id: int) -> None:
    """When it was the default, the newest other one becomes it."""
    book = await _open_book(session, user_id)
    gone = delete(Address).where(Address.id == address_id, Address.user_id == user_id)
    if await count_changed(session, gone) == 0:
        raise NotFound
    others = [address for address in book if address.id != address_id]
    if others and not any(address.is_default for address in others):
        await _pass_default(session, user_id, max(address.id for address in others))


async def _open_book(session: AsyncSession, user_id: int) -> Sequence[AddressView]:
    """The addresses as they are, and nobody else changes them until this is done.

    The user's row is the lock, as for placing an order, so that there is one default and no more
    than may be.
    """
    owner = select(User.id).where(User.id == user_id, User.is_active).with_for_update()
    if await session.scalar(owner) is None:
        raise NotFound
    return await list_addresses(session, user_id)


async def _pass_default(session: AsyncSession, user_id: int, address_id: int) -> None:
    """Take the mark from the others first: it is unique."""
    await session.execute(
        update(Address)
        .where(Address.default_of == user_id, Address.id != address_id)
        .values(default_of=None),
        execution_options={"synchronize_session": False},
    )
    await _write(session, user_id, address_id, default_of=user_id)


async def _write(
    session: AsyncSession, user_id: int, address_id: int, **values: str | int | None
) -> None:
    change = update(Address).where(Address.id == address_id, Address.user_id == user_id)
    if await count_changed(session, change.values(**values)) == 0:
        raise NotFound
