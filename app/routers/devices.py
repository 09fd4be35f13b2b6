"""The list of browsers in which a shopper is signed in."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import CurrentUser, Db, Number
from app.models.base import utcnow
from app.services import devices
from app.templating import render

router = APIRouter(prefix="/axf/mine/devices")

LIST = "/axf/mine/devices/"


@router.get("/")
async def show_devices(request: Request, db: Db, user: CurrentUser) -> Response:
    found = await db.read(devices.list_devices, user.id, user.ticket_id, now=utcnow())
    return render(request, "mine/devices.html", devices=found)


@router.post("/{device_id}/end/")
async def end_device(db: Db, user: CurrentUser, device_id: Number) -> Response:
    if device_id == user.ticket_id:  # this one has a page of its own for that
        return RedirectResponse("/logout/", 303)
    await db.write(devices.end_device, user.id, device_id, now=utcnow())
    return RedirectResponse(LIST, 303)


@router.post("/end-others/")
async def end_others(db: Db, user: CurrentUser) -> Response:
    await db.write(devices.end_others, user.id, user.ticket_id)
    return RedirectResponse(LIST, 303)
