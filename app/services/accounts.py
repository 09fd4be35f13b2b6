"""Who is signed in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Address, CartLine, User, UserTicket


@dataclass(frozen=True, slots=True)
class Shopper:
    """The signed-in user, with what the layout of every page shows of them."""

    id: int
    username: str
    is_staff: bool
    locale: str | None
    ticket_id: int
    cart_count: int
    deliver_to: str | None


async def find_shopper(session: AsyncSession, ticket: str, *, now: datetime) -> Shopper | None:
    """The owner of a ticket that is known and lives; one statement for all that layouts show."""
    cart_count = (
        select(func.coalesce(func.sum(CartLine.quantity), 0))
        .where(CartLine.user_id == User.id)
        .scalar_subquery()
    )
    deliver_to = select(Address.area).where(Address.default_of == User.id).scalar_subquery()
    row = (
        await session.execute(
            select(
                User.id,
                User.username,
                User.is_staff,
                User.locale,
                UserTicket.id,
                cart_count,
                deliver_to,
            )
            .join(UserTicket, UserTicket.user_id == User.id)
            .where(
                UserTicket.digest == UserTicket.digest_of(ticket),
                UserTicket.expires_at > now,
                User.is_active,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    user_id, username, is_staff, locale, ticket_id, count, area = row
    return Shopper(user_id, username, is_staff, locale, ticket_id, int(count), area)
