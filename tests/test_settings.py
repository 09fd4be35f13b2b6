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
