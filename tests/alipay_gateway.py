"""A stand-in for Alipay's server: it checks what the shop signs and signs what it answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from app.providers.rsa import is_signed_text, sign_text
from app.settings import Settings

APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"
SHOP_KEY, ALIPAY_KEY, STRANGERS_KEY = (generate_private_key(65537, 2048) for _ in range(3))


def private_pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def settings_for_alipay(settings: Settings, address: str) -> Settings:
    """The same shop, but Alipay takes the money: nothing else differs."""
    chosen = {
        "payment_provider": "alipay",
        "public_url": "http://testserver",
        "alipay_app_id": APP_ID,
        "alipay_seller_id": SELLER_ID,
        "alipay_private_key": private_pem(SHOP_KEY),
        "alipay_public_key": public_pem(ALIPAY_KEY),
        "alipay_gateway": address,
    }
    return Settings(_env_file=None, **settings.model_dump() | chosen)


def environment_for_alipay(address: str, shop: str) -> dict[str, str]:
    """The same for a shop that is started by its command."""
    return {
        "AXF_PAYMENT_PROVIDER": "alipay",
        "AXF_PUBLIC_URL": shop,
        "AXF_ALIPAY_APP_ID": APP_ID,
        "AXF_ALIPAY_SELLER_ID": SELLER_ID,
        "AXF_ALIPAY_PRIVATE_KEY": private_pem(SHOP_KEY),
        "AXF_ALIPAY_PUBLIC_KEY": public_pem(ALIPAY_KEY),
        "AXF_ALIPAY_GATEWAY": address,
    }


def joined(params: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(params.items()))


@dataclass
class Trade:
    """What the shop asked for, and what has become of it."""

    method: str
    return_url: str
    notify_url: str
    content: dict[str, str]
    number: str
    status: str = "WAIT_BUYER_PAY"
    refunds: dict[str, str] = field(default_factory=dict)


@dataclass
class AlipayGateway:
    """`mood`: fine, broken (500), slow, forged (signed by a stranger), unsigned, busy."""

    mood: str = "fine"
    trades: dict[str, Trade] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refunded: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""
    refunds_take_time: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.url.path != "/gateway.do":
            return Response(status_code=204)  # a browser also asks for an icon
        raw = await request.body() if request.method == "POST" else request.url.query.encode()
        params = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True))
        signature = params.pop("sign")
        if not is_signed_text(SHOP_KEY.public_key(), joined(params), signature):
            return self._say(
                "error_response", {"code": "40002", "sub_code": "isv.invalid-signature"}
            )
        assert (params["app_id"], params["sign_type"]) == (APP_ID, "RSA2")
        assert (params["charset"], params["version"]) == ("utf-8", "1.0")
        method, content = params["method"], json.loads(params["biz_content"])
        self.asked.append(method)
        if self.mood == "slow":
            await asyncio.sleep(30)
        if self.mood == "broken":
            return PlainTextResponse("Bad Gateway", 502)
        if method.endswith((".page.pay", ".wap.pay")):
            return self._open_page(method, params, content)
        asked = {
            "alipay.trade.query": self._query,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
        }[method]
        busy = {"code": "20000", "sub_code": "aop.unknow-error"}
        answer = busy if self.mood == "busy" else asked(content)
        return self._say(f"{method.replace('.', '_')}_response", answer)

    def _say(self, name: str, answer: dict[str, str]) -> Response:
        # As the real one does, with slashes escaped: only the text as it stands is signed.
        text = json.dumps(answer, ensure_ascii=False).replace("/", "\\/")
        key = STRANGERS_KEY if self.mood == "forged" else ALIPAY_KEY
        sign = "" if self.mood == "unsigned" else f',"sign":"{sign_text(key, text)}"'
        return Response(f'{{"{name}":{text}{sign}}}', media_type="text/html;charset=utf-8")

    def _open_page(self, method: str, params: dict[str, str], content: dict[str, str]) -> Response:
        number = f"20261121220014{len(self.trades):014}"
        self.trades.setdefault(
            content["out_trade_no"],
            Trade(method, params["return_url"], params["notify_url"], content, number),
        )
        return PlainTextResponse(f"Pay {content['total_amount']} yuan to {content['subject']}")

    def pay(self, payment_no: str) -> Trade:
        """The shopper pays. Nobody has been told yet."""
        trade = self.trades[payment_no]
        trade.status = "TRADE_SUCCESS"
        return trade

    def go_back(self, payment_no: str) -> RedirectResponse:
        """What the shopper's browser is told after paying."""
        trade = self.trades[payment_no]
        query = urlencode({"out_trade_no": payment_no, "trade_no": trade.number, "sign": "x=="})
        return RedirectResponse(f"{trade.return_url}?{query}", 302)

    def write_notice(
        self, payment_no: str, *, key: RSAPrivateKey = ALIPAY_KEY, **changes: str
    ) -> bytes:
        """The body of the call that tells the shop about this trade."""
        trade = self.trades[payment_no]
        fields = {
            "app_id": APP_ID,
            "seller_id": SELLER_ID,
            "out_trade_no": payment_no,
            "trade_no": trade.number,
            "trade_status": trade.status,
            "total_amount": trade.content["total_amount"],
            "notify_type": "trade_status_sync",
            "notify_id": "ac05099524730693a8b330c45cece72da9",
            "notify_time": "2026-11-21 20:00:00",
            "subject": trade.content["subject"],
            "fund_bill_list": '[{"amount":"24.80","fundChannel":"ALIPAYACCOUNT"}]',
            "charset": "utf-8",
            "version": "1.0",
        } | changes
        return urlencode(
            fields | {"sign": sign_text(key, joined(fields)), "sign_type": "RSA2"}
        ).encode()

    def _query(self, content: dict[str, str]) -> dict[str, str]:
        trade = self.trades.get(content["out_trade_no"])
        if trade is None:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"}
        return {
            "code": "10000",
            "out_trade_no": content["out_trade_no"],
            "trade_no": trade.number,
            "trade_status": trade.status,
            "total_amount": trade.content["total_amount"],
            "note": "a/b 果",
        }

    def _refund(self, content: dict[str, str]) -> dict[str, str]:
        trade = next(t for t in self.trades.values() if t.number == content["trade_no"])
        key, amount = content["out_request_no"], content["refund_amount"]
        if trade.status != "TRADE_SUCCESS":
            return {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
        is_new = key not in trade.refunds
        if is_new and not self.refunds_take_time:
            trade.refunds[key] = amount
            self.refunded.append((key, amount))
        changed = is_new and not self.refunds_take_time
        return {"code": "10000", "trade_no": trade.number, "fund_change": "Y" if changed else "N"}

    def _query_refund(self, content: dict[str, str]) -> dict[str, str]:
        trade = next(t for t in self.trades.values() if t.number == content["trade_no"])
        amount = trade.refunds.get(content["out_request_no"])
        found = {"refund_amount": amount, "refund_status": "REFUND_SUCCESS"} if amount else {}
        return {"code": "10000", **found}


@asynccontextmanager
async def run_gateway() -> AsyncIterator[AlipayGateway]:
    """The stand-in behind a real port, so that the shop's own client is used."""
    gateway = AlipayGateway()
    server = uvicorn.Server(
        uvicorn.Config(gateway, port=0, log_level="critical", lifespan="off", ws="none")
    )
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    gateway.address = f"http://127.0.0.1:{port}/gateway.do"
    yield gateway
    server.force_exit = server.should_exit = True
    await running


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
