"""Putting the application together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from app.background import Tools, background_work
from app.db import Database
from app.deps import reject_cross_site
from app.error_handlers import (
    answer_http_error,
    answer_unknown_host,
    install_error_handlers,
)
from app.middleware import BodyLimit, Envelope, KnownHosts
from app.providers.registry import form_targets, make_providers
from app.routers import (
    account,
    address,
    assets,
    auth,
    avatar,
    carriers,
    cart,
    checkout,
    coupons,
    devices,
    flash,
    goods,
    home,
    interests,
    market,
    media,
    messages,
    mine,
    my_data,
    operations,
    orders,
    payments,
    points,
    reviews,
    riders,
    sandbox,
    search,
    vip,
)
from app.settings import Settings, get_settings
from app.storage import make_storage
from app.templating import STATIC
from app.uploads import BODY_LIMITS

MAX_BODY_BYTES = 256 * 1024

PAGES = (
    assets,
    operations,
    auth,
    home,
    market,
    goods,
    flash,
    search,
    cart,
    address,
    checkout,
    orders,
    reviews,
    coupons,
    points,
    vip,
    payments,
    sandbox,
    carriers,
    riders,
    mine,
    interests,
    messages,
    avatar,
    media,
    account,
    devices,
    my_data,
)


class Shop(FastAPI):
    """The envelope is put around everything, also around the page that follows a crash.

    Middleware added the usual way stands inside of Starlette's ServerErrorMiddleware, so a 500
    would go out without request id and security headers.
    """

    def build_middleware_stack(self) -> ASGIApp:
        settings: Settings = self.state.settings
        return Envelope(
            super().build_middleware_stack(),
            secure=settings.is_production,
            form_targets=form_targets(settings),
        )


def create_app(settings: Settings | None = None, db: Database | None = None) -> FastAPI:
    """The whole shop as an ASGI application. Tests hand in a database of their own."""
    settings = settings or get_settings()
    db = db or Database.connect(settings.database_url, pool_size=settings.pool_size)
    providers = make_providers(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with background_work(Tools(db, settings, providers)):
            yield
        await db.close()

    app = Shop(
        title="爱鲜蜂 axf",
        lifespan=lifespan,
        dependencies=[Depends(reject_cross_site)],
        openapi_url=None,
    )
    app.state.db = db
    app.state.settings = settings
    app.state.providers = providers
    app.state.media = make_storage(settings)
    for module in PAGES:
        app.include_router(module.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    install_error_handlers(app)
    app.add_middleware(KnownHosts, hosts=settings.hosts, refuse=answer_unknown_host)
    app.add_middleware(BodyLimit, most=MAX_BODY_BYTES, larger=BODY_LIMITS, refuse=answer_http_error)
    return app
