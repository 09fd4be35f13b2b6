"""Where a shopper's orders go. For now each has one address, the default one."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import upsert
from app.models import Address


@dataclass(frozen=True, slots=True)
class AddressView:
    id: int
    receiver: str
    phone: str
    area: str
    room: str

    @property
    def masked_phone(self) -> str:
        """138****6021: enough to know it again, too little for a stranger."""
        return f"{self.phone[:3]}****{self.phone[-4:]}"


async def find_default(session: AsyncSession, user_id: int) -> AddressView | None:
    columns = select(Address.id, Address.receiver, Address.phone, Address.area, Address.room)
    row = (await session.execute(columns.where(Address.default_of == user_id))).one_or_none()
    return row and AddressView(*row)


async def save_default(
    session: AsyncSession, user_id: int, *, receiver: str, phone: str, area: str, room: str
) -> None:
    """Make this the shopper's one default address, in place of any other."""
    place = {"receiver": receiver, "phone": phone, "area": area, "room": room}
    owner = {"user_id": user_id, "default_of": user_id}
    await upsert(session, Address, owner | place, conflict_on=("default_of",), update=place)
