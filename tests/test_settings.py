"""Settings: what production refuses, and how a wrong one is reported."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from app.cli import main
from app.settings import Settings, get_settings

SAFE = {
    "env": "production",
    "secret_key": "k" * 32,
    "allowed_hosts": "axf.example",
    "payment_provider": "sandbox",
}


def make_settings(**values: Any) -> Settings:  # Any: what each setting takes
    return Settings(_env_file=None, **values)


@pytest.fixture
def _forget_settings() -> Iterator[None]:
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_production_starts_on_safe_settings() -> None:
    assert make_settings(**SAFE).is_production


@pytest.mark.parametrize(
    ("unsafe", "reason"),
    [
        ({"secret_key": "short"}, "AXF_SECRET_KEY is too short"),
        ({"secret_key": " " * 40}, "AXF_SECRET_KEY is too short"),
        (
            {"secret_key": "development-only-key-do-not-use-in-production"},
            "AXF_SECRET_KEY must be set",
        ),
        ({"allowed_hosts": "*"}, "AXF_ALLOWED_HOSTS must name"),
        ({"allowed_hosts": "axf.example, *"}, "AXF_ALLOWED_HOSTS must name"),
        ({"allowed_hosts": " , "}, "AXF_ALLOWED_HOSTS must name"),
        ({"payment_provider": ""}, "AXF_PAYMENT_PROVIDER must be chosen"),
    ],
)
def test_production_refuses_what_is_unsafe(unsafe: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        make_settings(**SAFE | unsafe)


ALIPAY = {
    "payment_provider": "alipay",
    "public_url": "https://axf.example",
    "alipay_app_id": "2021000000000001",
    "alipay_seller_id": "2088000000000001",
    "alipay_private_key": "a key",
    "alipay_public_key": "another key",
}


def test_production_starts_with_all_that_alipay_needs() -> None:
    assert make_settings(**SAFE | ALIPAY).knows_alipay


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"public_url": ""}, "Alipay needs AXF_PUBLIC_URL"),
        ({"alipay_app_id": ""}, "Alipay needs AXF_ALIPAY_APP_ID"),
        ({"alipay_seller_id": ""}, "Alipay needs AXF_ALIPAY_SELLER_ID"),
        ({"alipay_private_key": ""}, "Alipay needs AXF_ALIPAY_PRIVATE_KEY"),
        ({"alipay_public_key": ""}, "Alipay needs AXF_ALIPAY_PUBLIC_KEY"),
        ({"public_url": "http://axf.example"}, "AXF_PUBLIC_URL must begin with https://"),
        ({"alipay_gateway": "http://a.example/"}, "AXF_ALIPAY_GATEWAY must begin with https://"),
    ],
)
def test_production_refuses_half_an_alipay(missing: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        make_settings(**SAFE | ALIPAY | missing)


def test_a_key_may_lie_in_a_file() -> None:
    files = {"alipay_private_key": "", "alipay_private_key_file": "/etc/axf/private.pem"}

    assert make_settings(**SAFE | ALIPAY | files).knows_alipay


@pytest.mark.parametrize(
    "url", ["axf.example", "ftp://axf.example", "https://axf.example/shop", "https://a b", "//a"]
)
def test_the_public_address_is_an_origin(url: str) -> None:
    with pytest.raises(ValidationError, match="must be like https://"):
        make_settings(public_url=url)


def test_a_slash_at_the_end_of_the_public_address_does_no_harm() -> None:
    assert make_settings(public_url="https://axf.example/").public_url == "https://axf.example"


@pytest.mark.parametrize(
    "wrong",
    [{"alipay_app_id": "app"}, {"alipay_seller_id": "2088"}, {"alipay_gateway": "openapi"}],
)
def test_a_mistyped_number_of_alipays_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        make_settings(**wrong)


def test_an_error_does_not_print_the_secret() -> None:
    with pytest.raises(ValidationError) as caught:
        make_settings(**SAFE | {"secret_key": "hunter2"})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("mysql://axf:x@db/axf", "mysql+aiomysql://axf:x@db/axf"),
        ("mariadb://axf:x@db/axf", "mysql+aiomysql://axf:x@db/axf"),
        ("sqlite:///var/axf.db", "sqlite+aiosqlite:///var/axf.db"),
        ("mysql+asyncmy://axf:x@db/axf", "mysql+asyncmy://axf:x@db/axf"),
    ],
)
def test_a_short_database_url_gets_its_async_driver(typed: str, used: str) -> None:
    assert make_settings(database_url=typed).database_url == used


def test_hosts_are_split_at_commas() -> None:
    assert make_settings(allowed_hosts="a.example, b.example,").hosts == ["a.example", "b.example"]


@pytest.mark.usefixtures("_forget_settings")
def test_a_command_names_each_wrong_setting_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXF_POOL_SIZE", "0")
    monkeypatch.setenv("AXF_STOREFRONT", "closed")

    result = CliRunner().invoke(main, ["db", "check"])

    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.output.splitlines()] == [
        "AXF_STOREFRONT",
        "AXF_POOL_SIZE",
    ]


@pytest.mark.usefixtures("_forget_settings")
def test_a_command_names_an_unsafe_production_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXF_ENV", "production")

    result = CliRunner().invoke(main, ["serve"])

    assert (result.exit_code, result.output) == (1, "AXF_SECRET_KEY must be set in production\n")


@pytest.mark.usefixtures("_forget_settings")
def test_a_command_names_a_key_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALIPAY.items():
        monkeypatch.setenv(f"AXF_{name.upper()}", value)

    result = CliRunner().invoke(main, ["db", "check"])

    wanted = (1, "AXF_ALIPAY_PRIVATE_KEY is not an RSA private key\n")
    assert (result.exit_code, result.output) == wanted


@pytest.mark.parametrize(
    ("typed", "beginnings"),
    [
        ("", ()),
        ("110000", ("11",)),
        ("110000, 310115,", ("11", "310115")),
        ("330100,44", ("3301", "44")),
        (" 3301 , 4419 ", ("3301", "4419")),
    ],
)
def test_regions_delivered_to_are_beginnings_of_codes(
    typed: str, beginnings: tuple[str, ...]
) -> None:
    assert make_settings(delivery_regions=typed).delivered_regions == beginnings


@pytest.mark.parametrize("typed", ["北京", "1", "110", "11;31", "11 31", "1101050"])
def test_regions_that_are_no_codes_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="delivery_regions"):
        make_settings(delivery_regions=typed)
