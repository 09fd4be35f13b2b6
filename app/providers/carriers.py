"""Who brings the parcels that the shop does not bring itself, and how their news is believed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from app.errors import BadSignature, InvalidInput, Words
from app.security import is_signed, sign

log = logging.getLogger("axf.carriers")

CARRIERS: Mapping[str, Words] = {
    "ems": Words("中国邮政 EMS", "China Post EMS"),
    "jd": Words("京东快递", "JD Express"),
    "sf": Words("顺丰速运", "SF Express"),
    "zto": Words("中通快递", "ZTO Express"),
}
TIMESTAMP, SIGNATURE = "x-carrier-timestamp", "x-carrier-signature"
TOLERANCE = timedelta(minutes=5)
EARLIEST, LATEST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_TIME_DIGITS = 12


@dataclass(frozen=True, slots=True)
class News:
    """A carrier's word, signature checked. `source_id` is its own number for this news."""

    carrier: str
    tracking_no: str
    source_id: str
    code: str
    text: str
    place: str
    at: datetime


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    tracking_no: str = Field(pattern=r"^[0-9A-Za-z-]{4,40}$")
    id: str = Field(pattern=r"^[0-9A-Za-z._:-]{1,64}$")
    code: Literal["accepted", "transit", "arrived", "delivering", "signed", "returned", "problem"]
    text: str = ""
    place: str = ""
    at: AwareDatetime = Field(ge=EARLIEST, le=LATEST)


def read_news(
    carrier: str, secret: str, body: bytes, headers: Mapping[str, str], *, now: datetime
) -> News:
    """What a carrier's call says. Raises BadSignature when it is not theirs, or long ago.

    The signature is HMAC-SHA256 in hex, under the shared secret, over `carrier-news CARRIER`, a
    zero byte, the seconds since 1970 from the other header, a dot, and the body as it was sent.
    """
    at = headers.get(TIMESTAMP, "")
    signature = headers.get(SIGNATURE, "")
    is_theirs = is_signed(secret, _purpose(carrier), _signed_part(at, body), signature)
    if not (secret and is_theirs and _is_recent(at, now)):
        log.warning("news in the name of %s has a wrong signature or time: refused", carrier)
        raise BadSignature
    try:
        content = _Body.model_validate_json(body)
    except ValidationError:
        log.warning("news of %s is signed but cannot be read", carrier)
        raise InvalidInput({}) from None
    return News(
        carrier=carrier,
        tracking_no=content.tracking_no,
        source_id=content.id,
        code=content.code,
        text=_plain(content.text)[:200],
        place=_plain(content.place)[:60],
        # A clock that is fast must not make this the last word for ever.
        at=min(content.at.astimezone(UTC), now),
    )


def sign_news(carrier: str, secret: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """The headers with which a carrier sends this body."""
    at = str(int(now.timestamp()))
    return {TIMESTAMP: at, SIGNATURE: sign(secret, _purpose(carrier), _signed_part(at, body))}


def _purpose(carrier: str) -> str:
    return f"carrier-news {carrier}"


def _signed_part(at: str, body: bytes) -> bytes:
    return at.encode("utf-8", "replace") + b"." + body


def _is_recent(at: str, now: datetime) -> bool:
    is_number = at.isascii() and at.isdecimal() and len(at) <= _TIME_DIGITS
    return is_number and abs(now.timestamp() - int(at)) <= TOLERANCE.total_seconds()


def _plain(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
