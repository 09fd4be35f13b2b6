"""What shoppers say of themselves, and how they like the pages."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import N_, InvalidInput, LoginRequired
from app.models import User
from app.services.nicknames import check_nickname
from app.services.passwords import CURRENT, change_user, confirm_password


@dataclass(frozen=True, slots=True)
class Profile:
    """An empty `nickname` leaves the user name to be shown."""

    nickname: str
    email: str


async def get_profile(session: AsyncSession, user_id: int) -> Profile:
    query = select(User.nickname, User.email).where(User.id == user_id, User.is_active)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise LoginRequired
    return Profile(row[0] or "", row[1] or "")


async def change_profile(
    db: Database, user_id: int, wanted: Profile, password: str, address: str, *, secret: str
) -> None:
    """Another e-mail takes the password: whoever has it can say that they are this shopper."""
    now = await db.read(get_profile, user_id)
    if wanted.nickname != now.nickname:
        check_nickname(wanted.nickname)
    if wanted.email == now.email:
        await db.write(_save_nickname, user_id, wanted.nickname)
    elif not password:
        text = N_("Please enter your current password to change the e-mail address")
        raise InvalidInput.of(CURRENT, text)
    else:
        confirmed = await confirm_password(db, user_id, password, address, secret=secret)
        names = {"nickname": wanted.nickname or None, "email": wanted.email or None}
        await db.write(change_user, confirmed, **names)


async def _save_nickname(session: AsyncSession, user_id: int, nickname: str) -> None:
    await session.execute(
        update(User).where(User.id == user_id, User.is_active).values(nickname=nickname or None)
    )


async def choose_look(
    session: AsyncSession, user_id: int, *, theme: str | None, large_text: bool
) -> None:
    """`theme` is "light", "dark", or None for the browser's own."""
    await session.execute(
        update(User)
        .where(User.id == user_id, User.is_active)
        .values(theme=theme, large_text=large_text)
    )
