"""What a route may ask for in its signature."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path, Query, Request

from app.db import Database
from app.errors import CrossSiteRequest, LoginRequired
from app.i18n import use_locale
from app.models.base import utcnow
from app.providers import PaymentProvider
from app.providers.registry import chosen_name
from app.security import TICKET_COOKIE, forget_ticket, safe_next
from app.services import accounts
from app.services.accounts import Shopper
from app.services.quote import Delivery
from app.services.vip import delivery_for
from app.settings import Settings
from app.storage import Storage
from app.uploads import Uploads, take_uploads

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_ID = 2**53


async def get_db(request: Request) -> Database:
    db: Database = request.app.state.db
    return db


# `await db.read(service, …)` and `await db.write(service, …)`: see app/db.py.
Db = Annotated[Database, Depends(get_db)]


async def get_app_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


AppSettings = Annotated[Settings, Depends(get_app_settings)]


async def get_shop_delivery(settings: AppSettings) -> Delivery:
    """As it is for whoever has no level."""
    fee_fen, free_from_fen = settings.delivery_fee_fen, settings.free_delivery_fen
    return Delivery(fee_fen, free_from_fen, settings.delivered_regions)


ShopDelivery = Annotated[Delivery, Depends(get_shop_delivery)]


async def get_providers(request: Request) -> Mapping[str, PaymentProvider]:
    """Everybody who may send notices, by the name in the address."""
    providers: Mapping[str, PaymentProvider] = request.app.state.providers
    return providers


Providers = Annotated[Mapping[str, PaymentProvider], Depends(get_providers)]


async def get_cashier(settings: AppSettings, providers: Providers) -> PaymentProvider:
    """Who is asked to collect new money."""
    return providers[chosen_name(settings)]


Cashier = Annotated[PaymentProvider, Depends(get_cashier)]


async def get_media(request: Request) -> Storage:
    """Where the pictures of shoppers lie."""
    media: Storage = request.app.state.media
    return media


Media = Annotated[Storage, Depends(get_media)]


async def is_on_phone(request: Request) -> bool:
    """What the browser says of itself; those that do not say it plainly have it in their name."""
    told = request.headers.get("Sec-CH-UA-Mobile")
    if told is not None:
        return told == "?1"
    return "Mobi" in request.headers.get("User-Agent", "")


OnPhone = Annotated[bool, Depends(is_on_phone)]


async def get_visitor(request: Request, db: Db) -> Shopper | None:
    """The signed-in shopper, or None when the ticket is missing, unknown or expired."""
    ticket = _ticket_of(request)
    shopper = await db.read(accounts.find_shopper, ticket, now=utcnow()) if ticket else None
    cookie = request.cookies.get(TICKET_COOKIE)
    if shopper is None and cookie is not None and ticket == (cookie or None):
        forget_ticket(request)  # it was the cookie that did not fit, not a script's bearer
    if shopper is not None:
        use_locale(shopper.locale)
    request.state.visitor = shopper  # for the layout
    return shopper


def _ticket_of(request: Request) -> str | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    bearer = value.strip() if scheme.lower() == "bearer" else None
    return bearer or request.cookies.get(TICKET_COOKIE) or None


Visitor = Annotated[Shopper | None, Depends(get_visitor)]


async def get_delivery(shop: ShopDelivery, visitor: Visitor) -> Delivery:
    """What delivery costs who looks: levels bring it down."""
    return delivery_for(visitor.level if visitor else 0, shop)


DeliveryRules = Annotated[Delivery, Depends(get_delivery)]


async def get_current_user(request: Request, visitor: Visitor) -> Shopper:
    if visitor is None:
        raise LoginRequired
    return visitor


CurrentUser = Annotated[Shopper, Depends(get_current_user)]


async def get_upload(request: Request, user: CurrentUser) -> AsyncIterator[Uploads]:
    """Strangers are turned away before a byte of their files is read."""
    async with take_uploads(request, user.id) as uploads:
        yield uploads


# `form, files = await upload.read(Form, files={"photo": 1}, page=…)`: see app/uploads.py.
Upload = Annotated[Uploads, Depends(get_upload)]


async def guard_storefront(settings: AppSettings, visitor: Visitor) -> None:
    """With AXF_STOREFRONT=members the shop's pages are for those who have logged in."""
    if settings.storefront == "members" and visitor is None:
        raise LoginRequired


async def reject_cross_site(request: Request) -> None:
    """Refuse a write that another site's page made the browser send (CSRF).

    Browsers say where a request comes from in Sec-Fetch-Site; older ones in Origin. A request
    with neither was not sent by a browser, and carries no cookie that a page could abuse.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is None:
        origin = request.headers.get("Origin")
        allowed = origin is None or origin == f"{request.url.scheme}://{request.url.netloc}"
    else:
        allowed = site in {"same-origin", "none"}
    if not allowed:
        raise CrossSiteRequest


def login_address(request: Request) -> str:
    """The log-in page that leads back to where the shopper is now."""
    if request.method in SAFE_METHODS:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        target = safe_next(here, default="")
    else:
        target = page_before(request)
    return f"/login/?next={quote(target, safe='/')}" if target else "/login/"


def page_before(request: Request) -> str:
    """The path of the page whose form this is; empty when unknown or not of this site."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    origin = f"{request.url.scheme}://{request.url.netloc}"
    here = page.removeprefix(origin) if page.startswith(f"{origin}/") else ""
    return safe_next(here.split("#")[0], default="")


Number = Annotated[int, Path(ge=0, le=MAX_ID)]
GoodsId = Annotated[int, Query(alias="goodsid", ge=1, le=MAX_ID)]
OrderNo = Annotated[str, Path(pattern=r"^[0-9A-Z]{16}$")]
PaymentNo = Annotated[str, Path(pattern=r"^[0-9A-Z]{24}$")]
ShipmentNo = Annotated[str, Path(pattern=r"^[0-9A-Z]{20}$")]
