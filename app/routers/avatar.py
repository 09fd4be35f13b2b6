"""The shopper's own picture."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import CurrentUser, Db, Media, Upload
from app.errors import N_, InvalidInput
from app.forms import ShopForm
from app.pictures import AVATAR_SIZES, encode_picture
from app.services import pictures
from app.services.accounts import Shopper
from app.templating import is_fragment_request, render

router = APIRouter(prefix="/axf/mine/avatar")

FRAME = "mine/avatar.html"


class AvatarForm(ShopForm):
    """Nothing but the file, which is no field of it."""


@router.post("/")
async def upload_avatar(
    request: Request, db: Db, media: Media, user: CurrentUser, upload: Upload
) -> Response:
    _, files = await upload.read(AvatarForm, files={"photo": 1}, page=FRAME, block="avatar")
    if not files["photo"]:
        raise InvalidInput.of("photo", N_("Please choose a picture"))
    encoded = await encode_picture(files["photo"][0], sizes=AVATAR_SIZES, square=True)
    await pictures.keep(media, encoded)
    await db.write_keyed(pictures.set_avatar, user.id, encoded)
    await pictures.keep_again(media, encoded)
    return _answer(request, user, encoded.digest)


@router.post("/remove/")
async def remove_avatar(request: Request, db: Db, user: CurrentUser) -> Response:
    await db.write_keyed(pictures.remove_avatar, user.id)
    return _answer(request, user, None)


def _answer(request: Request, user: Shopper, avatar: str | None) -> Response:
    """The form with the new picture for htmx; for a plain browser the page it stands on."""
    if not is_fragment_request(request):
        return RedirectResponse("/axf/mine/profile/", 303)
    request.state.visitor = replace(user, avatar=avatar)
    return render(request, FRAME, block="avatar", errors={})
