"""Faces of the demo shoppers, taken from the pictures that npm brought."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import User
from app.pictures import AVATAR_SIZES, encode_picture
from app.services.pictures import keep, set_avatar
from app.settings import ROOT
from app.storage import Storage

FACES = {"xiaoman": "1f98a"}
_PICTURES = ROOT / "node_modules" / "@lobehub" / "fluent-emoji-3d" / "assets"


async def show_faces(db: Database, storage: Storage) -> int:
    """Give an avatar to those of the demo shoppers who have none; how many."""
    shown = 0
    for username, face in FACES.items():
        path = _PICTURES / f"{face}.webp"
        user_id = await db.read(_faceless, username)
        if user_id is not None and path.is_file():
            with path.open("rb") as file:
                encoded = await encode_picture(file, sizes=AVATAR_SIZES, square=True)
            await keep(storage, encoded)
            await db.write_keyed(set_avatar, user_id, encoded)
            shown += 1
    return shown


async def _faceless(session: AsyncSession, username: str) -> int | None:
    query = select(User.id).where(User.username == username, User.is_active, User.avatar.is_(None))
    return await session.scalar(query)
