"""The form for the address that orders go to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import CurrentUser, Db
from app.forms import Filled32, Filled80, Phone, ShopForm, read_form
from app.security import safe_next
from app.services import addresses
from app.templating import render

router = APIRouter(prefix="/axf/address")

PAGE = "address/form.html"
SAVED = "/axf/address/?saved=1"


class AddressForm(ShopForm):
    receiver: Filled32
    phone: Phone
    area: Filled80
    room: Filled80
    next: str = ""


@router.get("/")
async def show_form(
    request: Request,
    db: Db,
    user: CurrentUser,
    goal: Annotated[str, Query(alias="next", max_length=500)] = "",
    saved: bool = False,
) -> Response:
    """`next` is where saving leads, for example back to the check-out."""
    address = await db.read(addresses.find_default, user.id)
    values = {"next": safe_next(goal, default="")}
    if address is not None:
        values |= {name: getattr(address, name) for name in ("receiver", "phone", "area", "room")}
    return render(request, PAGE, values=values, errors={}, saved=saved)


@router.post("/")
async def save(request: Request, db: Db, user: CurrentUser) -> Response:
    form = await read_form(request, AddressForm, page=PAGE, saved=False)
    place = form.model_dump(exclude={"next"})
    await db.write(addresses.save_default, user.id, **place)
    return RedirectResponse(safe_next(form.next, default=SAVED), 303)
