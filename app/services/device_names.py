"""What to call a browser, by what it says of itself. Only known words are ever shown.

A shopper must recognise a device in a short list; the parsers that know thousands of browsers
would name more than anybody asks for.
"""

from app.errors import N_

UNKNOWN_DEVICE = N_("Unknown device")
UNKNOWN_BROWSER = N_("Unknown browser")
# The first that is found counts: most browsers also claim to be Safari, and phones to be Linux.
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("MicroMessenger", N_("WeChat")),
    ("AlipayClient", N_("Alipay")),
    ("DingTalk", N_("DingTalk")),
    ("QQBrowser", N_("QQ Browser")),
    (" QQ/", "QQ"),
    ("UCBrowser", N_("UC Browser")),
    ("Quark", N_("Quark")),
    ("HuaweiBrowser", N_("Huawei Browser")),
    ("MiuiBrowser", N_("Mi Browser")),
    ("HeyTapBrowser", N_("OPPO Browser")),
    ("VivoBrowser", N_("vivo Browser")),
    ("SamsungBrowser", N_("Samsung Internet")),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("FxiOS", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_COMPUTERS = frozenset({"Windows", "ChromeOS", "Mac", "Linux"})


def name_device(user_agent: str) -> tuple[str, str]:
    """Its system and its browser, both texts for translation."""
    return (
        _first_in(user_agent, _SYSTEMS, UNKNOWN_DEVICE),
        _first_in(user_agent, _BROWSERS, UNKNOWN_BROWSER),
    )


def is_computer(system: str) -> bool:
    return system in _COMPUTERS


def _first_in(user_agent: str, names: tuple[tuple[str, str], ...], otherwise: str) -> str:
    return next((name for mark, name in names if mark in user_agent), otherwise)
