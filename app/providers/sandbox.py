"""A payment provider for trying the shop out: everything is real but the money."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import BadSignature
from app.providers import Notice, PaymentRequest, RefundRequest
from app.security import is_signed, sign

TIMESTAMP, SIGNATURE = "x-sandbox-timestamp", "x-sandbox-signature"
PURPOSE = "sandbox-notice"
TOLERANCE = timedelta(minutes=5)
MOST_FEN = 10**12
_TIME = re.compile(r"[0-9]{1,12}")


class _Body(BaseModel):
    """What is in a notice. Strict: a number as a text would be another gateway's notice."""

    model_config = ConfigDict(strict=True, extra="ignore")

    payment_no: str = Field(pattern=r"^[0-9A-Z]{1,32}$")
    ref: str = Field(pattern=r"^[0-9A-Za-z-]{1,64}$")
    amount_fen: int = Field(ge=1, le=MOST_FEN)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Signs and checks with HMAC-SHA256 over the time and the raw body."""

    secret: str = field(repr=False)
    name: str = "sandbox"

    async def begin(self, payment: PaymentRequest, *, on_phone: bool = False) -> str:
        return f"/sandbox/pay/{payment.payment_no}/"

    def write_notice(
        self,
        payment: PaymentRequest,
        *,
        now: datetime,
        amount_fen: int | None = None,
        is_second: bool = False,
    ) -> tuple[bytes, dict[str, str]]:
        """The body and headers of the call by which a gateway reports that it was paid.

        One payment has one reference, so paying again on the sandbox's page charges once, unless
        it is to be a second charge.
        """
        content = _Body(
            payment_no=payment.payment_no,
            ref=f"SB-{payment.payment_no}" + ("-2" if is_second else ""),
            amount_fen=payment.amount_fen if amount_fen is None else amount_fen,
        )
        body = content.model_dump_json().encode()
        at = str(int(now.timestamp()))
        return body, {TIMESTAMP: at, SIGNATURE: self._sign(at, body)}

    def read_notice(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        at = headers.get(TIMESTAMP, "")
        signature = headers.get(SIGNATURE, "")
        if not is_signed(self.secret, PURPOSE, _signed_part(at, body), signature):
            raise BadSignature
        if not _TIME.fullmatch(at):
            raise BadSignature
        if abs(now.timestamp() - int(at)) > TOLERANCE.total_seconds():
            raise BadSignature
        try:
            content = _Body.model_validate_json(body)
        except ValidationError:
            raise BadSignature from None
        return Notice(self.name, content.payment_no, content.ref, content.amount_fen)

    async def query(self, payment_no: str) -> None:
        """There is no money behind the page, so there is nothing that it did not report."""

    async def refund(self, refund: RefundRequest) -> str:
        return f"SB-{refund.refund_no}"

    def _sign(self, at: str, body: bytes) -> str:
        return sign(self.secret, PURPOSE, _signed_part(at, body))


def _signed_part(at: str, body: bytes) -> bytes:
    return at.encode("utf-8", "replace") + b"." + body
