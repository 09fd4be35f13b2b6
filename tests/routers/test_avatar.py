"""A shopper's own picture, from the form to the file and back."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Picture, User
from app.settings import Settings
from tests.conftest import HTMX
from tests.hostile_pictures import HARMLESS, REFUSED, SCRIPT, located_jpeg, paint, save

UPLOAD, REMOVE = "/axf/mine/avatar/", "/axf/mine/avatar/remove/"
PNG = save(paint(), "PNG")


async def upload(browser: AsyncClient, data: bytes, **options: object) -> Response:
    files = {"photo": (options.pop("name", "me.png"), data, options.pop("kind", "image/png"))}
    return await browser.post(UPLOAD, files=files, **options)  # type: ignore[arg-type]


async def avatar_of(session: AsyncSession, user: User) -> str | None:
    return await session.scalar(select(User.avatar).where(User.id == user.id))


async def count_pictures(session: AsyncSession) -> int:
    return (await session.execute(select(func.count()).select_from(Picture))).scalar_one()


def files_in(settings: Settings) -> list[Path]:
    return sorted(path for path in settings.media_dir.rglob("*") if path.is_file())


def picture_in(answer: Response) -> str:
    found: list[str] = re.findall(r'src="(/media/[^"]+)"', answer.text)
    return found[0]


async def test_a_picture_becomes_the_avatar(
    client: AsyncClient, session: AsyncSession, user: User, settings: Settings
) -> None:
    answer = await upload(client, located_jpeg())

    digest = await avatar_of(session, user)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/axf/mine/profile/")
    assert [path.name for path in files_in(settings)] == [
        f"{digest}-large.webp",
        f"{digest}-small.webp",
    ]
    picture = Image.open(io.BytesIO((await client.get(f"/media/{digest}-large.webp")).content))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("WEBP", (40, 40), {})


async def test_htmx_gets_the_form_with_the_new_picture(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    answer = await upload(client, PNG, headers=HTMX)

    assert answer.status_code == 200
    assert answer.text.strip().startswith('<section class="card stack" id="avatar">')
    assert picture_in(answer) == f"/media/{await avatar_of(session, user)}-large.webp"
    assert REMOVE in answer.text


async def test_the_avatar_can_be_removed(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    await upload(client, PNG)

    fragment = await client.post(REMOVE, headers=HTMX)
    page = await client.post(REMOVE)

    assert await avatar_of(session, user) is None
    assert await count_pictures(session) == 0
    assert (fragment.status_code, REMOVE in fragment.text) == (200, False)
    assert (page.status_code, page.headers["Location"]) == (303, "/axf/mine/profile/")


async def test_nobody_changes_the_avatar_of_another(
    client: AsyncClient, other_client: AsyncClient, session: AsyncSession, user: User, other: User
) -> None:
    await upload(client, PNG)
    mine = await avatar_of(session, user)

    await upload(other_client, save(paint(90, 90), "PNG"))
    await other_client.post(REMOVE)

    assert mine is not None
    assert await avatar_of(session, user) == mine
    assert await avatar_of(session, other) is None


@pytest.mark.parametrize("name", ["text", "svg with script", "truncated png", "900 million pixels"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
async def test_what_is_no_picture_is_refused_beside_the_field(
    client: AsyncClient,
    session: AsyncSession,
    settings: Settings,
    name: str,
    headers: dict[str, str],
) -> None:
    await upload(client, PNG)
    before = await session.scalar(select(User.avatar)), files_in(settings)

    answer = await upload(client, REFUSED[name](), headers=headers)

    assert answer.status_code == 422
    assert re.search(r'id="photo-hint" role="alert">.*(no picture|too many pixels)', answer.text)
    assert (await session.scalar(select(User.avatar)), files_in(settings)) == before


@pytest.mark.parametrize("name", ["png and html", "gif and html", "jpeg and zip"])
async def test_nothing_of_a_two_faced_file_is_ever_served(
    client: AsyncClient, session: AsyncSession, user: User, settings: Settings, name: str
) -> None:
    await upload(client, HARMLESS[name](), name="me.html", kind="text/html")

    served = await client.get(f"/media/{await avatar_of(session, user)}-large.webp")

    assert served.headers["Content-Type"] == "image/webp"
    assert SCRIPT not in served.content
    assert not any(b"PK\x03\x04" in path.read_bytes() for path in files_in(settings))


@pytest.mark.parametrize(
    "name",
    ["../../../../tmp/axf.png", "/etc/passwd", "C:\\me.png", "a\0b.png", "x" * 2000, "我.png"],
)
async def test_the_name_of_a_file_does_not_matter(
    client: AsyncClient, session: AsyncSession, user: User, settings: Settings, name: str
) -> None:
    answer = await upload(client, PNG, name=name, kind="application/x-msdownload")

    digest = await avatar_of(session, user)
    assert answer.status_code == 303
    assert {path.name[:64] for path in files_in(settings)} == {digest}


async def test_a_form_without_a_picture_is_told_so(client: AsyncClient) -> None:
    for files in ({"photo": ("", b"", "application/octet-stream")}, {"photo": ("a.png", b"")}):
        answer = await client.post(UPLOAD, files=files)

        assert answer.status_code == 422
        assert "Please choose a picture" in answer.text


async def test_more_than_8_mb_is_refused_beside_the_field(
    client: AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    answers = [await upload(client, bytes(size << 20)) for size in (9, 40)]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("A picture may have 8 MB at most" in answer.text for answer in answers)
    assert (files_in(settings), await count_pictures(session)) == ([], 0)


@pytest.mark.parametrize(
    "files",
    [
        [("photo", ("a.png", PNG)), ("photo", ("b.png", PNG))],
        [("photo", ("a.png", PNG)), ("other", ("b.png", PNG))],
        [("other", ("b.png", PNG))],
    ],
    ids=["two", "another field", "only another field"],
)
async def test_files_nobody_asked_for_are_refused(
    client: AsyncClient, session: AsyncSession, files: list[tuple[str, tuple[str, bytes]]]
) -> None:
    answer = await client.post(UPLOAD, files=files)

    assert answer.status_code in {400, 422}
    assert await count_pictures(session) == 0


class Body:
    """A body that is sent piece by piece and counts what was taken of it."""

    def __init__(self, megabytes: int, field: bytes = b"photo") -> None:
        self.megabytes, self.field, self.taken = megabytes, field, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield (
            b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a.png"\r\n\r\n'
            % self.field
        )
        for _ in range(self.megabytes * 16):
            self.taken += 1 << 16
            yield bytes(1 << 16)
        yield b"\r\n--x--\r\n"


MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


async def test_100_mb_in_pieces_are_cut_off_after_8(client: AsyncClient) -> None:
    body = Body(100)

    answer = await client.post(UPLOAD, content=body, headers=MULTIPART)

    assert answer.status_code == 422
    assert "A picture may have 8 MB at most" in answer.text


async def test_strangers_and_other_sites_are_refused_before_their_files_are_read(
    client: AsyncClient, anonymous: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.uploads._Parser.parse", None)

    stranger = await upload(anonymous, PNG)
    foreign = await upload(client, PNG, headers={"Sec-Fetch-Site": "cross-site"})

    assert (stranger.status_code, stranger.headers["Location"][:7]) == (303, "/login/")
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\nhalf a file',
        b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\nno file\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\n\xff\r\n--x--\r\n',
        b"nothing of the kind",
    ],
)
async def test_broken_forms_break_nothing(
    client: AsyncClient, session: AsyncSession, body: bytes
) -> None:
    answer = await client.post(UPLOAD, content=body, headers=MULTIPART)

    assert answer.status_code in {400, 422}
    assert await count_pictures(session) == 0


async def test_a_form_of_another_kind_brings_no_picture(client: AsyncClient) -> None:
    answer = await client.post(UPLOAD, data={"photo": "a"})

    assert answer.status_code == 422
    assert "Please choose a picture" in answer.text


async def test_pictures_sent_at_once_leave_one_avatar(
    client: AsyncClient, session: AsyncSession, user: User
) -> None:
    looks = [save(paint(60 + number, 60), "PNG") for number in range(3)]

    answers = await asyncio.gather(*[upload(client, look) for look in looks])

    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert await count_pictures(session) == 1
    assert await avatar_of(session, user) == await session.scalar(select(Picture.digest))


async def test_who_sends_many_forms_at_once_is_asked_to_wait(client: AsyncClient) -> None:
    answers = await asyncio.gather(*[upload(client, PNG) for _ in range(8)])

    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(303), statuses.count(429)) == (3, 5)
    assert (await upload(client, PNG)).status_code == 303


async def test_a_full_room_is_told_beside_the_field(
    client: AsyncClient, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.pictures.MOST_BYTES", 10)

    answer = await upload(client, PNG)

    assert answer.status_code == 422
    assert "Your room for pictures is full" in answer.text
    assert await count_pictures(session) == 0
