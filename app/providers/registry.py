"""Which payment providers this installation has, made from its settings."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from app.providers import PaymentProvider
from app.providers.alipay import Alipay
from app.providers.alipay_gateway import Gateway
from app.providers.rsa import read_private_key, read_public_key
from app.providers.sandbox import Sandbox
from app.settings import Settings

LEAST_LABELS = 3


def chosen_name(settings: Settings) -> str:
    """Who is asked to collect new money."""
    return settings.payment_provider or "sandbox"


def make_providers(settings: Settings) -> Mapping[str, PaymentProvider]:
    """Everybody whose notices are taken and who can give money back, by name.

    That is more than the chosen one: what was begun with one provider is ended with it. Raises
    ValueError when a key cannot be read.
    """
    sandbox = Sandbox(settings.secret_key.get_secret_value())
    providers: dict[str, PaymentProvider] = {sandbox.name: sandbox}
    if settings.knows_alipay:
        alipay = _make_alipay(settings)
        providers[alipay.name] = alipay
    return providers


def _make_alipay(settings: Settings) -> Alipay:
    private = _text(
        "AXF_ALIPAY_PRIVATE_KEY",
        settings.alipay_private_key.get_secret_value(),
        settings.alipay_private_key_file,
    )
    public = _text(
        "AXF_ALIPAY_PUBLIC_KEY", settings.alipay_public_key, settings.alipay_public_key_file
    )
    try:
        private_key = read_private_key(private)
    except ValueError as error:
        raise ValueError(f"AXF_ALIPAY_PRIVATE_KEY {error}") from None
    try:
        public_key = read_public_key(public)
    except ValueError as error:
        raise ValueError(f"AXF_ALIPAY_PUBLIC_KEY {error}") from None
    gateway = Gateway(settings.alipay_gateway, settings.alipay_app_id, private_key, public_key)
    return Alipay(gateway, settings.alipay_seller_id, settings.public_url)


def _text(name: str, value: str, file: Path | None) -> str:
    if value or file is None:
        return value
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}_FILE cannot be read: {error}") from None


def form_targets(settings: Settings) -> tuple[str, ...]:
    """Where the form "pay" may lead beside this site, for the Content-Security-Policy.

    Browsers hold every address that a posted form is sent on to against it, and Alipay's gateway
    sends on to its sisters (the cashier for desktops, the one for phones).
    """
    if chosen_name(settings) != "alipay":
        return ()
    parts = urlsplit(settings.alipay_gateway)
    own = f"{parts.scheme}://{parts.netloc}"
    host = parts.hostname or ""
    labels = host.split(".")
    if len(labels) < LEAST_LABELS or _is_address(host):
        return (own,)
    return (own, f"{parts.scheme}://*.{'.'.join(labels[1:])}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
