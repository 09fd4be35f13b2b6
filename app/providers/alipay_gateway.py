"""Asking Alipay's server something and believing only an answer that it signed."""

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from httpx2 import AsyncClient, HTTPError

from app.providers import ProviderAway, ProviderRefused
from app.providers.rsa import is_signed_text, sign_text

# Alipay's clock, whatever the server's is; China has no summer time.
CHINA = timezone(timedelta(hours=8))
SECONDS_TO_WAIT = 10.0
DONE = "10000"
# Words that mean "not now": the outcome is unknown or the reason passes.
PASSING = frozenset(
    {
        "ACQ.SYSTEM_ERROR",
        "aop.ACQ.SYSTEM_ERROR",
        "ACQ.SELLER_BALANCE_NOT_ENOUGH",
        "isp.unknow-error",
        "aop.unknow-error",
        "aop.service-unavailable",
    }
)
_decoder = json.JSONDecoder(parse_float=str)  # an amount must never be a float
Answer = Mapping[str, Any]  # Any: values of another server's JSON, checked where they are used


@dataclass(frozen=True, slots=True)
class Gateway:
    """One application's line to Alipay: its number, its key, and the key that answers bear."""

    address: str
    app_id: str
    private_key: RSAPrivateKey = field(repr=False)
    alipay_key: RSAPublicKey = field(repr=False)
    # Made once: reading the machine's certificates takes some 20 ms.
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    seconds: float = SECONDS_TO_WAIT

    def sign(self, method: str, content: Mapping[str, str], **more: str) -> dict[str, str]:
        """The parameters of a request, with their signature."""
        params = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": write_time(datetime.now(UTC)),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            **more,
        }
        return params | {"sign": sign_text(self.private_key, join_params(params))}

    async def ask(self, method: str, content: Mapping[str, str]) -> Answer:
        """Raises ProviderAway without a signed answer, ProviderRefused for a signed no."""
        text = await self._post(self.sign(method, content))
        answer = self._read(text, f"{method.replace('.', '_')}_response")
        if answer.get("code") != DONE:
            _refuse(answer)
        return answer

    async def _post(self, params: Mapping[str, str]) -> str:
        try:
            # For all of it together: the client's own time-outs begin anew with every byte.
            async with asyncio.timeout(self.seconds), AsyncClient(verify=self.trust) as client:
                response = await client.post(self.address, data=dict(params))
            return response.raise_for_status().content.decode()
        except (HTTPError, TimeoutError, UnicodeDecodeError) as error:
            raise ProviderAway(type(error).__name__) from error

    def _read(self, text: str, name: str) -> Answer:
        """The signature covers the value as it was written, so it is cut out, not rebuilt."""
        found = re.search(rf'"{name}"\s*:\s*', text)
        try:
            signature = str(json.loads(text)["sign"])
            answer, end = _decoder.raw_decode(text, found.end() if found else len(text))
        except (ValueError, KeyError, TypeError):
            # Also what it answers to an application or a key that it does not know.
            raise ProviderAway(f"no signed answer: {text[:200]!r}") from None
        if found is None or not is_signed_text(self.alipay_key, text[found.end() : end], signature):
            raise ProviderAway("an answer with a wrong signature")
        if not isinstance(answer, dict):
            raise ProviderAway("an answer to something else")
        return answer


def _refuse(answer: Answer) -> NoReturn:
    reason = str(answer.get("sub_code") or answer.get("code"))[:60]
    if answer.get("code") == "20000" or reason in PASSING:
        raise ProviderAway(reason)
    raise ProviderRefused(reason)


def join_params(params: Mapping[str, str]) -> str:
    """What is signed: sorted by name, `name=value` joined by `&`, nothing escaped."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params))


def write_time(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
