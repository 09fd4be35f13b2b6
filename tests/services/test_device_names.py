"""What a browser is called in the list of devices."""

import pytest

from app.services.device_names import is_computer, name_device

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            ("iPhone", "Safari"),
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36",
            ("Windows", "Chrome"),
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 "
            "Edg/140.0.0.0",
            ("Windows", "Edge"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 15; 23127PN0CC) {WEBKIT} Version/4.0 Chrome/130.0 "
            "Mobile Safari/537.36 XWEB/1300 MicroMessenger/8.0.60 NetType/WIFI Language/zh_CN",
            ("Android", "WeChat"),
        ),
        (
            f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {WEBKIT} Chrome/132.0 Safari/537.36 "
            "ArkWeb/6.0 Mobile HuaweiBrowser/5.1",
            ("HarmonyOS", "Huawei Browser"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            ("Linux", "Firefox"),
        ),
        ("<script>alert(1)</script>", ("Unknown device", "Unknown browser")),
        ("", ("Unknown device", "Unknown browser")),
    ],
)
def test_a_browser_is_called_by_system_and_name(user_agent: str, name: tuple[str, str]) -> None:
    assert name_device(user_agent) == name


def test_computers_and_phones_look_different() -> None:
    assert [is_computer(system) for system in ("Mac", "iPad", "Unknown device")] == [
        True,
        False,
        False,
    ]
