"""Turning a template, or one block of it, into a response."""

import hashlib
from datetime import UTC, datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import i18n
from app.settings import ROOT

STATIC = ROOT / "static"
NODE_MODULES = ROOT / "node_modules"
PICTURES = NODE_MODULES / "@lobehub" / "fluent-emoji-3d" / "assets"
HTMX = NODE_MODULES / "htmx.org" / "dist" / "htmx.min.js"
SHOP_ZONE = ZoneInfo("Asia/Shanghai")

_static_versions: dict[str, str] = {}


def yuan_short(fen: int) -> str:
    """For sentences, where whole yuan need no fen: 3900 -> "39", 980 -> "9.80"."""
    return i18n.yuan(fen).removesuffix(".00")


def static(path: str) -> str:
    """The address of our own static file; its version changes when the file does."""
    if path not in _static_versions:
        file = HTMX if path == "js/htmx.min.js" else STATIC / path
        _static_versions[path] = hashlib.sha256(file.read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={_static_versions[path]}"


def picture(name: str) -> str:
    """The address of a food picture, by its code point ("1f34e")."""
    return f"/static/pictures/{name}.webp"


def media(digest: str, size: str) -> str:
    """The address of a picture that a shopper sent; `size` is "small" or "large"."""
    return f"/media/{digest}-{size}.webp"


def day_and_time(moment: datetime) -> str:
    """A time as the shop's clock shows it: 2026-11-20 20:16."""
    return moment.astimezone(SHOP_ZONE).strftime("%Y-%m-%d %H:%M")


def day(moment: datetime) -> str:
    """A day by the shop's calendar: 2026-11-20."""
    return moment.astimezone(SHOP_ZONE).strftime("%Y-%m-%d")


def clock(moment: datetime) -> str:
    """Hours and minutes on the shop's clock: 20:16."""
    return moment.astimezone(SHOP_ZONE).strftime("%H:%M")


def near_time(moment: datetime) -> str:
    """A time not far off: 20:16 when it is today in the shop, else 11-21 08:00."""
    here = moment.astimezone(SHOP_ZONE)
    is_today = here.date() == datetime.now(SHOP_ZONE).date()
    return clock(moment) if is_today else here.strftime("%m-%d %H:%M")


def seconds_left(moment: datetime) -> int:
    """Whole seconds until then, rounded up: when they have passed, the moment has come."""
    return max(0, ceil((moment - datetime.now(UTC)).total_seconds()))


def _make_environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters |= {
        "yuan": i18n.yuan,
        "yuan_short": yuan_short,
        "thousands": "{:,}".format,
        "day_and_time": day_and_time,
        "day": day,
        "clock": clock,
        "near_time": near_time,
        "seconds_left": seconds_left,
    }
    env.globals |= {
        "static": static,
        "picture": picture,
        "media": media,
        "name_of": i18n.name_of,
        "words": i18n.words,
        "say": i18n.say,
        "say_message": i18n.say_message,
        "locale": i18n.current_locale,
    }
    # A block rendered on its own does not run the imports above it, so macros are a global.
    env.globals["ui"] = env.get_template("ui.html").module
    return env


env = _make_environment()


def is_fragment_request(request: Request) -> bool:
    """True when htmx will swap the answer into a part of the page it already shows."""
    return request.headers.get("HX-Request-Type") == "partial"


def render(
    request: Request,
    name: str,
    *,
    block: str | None = None,
    status: int = 200,
    **context: Any,  # Any: whatever the template shows
) -> HTMLResponse:
    """Render the template, or only its `block` when htmx asks for a fragment."""
    template = env.get_template(name)
    context |= {"request": request, "visitor": getattr(request.state, "visitor", None)}
    if block and is_fragment_request(request):
        html = render_block(name, block, **context)
    else:
        html = template.render(context)
    return HTMLResponse(html, status)


def render_block(name: str, block: str, **context: Any) -> str:  # Any: as above
    """One block of a template alone, for pages that are sent piece by piece."""
    template = env.get_template(name)
    return "".join(template.blocks[block](template.new_context(context)))
