"""The photos of a review: which it has, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import N_, InvalidInput
from app.models import ReviewPhoto
from app.models.review import MOST_PHOTOS
from app.pictures import EncodedPicture
from app.services.pictures import add_picture, drop_pictures


@dataclass(frozen=True, slots=True)
class Photos:
    """`added` were just sent, `dropped` are the ids of pictures that shall go."""

    added: Sequence[EncodedPicture] = ()
    dropped: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped)


NO_PHOTOS = Photos()


async def add_photos(session: AsyncSession, user_id: int, photos: Photos) -> list[int]:
    """Enter what was sent as the author's pictures; their ids.

    It locks the author's row, so it comes before a review is written, which shares that lock.
    """
    return [await add_picture(session, user_id, "review", one) for one in photos.added]


async def link_photos(
    session: AsyncSession, user_id: int, review_id: int, added: Sequence[int], photos: Photos
) -> None:
    """Give the review its new photos and take those away that shall go.

    The review's row must be locked or new. Raises InvalidInput when they are too many.
    """
    if not photos:
        return
    of_this = ReviewPhoto.review_id == review_id
    shown = list(
        await session.scalars(
            select(ReviewPhoto.picture_id).where(of_this).order_by(ReviewPhoto.position)
        )
    )
    kept = [id_ for id_ in shown if id_ not in photos.dropped] + list(added)
    if len(kept) > MOST_PHOTOS:
        raise InvalidInput.of("photo", N_("At most %(most)s photos"), most=MOST_PHOTOS)
    await session.execute(delete(ReviewPhoto).where(of_this))
    if kept:
        rows = [
            {"review_id": review_id, "position": position, "picture_id": id_}
            for position, id_ in enumerate(kept, start=1)
        ]
        await session.execute(insert(ReviewPhoto), rows)
    gone = [id_ for id_ in shown if id_ in photos.dropped]
    if gone:
        await drop_pictures(session, user_id, gone)
