"""Static files that npm brought: htmx, and the food pictures of the demo shop."""

import re

from fastapi import APIRouter
from fastapi.responses import FileResponse

from app.errors import NotFound
from app.templating import HTMX, PICTURES

router = APIRouter(prefix="/static")

FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}
_PICTURE = re.compile(r"[0-9a-f]{2,6}(-[0-9a-f]{2,6}){0,9}")


@router.get("/js/htmx.min.js")
async def show_htmx() -> FileResponse:
    return FileResponse(HTMX, media_type="text/javascript", headers=FOR_A_YEAR)


@router.get("/pictures/{name}.webp")
async def show_picture(name: str) -> FileResponse:
    path = PICTURES / f"{name}.webp"
    if not _PICTURE.fullmatch(name) or not path.is_file():
        raise NotFound
    return FileResponse(path, media_type="image/webp", headers=FOR_A_YEAR)
