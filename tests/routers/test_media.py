"""How pictures of shoppers are served."""

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from app.storage import LocalStorage, Storage, file_name

NAME = file_name("ab" * 32, "small")


@pytest.fixture
async def media(app: FastAPI) -> Storage:
    storage: LocalStorage = app.state.media
    await storage.put(NAME, b"a picture")
    return storage


async def test_a_picture_is_only_ever_a_picture(anonymous: AsyncClient, media: Storage) -> None:
    answer = await anonymous.get(f"/media/{NAME}")

    assert (answer.status_code, answer.content) == (200, b"a picture")
    headers = answer.headers
    assert headers["Content-Type"] == "image/webp"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Content-Disposition"] == 'inline; filename="picture.webp"'


async def test_a_picture_is_kept_by_browsers(anonymous: AsyncClient, media: Storage) -> None:
    first = await anonymous.get(f"/media/{NAME}")
    again = await anonymous.get(
        f"/media/{NAME}", headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'}
    )
    other = await anonymous.get(f"/media/{NAME}", headers={"If-None-Match": '"other"'})

    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Vary" not in first.headers
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.content) == (200, b"a picture")


@pytest.mark.parametrize(
    "path",
    [
        file_name("cd" * 32, "small"),
        file_name("ab" * 32, "large"),
        *("", "%2e%2e", "%2e%2e%2faxf.db", "..%2f..%2fetc%2fpasswd", f"ab/ab/{NAME}", f"%2f{NAME}"),
        *(NAME.upper(), f"{NAME}%00", f"{NAME}%0a", NAME.replace(".webp", ".html"), "x" * 3000),
    ],
)
async def test_nothing_else_is_served(anonymous: AsyncClient, media: Storage, path: str) -> None:
    answer = await anonymous.get(f"/media/{path}")

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "private, no-cache"
