"""Forms with files: each is cut off where it grows too large, and none is held in memory."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.errors import N_, InvalidInput, ShopError, TooMany, Unreadable
from app.forms import Form, check_form, read_typed, show_again
from app.pictures import MOST_BYTES, TOO_MANY_BYTES

KB = 1024
# Where more may be posted than elsewhere, and how many bytes of it are read at most.
BODY_LIMITS: Sequence[tuple[re.Pattern[str], int]] = (
    (re.compile(r"/axf/mine/avatar/"), MOST_BYTES + 256 * KB),
    (re.compile(r"/axf/orders/[0-9A-Z]{16}/review/.*"), 6 * MOST_BYTES + 256 * KB),
    (re.compile(r"/axf/reviews/[0-9]+/edit/"), 6 * MOST_BYTES + 256 * KB),
    (re.compile(r"/axf/reviews/[0-9]{1,16}/edit/"), 6 * MOST_BYTES + 256 * KB),
)
MOST_AT_ONCE = 3
_SECONDS_TO_WAIT = 5

Files = Mapping[str, Sequence[BinaryIO]]


class Uploads:
    """The form that a signed-in shopper is sending; its files are gone after the answer."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._opened: list[SpooledTemporaryFile[bytes]] = []

    async def read(
        self,
        form: type[Form],
        *,
        files: Mapping[str, int],
        page: str | None = None,
        **context: Any,  # Any: whatever the template shows
    ) -> tuple[Form, Files]:
        """The checked form, and its files on disk by their field, as many as `files` allows.

        `page` and `context` are those of `read_form`. What a file is called and says of itself is
        never looked at. Raises InvalidInput beside the field of a file too large or too many, as
        soon as that is known.
        """
        kind = self._request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "multipart/form-data":  # a form without files may come as any other form does
            values = await read_typed(self._request, most=form.most_fields)
            show_again(self._request, page, values, context)
            return check_form(form, values), {name: [] for name in files}
        parser = _Parser(self._request, files, most_fields=form.most_fields)
        self._opened = parser.opened
        try:
            data = await parser.parse()
        except ShopError:
            show_again(self._request, page, _typed(FormData(parser.items)), context)
            raise
        except (MultiPartException, ValueError, KeyError):
            raise Unreadable from None
        show_again(self._request, page, _typed(data), context)
        return check_form(form, _typed(data)), {name: self._files(data, name) for name in files}

    @staticmethod
    def _files(data: FormData, name: str) -> list[BinaryIO]:
        sent = (file for file in data.getlist(name) if isinstance(file, UploadFile))
        return [file.file for file in sent if file.size]  # a browser sends an empty field too

    def close(self) -> None:
        for file in self._opened:
            file.close()


def _is_known_to_be_too_large(request: Request) -> bool:
    most = next((most for path, most in BODY_LIMITS if path.fullmatch(request.url.path)), 0)
    length = request.headers.get("Content-Length", "0")[:19]
    return length.isdecimal() and int(length) > most


def _typed(data: FormData) -> dict[str, str]:
    values = {key: value for key, value in data.items() if isinstance(value, str)}
    try:
        "".join([*values, *values.values()]).encode()
    except ValueError:  # half characters, see forms.py
        raise Unreadable from None
    return values


class _Parser(MultiPartParser):
    """Starlette's parser with a room for each file, and with every file on disk from the start."""

    spool_max_size = 1

    def __init__(self, request: Request, rooms: Mapping[str, int], *, most_fields: int) -> None:
        most_files = 2 * sum(rooms.values())  # empty fields count here too
        super().__init__(
            request.headers, request.stream(), max_files=most_files, max_fields=most_fields
        )
        self.opened = self._files_to_close_on_error  # also those that are cut off in the middle
        self._left = dict(rooms)
        self._room = 0
        self._is_known_to_be_too_large = _is_known_to_be_too_large(request)

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        if self._current_part.file is not None:
            name = self._current_part.field_name
            if name not in self._left:
                raise Unreadable  # nobody asked for a file here
            if self._is_known_to_be_too_large:
                raise InvalidInput.of(name, TOO_MANY_BYTES)
            self._room = MOST_BYTES

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is not None:
            self._make_room(self._current_part.field_name, end - start)
        super().on_part_data(data, start, end)

    def _make_room(self, name: str, length: int) -> None:
        if self._room == MOST_BYTES:  # its first bytes
            self._left[name] -= 1
            if self._left[name] < 0:
                raise InvalidInput.of(name, N_("That is more pictures than can be taken"))
        self._room -= length
        if self._room < 0:
            raise InvalidInput.of(name, TOO_MANY_BYTES)


_sending: dict[int, int] = {}


@asynccontextmanager
async def take_uploads(request: Request, user_id: int) -> AsyncIterator[Uploads]:
    """Raises TooMany when the shopper is sending several forms already: each takes room on disk."""
    if _sending.get(user_id, 0) >= MOST_AT_ONCE:
        raise TooMany(seconds=_SECONDS_TO_WAIT)
    _sending[user_id] = _sending.get(user_id, 0) + 1
    uploads = Uploads(request)
    try:
        yield uploads
    finally:
        uploads.close()
        _sending[user_id] -= 1
        if not _sending[user_id]:
            del _sending[user_id]
