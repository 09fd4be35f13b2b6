"""The page on a rider's phone: where the parcel goes, and the code that hands it over."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import Db, ShipmentNo, Visitor
from app.errors import N_, InvalidInput
from app.forms import HandOverCode, ShopForm, read_form
from app.models.base import utcnow
from app.services.shipment_moves import hand_over
from app.services.shipment_queries import get_drop
from app.templating import render

router = APIRouter()

PAGE = "riders/show.html"


class CodeForm(ShopForm):
    code: HandOverCode


@router.get("/riders/{shipment_no}/")
async def show(request: Request, db: Db, visitor: Visitor, shipment_no: ShipmentNo) -> Response:
    """Open to whoever holds the parcel's number, which nobody can guess."""
    drop = await db.read(get_drop, shipment_no)
    return render(request, PAGE, drop=drop, values={}, errors={})


@router.post("/riders/{shipment_no}/")
async def enter_code(
    request: Request, db: Db, visitor: Visitor, shipment_no: ShipmentNo
) -> Response:
    drop = await db.read(get_drop, shipment_no)
    form = await read_form(request, CodeForm, page=PAGE, drop=drop)
    result = await db.write(hand_over, shipment_no, form.code, now=utcnow())
    if not result.is_delivered and result.tries_left:
        left = result.tries_left
        raise InvalidInput.of("code", N_("That is not the code. Tries left: %(left)s"), left=left)
    return RedirectResponse(f"/riders/{shipment_no}/", 303)
