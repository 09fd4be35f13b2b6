"""What shoppers say about what they bought."""

from collections.abc import Sequence
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator, Field

from app.deps import (
    MAX_ID,
    CurrentUser,
    Db,
    Media,
    Number,
    OrderNo,
    Upload,
    Visitor,
    guard_storefront,
    page_before,
)
from app.errors import N_
from app.forms import Checkbox, ShopForm, Text500, refuse
from app.models.base import utcnow
from app.models.review import MOST_PHOTOS
from app.pictures import REVIEW_SIZES, EncodedPicture, encode_picture
from app.services import catalogue, review_queries
from app.services.pictures import keep, keep_again
from app.services.review_photos import Photos
from app.services.review_queries import Sort
from app.services.review_ratings import get_rating
from app.services.review_views import ToReview
from app.services.review_votes import toggle_helpful
from app.services.reviews import Opinion, edit_review, write_review
from app.templating import is_fragment_request, render

router = APIRouter()

WRITE, EDIT = "reviews/write.html", "reviews/edit.html"
FILES = {"photo": MOST_PHOTOS}
ReviewId = Annotated[int, Path(ge=1, le=MAX_ID)]
Before = Annotated[int | None, Query(ge=1, le=MAX_ID)]
Chosen = Annotated[int | None, Query(ge=1, le=MAX_ID)]
Stars = Annotated[int | None, Query(ge=1, le=5)]
Sent = Literal["visible", "pending"]
Context = dict[str, Any]  # Any: whatever the template shows


def _mark(value: Any) -> Any:  # Any: pydantic hands over whatever was posted
    if value not in {"1", "2", "3", "4", "5"}:
        raise refuse(N_("Please choose from one to five"))
    return value


Mark = Annotated[int, BeforeValidator(_mark)]
PictureId = Annotated[int, Field(ge=1, le=MAX_ID)]


class ReviewForm(ShopForm):
    """No mark is chosen beforehand, so one that is missing is said to be."""

    stars: Mark = Field(default="", validate_default=True)
    fresh: Mark = Field(default="", validate_default=True)
    body: Text500 = ""
    anonymous: Checkbox = False

    @property
    def opinion(self) -> Opinion:
        return Opinion(self.stars, self.fresh, self.body, self.anonymous)


class EditForm(ReviewForm):
    """A ticked box beside a photo posts the photo's id."""

    drop_1: PictureId | None = None
    drop_2: PictureId | None = None
    drop_3: PictureId | None = None
    drop_4: PictureId | None = None
    drop_5: PictureId | None = None
    drop_6: PictureId | None = None

    @property
    def dropped(self) -> frozenset[int]:
        boxes = (self.drop_1, self.drop_2, self.drop_3, self.drop_4, self.drop_5, self.drop_6)
        return frozenset(id_ for id_ in boxes if id_ is not None)


@router.get("/axf/orders/{no}/review/")
async def show_form(
    request: Request,
    db: Db,
    user: CurrentUser,
    no: OrderNo,
    *,
    goods: Chosen = None,
    sent: Sent | None = None,
) -> Response:
    """One good of the order at a time; the others are a tap away."""
    lines = await db.read(review_queries.list_to_review, user.id, no)
    chosen = _find(lines, goods) or next(iter(lines), None)
    context: Context = {"no": no, "lines": lines, "chosen": chosen, "sent": sent}
    return render(request, WRITE, values={}, errors={}, **context)


def _find(lines: list[ToReview], goods_id: int | None) -> ToReview | None:
    return next((line for line in lines if line.goods_id == goods_id), None)


@router.post("/axf/orders/{no}/review/{goods_id}/")
async def write(
    db: Db, media: Media, user: CurrentUser, upload: Upload, *, no: OrderNo, goods_id: Number
) -> Response:
    lines = await db.read(review_queries.list_to_review, user.id, no)
    chosen = _find(lines, goods_id)
    context: Context = {"no": no, "lines": lines, "chosen": chosen, "sent": None}
    form, files = await upload.read(ReviewForm, files=FILES, page=WRITE, **context)
    added = await _encode(files["photo"])
    await keep(media, *added)
    status = await db.write_keyed(
        write_review, user.id, no, goods_id, form.opinion, photos=Photos(added), now=utcnow()
    )
    await keep_again(media, *added)
    return RedirectResponse(f"/axf/orders/{no}/review/?sent={status}", 303)


async def _encode(files: Sequence[BinaryIO]) -> list[EncodedPicture]:
    return [await encode_picture(file, sizes=REVIEW_SIZES, square=False) for file in files]


@router.get("/axf/reviews/")
async def show_own(request: Request, db: Db, user: CurrentUser, before: Before = None) -> Response:
    page = await db.read(review_queries.list_own, user.id, before=before, now=utcnow())
    return render(request, "reviews/mine.html", page=page, before=before)


@router.get("/axf/reviews/{review_id}/edit/")
async def show_edit(request: Request, db: Db, user: CurrentUser, review_id: ReviewId) -> Response:
    review = await db.read(review_queries.get_own, user.id, review_id, now=utcnow())
    values = {"stars": str(review.stars), "fresh": str(review.fresh), "body": review.body}
    if review.anonymous:
        values["anonymous"] = "on"
    return render(request, EDIT, review=review, values=values, errors={})


@router.post("/axf/reviews/{review_id}/edit/")
async def edit(
    db: Db, media: Media, user: CurrentUser, upload: Upload, *, review_id: ReviewId
) -> Response:
    review = await db.read(review_queries.get_own, user.id, review_id, now=utcnow())
    form, files = await upload.read(EditForm, files=FILES, page=EDIT, review=review)
    added = await _encode(files["photo"])
    await keep(media, *added)
    photos = Photos(added, form.dropped)
    await db.write_keyed(edit_review, user.id, review_id, form.opinion, photos=photos, now=utcnow())
    await keep_again(media, *added)
    return RedirectResponse(f"/axf/reviews/#review-{review_id}", 303)


@router.get("/axf/goods/{goods_id}/reviews/", dependencies=[Depends(guard_storefront)])
async def show_reviews(
    request: Request,
    db: Db,
    visitor: Visitor,
    goods_id: Number,
    *,
    sort: Sort = "newest",
    stars: Stars = None,
    photos: bool = False,
    before: Before = None,
) -> Response:
    goods = await db.read(catalogue.get_goods, goods_id)
    rating = await db.read(get_rating, goods_id)
    page = await db.read(
        review_queries.list_reviews,
        goods_id,
        visitor.id if visitor else None,
        sort=sort,
        stars=stars,
        with_photos=photos,
        before=before,
    )
    shown = {"sort": sort, "stars": stars, "photos": photos, "before": before}
    context: Context = {"goods": goods, "rating": rating, "page": page, "shown": shown}
    return render(request, "reviews/goods.html", block="reviews", **context)


@router.post("/axf/reviews/{review_id}/helpful/")
async def vote(request: Request, db: Db, user: CurrentUser, review_id: ReviewId) -> Response:
    vote = await db.write(toggle_helpful, user.id, review_id, now=utcnow())
    if is_fragment_request(request):
        return render(request, "reviews/_helpful.html", review=vote)
    page = page_before(request) or f"/axf/goods/{vote.goods_id}/reviews/"
    return RedirectResponse(f"{page}#review-{review_id}", 303)
