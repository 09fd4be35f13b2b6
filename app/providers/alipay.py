"""Alipay: a page for desktops and one for phones, notices, queries and refunds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.errors import BadSignature
from app.providers import Notice, PaymentRequest, ProviderAway, ProviderRefused, RefundRequest
from app.providers.alipay_gateway import Answer, Gateway, join_params, write_time
from app.providers.rsa import is_signed_text

PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
UNKNOWN_TRADE = "ACQ.TRADE_NOT_EXIST"  # the shopper has not signed in on Alipay's page yet
MOST_FIELDS = 100
_YUAN = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Alipay:
    """`seller_id` is the account that the money goes to, `public_url` where the shop is found."""

    gateway: Gateway
    seller_id: str
    public_url: str
    name: str = "alipay"

    async def begin(self, payment: PaymentRequest, *, on_phone: bool = False) -> str:
        """Nothing is sent yet: the shopper's browser brings the signed request there."""
        back = f"{self.public_url}/axf/orders/{payment.order_no}/pay/"
        content = {
            "out_trade_no": payment.payment_no,
            "total_amount": write_yuan(payment.amount_fen),
            "subject": f"爱鲜蜂 {payment.order_no}",
            "product_code": "QUICK_WAP_WAY" if on_phone else "FAST_INSTANT_TRADE_PAY",
        }
        if payment.pay_by is not None:
            content["time_expire"] = write_time(payment.pay_by)
        if on_phone:
            content["quit_url"] = back
        params = self.gateway.sign(
            "alipay.trade.wap.pay" if on_phone else "alipay.trade.page.pay",
            content,
            notify_url=f"{self.public_url}/payments/notify/{self.name}/",
            return_url=back,
        )
        return f"{self.gateway.address}?{urlencode(params)}"

    def read_notice(
        self, body: bytes, headers: Mapping[str, str], *, now: datetime
    ) -> Notice | None:
        """It may come again for 25 hours, so its age says nothing; its reference makes it one."""
        fields = _read_fields(body)
        signature = fields.pop("sign", "")
        is_ours = (
            fields.pop("sign_type", "") == "RSA2"
            and is_signed_text(self.gateway.alipay_key, join_params(fields), signature)
            and fields.get("app_id") == self.gateway.app_id
            and fields.get("seller_id") == self.seller_id
        )
        if not is_ours:
            raise BadSignature
        return self._money_in(fields)

    async def query(self, payment_no: str) -> Notice | None:
        content = {"out_trade_no": payment_no}
        try:
            answer = await self.gateway.ask("alipay.trade.query", content)
        except ProviderRefused as refusal:
            if str(refusal) == UNKNOWN_TRADE:
                return None
            raise
        if answer.get("out_trade_no") != payment_no:
            raise ProviderRefused("answered for another payment")
        return self._money_in(answer)

    async def refund(self, refund: RefundRequest) -> str:
        """Alipay gives nothing twice under one `out_request_no`.

        A repeated request is answered as done, but without `fund_change`, as is one that is still
        on its way; then it is looked up.
        """
        content = {
            "trade_no": refund.provider_ref,
            "out_request_no": refund.refund_no,
            "refund_amount": write_yuan(refund.amount_fen),
            "refund_reason": refund.reason or "退款",
        }
        answer = await self.gateway.ask("alipay.trade.refund", content)
        if answer.get("fund_change") != "Y":
            await self._expect_refunded(refund)
        return refund.provider_ref

    async def _expect_refunded(self, refund: RefundRequest) -> None:
        content = {"trade_no": refund.provider_ref, "out_request_no": refund.refund_no}
        answer = await self.gateway.ask("alipay.trade.fastpay.refund.query", content)
        is_done = answer.get("refund_status", "REFUND_SUCCESS") == "REFUND_SUCCESS"
        if not is_done or read_fen(answer.get("refund_amount")) != refund.amount_fen:
            raise ProviderAway("the refund is on its way")

    def _money_in(self, told: Answer) -> Notice | None:
        """Waiting, closed and refunded trades are no news: only money that came in is."""
        if told.get("trade_status") not in PAID:
            return None
        amount = read_fen(told.get("total_amount"))
        payment_no, ref = str(told.get("out_trade_no", "")), str(told.get("trade_no", ""))
        if amount is None or not payment_no or not ref:
            raise BadSignature
        return Notice(self.name, payment_no, ref, amount)


def _read_fields(body: bytes) -> dict[str, str]:
    """The posted fields; none when they cannot be read or one comes twice."""
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}


def write_yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def read_fen(yuan: Any) -> int | None:  # Any: a value of another server's JSON
    """Whole fen of "12.3" or "12.30"; None for what is no amount. Never through a float."""
    match = _YUAN.fullmatch(str(yuan))
    if match is None:
        return None
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
