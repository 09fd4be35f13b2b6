"""What carriers tell about parcels. It is shown, and moves nothing but the tracking status."""

import logging

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Again
from app.errors import NotFound
from app.models import Shipment, ShipmentEvent
from app.providers.carriers import News
from app.services.shipments import note_event

log = logging.getLogger("axf.carriers")

# Far more than any parcel has; a carrier gone mad must not fill the table.
MOST_EVENTS = 300


async def take_news(session: AsyncSession, news: News) -> str:
    """Write it down; the parcel's tracking status.

    The same news again changes nothing, and late news does not become the last word: the status
    is that of the news which happened last, in whatever order they come.
    """
    shipment_id = await session.scalar(
        select(Shipment.id)
        .where(Shipment.carrier == news.carrier, Shipment.tracking_no == news.tracking_no)
        # One after the other, so that copies find what the first has written.
        .with_for_update()
    )
    if shipment_id is None:
        log.warning("%s has news of an unknown parcel %s", news.carrier, news.tracking_no)
        raise NotFound
    of_carrier = (
        ShipmentEvent.shipment_id == shipment_id,
        ShipmentEvent.source == news.carrier,
    )
    known = list(await session.scalars(select(ShipmentEvent.source_id).where(*of_carrier)))
    if news.source_id not in known and len(known) < MOST_EVENTS:
        await _note(session, shipment_id, news)
    last = await session.scalar(
        select(ShipmentEvent.code)
        .where(*of_carrier)
        .order_by(ShipmentEvent.at.desc(), ShipmentEvent.seq.desc())
        .limit(1)
    )
    status = last or ""
    await session.execute(
        update(Shipment).where(Shipment.id == shipment_id).values(track_status=status),
        execution_options={"synchronize_session": False},
    )
    return status


async def _note(session: AsyncSession, shipment_id: int, news: News) -> None:
    try:
        await note_event(
            session,
            shipment_id,
            news.code,
            source=news.carrier,
            source_id=news.source_id,
            at=news.at,
            text=news.text,
            place=news.place,
        )
    except IntegrityError as error:
        raise Again from error
