"""Putting the application together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.db import Database
from app.deps import reject_cross_site
from app.error_handlers import install_error_handlers
from app.middleware import Envelope
from app.routers import (
    address,
    assets,
    auth,
    cart,
    checkout,
    goods,
    home,
    market,
    mine,
    operations,
    orders,
    sandbox,
    search,
)
from app.settings import Settings, get_settings
from app.templating import STATIC

MAX_BODY_BYTES = 256 * 1024

PAGES = (
    assets,
    operations,
    auth,
    home,
    market,
    goods,
    search,
    cart,
    address,
    checkout,
    orders,
    sandbox,
    mine,
)


def create_app(settings: Settings | None = None, db: Database | None = None) -> FastAPI:
    """The whole shop as an ASGI application. Tests hand in a database of their own."""
    settings = settings or get_settings()
    db = db or Database.connect(settings.database_url, pool_size=settings.pool_size)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await db.close()

    app = FastAPI(
        title="爱鲜蜂 axf",
        lifespan=lifespan,
        dependencies=[Depends(reject_cross_site)],
        max_body_size=MAX_BODY_BYTES,
        openapi_url=None,
    )
    app.state.db = db
    app.state.settings = settings
    for module in PAGES:
        app.include_router(module.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    install_error_handlers(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False)
    app.add_middleware(Envelope, secure=settings.is_production)
    return app
