"""Which providers there are follows from the settings alone."""

from pathlib import Path

import pytest

from app.providers.alipay import Alipay
from app.providers.registry import chosen_name, form_targets, make_providers
from app.settings import Settings
from tests.alipay_gateway import SHOP_KEY, private_pem, public_pem, settings_for_alipay

PLAIN = Settings(_env_file=None)
GATEWAY = "https://openapi.alipay.com/gateway.do"


def with_alipay(**changes: object) -> Settings:
    values = settings_for_alipay(PLAIN, GATEWAY).model_dump() | changes
    return Settings(_env_file=None, **values)


def test_without_settings_there_is_the_sandbox() -> None:
    assert chosen_name(PLAIN) == "sandbox"
    assert list(make_providers(PLAIN)) == ["sandbox"]


def test_alipay_is_chosen_by_settings() -> None:
    settings = with_alipay()

    assert isinstance(make_providers(settings)[chosen_name(settings)], Alipay)


def test_what_was_begun_with_alipay_is_ended_with_it() -> None:
    settings = with_alipay(payment_provider="sandbox")

    assert chosen_name(settings) == "sandbox"
    assert sorted(make_providers(settings)) == ["alipay", "sandbox"]


def test_keys_may_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "private.pem").write_text(private_pem(SHOP_KEY))
    (tmp_path / "public.pem").write_text(public_pem(SHOP_KEY))
    settings = with_alipay(
        alipay_private_key="",
        alipay_private_key_file=tmp_path / "private.pem",
        alipay_public_key="",
        alipay_public_key_file=tmp_path / "public.pem",
    )

    assert "alipay" in make_providers(settings)


@pytest.mark.parametrize("name", ["private", "public"])
def test_a_key_that_cannot_be_read_is_named_but_not_shown(name: str) -> None:
    settings = with_alipay(**{f"alipay_{name}_key": "hunter2"})

    with pytest.raises(ValueError, match=f"^AXF_ALIPAY_{name.upper()}_KEY is not") as caught:
        make_providers(settings)

    assert "hunter2" not in str(caught.value)


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = with_alipay(alipay_private_key="", alipay_private_key_file=tmp_path / "nothing.pem")

    with pytest.raises(ValueError, match=r"^AXF_ALIPAY_PRIVATE_KEY_FILE cannot be read"):
        make_providers(settings)


def test_the_sandbox_needs_no_other_site() -> None:
    assert form_targets(PLAIN) == ()
    assert form_targets(with_alipay(payment_provider="sandbox")) == ()


@pytest.mark.parametrize(
    ("gateway", "targets"),
    [
        (GATEWAY, ("https://openapi.alipay.com", "https://*.alipay.com")),
        (
            "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
            ("https://openapi-sandbox.dl.alipaydev.com", "https://*.dl.alipaydev.com"),
        ),
        ("http://127.0.0.1:9000/gateway.do", ("http://127.0.0.1:9000",)),
        ("http://localhost:9000/gateway.do", ("http://localhost:9000",)),
        ("https://example.com/gateway.do", ("https://example.com",)),
    ],
)
def test_the_form_may_lead_to_the_gateway_and_its_sisters(
    gateway: str, targets: tuple[str, ...]
) -> None:
    assert form_targets(with_alipay(alipay_gateway=gateway)) == targets
