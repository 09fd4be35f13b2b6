"""Pictures that shoppers sent, as the shop painted them anew."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.deps import Media
from app.errors import NotFound
from app.storage import is_name

router = APIRouter()

HEADERS = {
    # A name never means another picture.
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Disposition": 'inline; filename="picture.webp"',
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}


@router.get("/media/{file}")
async def show_picture(request: Request, file: str, media: Media) -> Response:
    if not is_name(file):
        raise NotFound
    headers = {**HEADERS, "ETag": f'"{file.removesuffix(".webp")}"'}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    data = await media.read(file)
    if data is None:
        raise NotFound
    return Response(data, media_type="image/webp", headers=headers)
