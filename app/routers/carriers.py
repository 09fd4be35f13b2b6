"""The address at which carriers tell how the parcels fare that they bring."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.deps import AppSettings, Db
from app.errors import NotFound, TooLarge
from app.models.base import utcnow
from app.providers.carriers import CARRIERS, read_news
from app.services.shipment_news import take_news

router = APIRouter()

MOST_NEWS_BYTES = 16 * 1024


@router.post("/carriers/{carrier}/news/")
async def take(request: Request, db: Db, settings: AppSettings, carrier: str) -> Response:
    """Called by a carrier's server: no cookie, no page, only a signature."""
    if carrier not in CARRIERS:
        raise NotFound
    body = await request.body()
    if len(body) > MOST_NEWS_BYTES:
        raise TooLarge
    secret = settings.carrier_secret.get_secret_value()
    news = read_news(carrier, secret, body, request.headers, now=utcnow())
    status = await db.write_keyed(take_news, news)
    return JSONResponse({"tracking_no": news.tracking_no, "track_status": status})
