"""The address book, and the picker of province, city and district."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from app.deps import CurrentUser, Db, DeliveryRules, Number, get_current_user
from app.errors import N_
from app.forms import Checkbox, Filled32, Filled80, Phone, ShopForm, read_form, read_typed, refuse
from app.security import safe_next
from app.services import addresses
from app.services.addresses import Place
from app.services.regions import lies_in, pick
from app.templating import is_fragment_request, render

router = APIRouter(prefix="/axf/address", dependencies=[Depends(get_current_user)])

BOOK = "/axf/address/"
CHECKOUT = "/axf/checkout/"
FORM = "address/form.html"

Next = Annotated[str, Query(alias="next", max_length=500)]
Done = Annotated[str, Query(max_length=20)]


class PlaceForm(ShopForm):
    """Where an order goes, also on the check-out page."""

    model_config = ConfigDict(extra="ignore", frozen=True, validate_default=True)

    receiver: Filled32
    phone: Phone
    province: str = ""
    city: str = ""
    region: str = ""
    area: Filled80
    room: Filled80

    @field_validator("region")
    @classmethod
    def _want_a_district(cls, code: str, about: ValidationInfo) -> str:
        """Without script the lists below may still be those of what was chosen before."""
        above = {name: about.data.get(name, "") for name in ("province", "city")}
        if not lies_in(code, **above):
            raise refuse(N_("Please choose the province, the city and the district"))
        return code

    @property
    def place(self) -> Place:
        return Place(self.receiver, self.phone, self.area, self.room, self.region)


class AddressForm(PlaceForm):
    tag: Literal["", "home", "work", "school"] = ""
    is_default: Checkbox = False
    goal: Annotated[str, Field(alias="next")] = ""


@router.get("/")
async def show_book(
    *,
    request: Request,
    db: Db,
    user: CurrentUser,
    delivery: DeliveryRules,
    goal: Next = "",
    done: Done = "",
) -> Response:
    """`next` is where choosing and saving lead, for example back to the check-out."""
    book = await db.read(addresses.list_addresses, user.id)
    context = _form_context(goal) | {"most": addresses.MOST, "done": done}
    return render(
        request,
        "address/index.html",
        book=book,
        delivery=delivery,
        values={},
        errors={},
        **context,
    )


@router.get("/regions/")
async def show_regions(request: Request, province: str = "", city: str = "") -> Response:
    """The lists below a province or, with a city, below that one."""
    if not is_fragment_request(request):
        return RedirectResponse("/axf/address/new/", 303)
    picker = pick({"province": province, "city": city})
    return render(request, "address/regions.htmx.html", picker=picker, is_of_city=bool(city))


@router.get("/new/")
async def show_new(request: Request, goal: Next = "") -> Response:
    return _show(request, {}, goal)


@router.post("/new/")
async def add(request: Request, db: Db, user: CurrentUser) -> Response:
    typed = await read_typed(request)
    if "pick" in typed:
        return _show(request, typed, typed.get("next", ""))
    form = await read_form(request, AddressForm, page=FORM, **_form_context(typed.get("next", "")))
    address_id = await db.write_keyed(
        addresses.add_address, user.id, form.place, tag=form.tag, is_default=form.is_default
    )
    return _lead_on(form.goal, address_id)


@router.get("/{address_id}/")
async def show_one(
    request: Request, db: Db, user: CurrentUser, address_id: Number, goal: Next = ""
) -> Response:
    address = await db.read(addresses.get_address, user.id, address_id)
    values = asdict(address.place) | {"tag": address.tag}
    return _show(request, values, goal, address=address)


@router.post("/{address_id}/")
async def change(request: Request, db: Db, user: CurrentUser, address_id: Number) -> Response:
    address = await db.read(addresses.get_address, user.id, address_id)
    typed = await read_typed(request)
    if "pick" in typed:
        return _show(request, typed, typed.get("next", ""), address=address)
    context = _form_context(typed.get("next", "")) | {"address": address}
    form = await read_form(request, AddressForm, page=FORM, **context)
    await db.write_keyed(
        addresses.change_address,
        user.id,
        address_id,
        form.place,
        tag=form.tag,
        is_default=form.is_default,
    )
    return _lead_on(form.goal, address_id)


@router.post("/{address_id}/default/")
async def make_default(db: Db, user: CurrentUser, address_id: Number) -> Response:
    await db.write_keyed(addresses.make_default, user.id, address_id)
    return RedirectResponse(f"{BOOK}?done=default", 303)


@router.post("/{address_id}/delete/")
async def delete(db: Db, user: CurrentUser, address_id: Number) -> Response:
    await db.write(addresses.delete_address, user.id, address_id)
    return RedirectResponse(f"{BOOK}?done=deleted", 303)


def _show(
    request: Request, values: Mapping[str, str], goal: str, **context: Any
) -> Response:  # Any: the address, if there is one
    return render(request, FORM, values=values, errors={}, **_form_context(goal), **context)


def _form_context(goal: str) -> dict[str, Any]:  # Any: a path and a function
    return {"goal": safe_next(goal, default=""), "pick": pick}


def _lead_on(goal: str, address_id: int) -> Response:
    """Back to the check-out with this address, to any other page, or to the book."""
    path = safe_next(goal, default=f"{BOOK}?done=saved")
    return RedirectResponse(f"{CHECKOUT}?address={address_id}" if path == CHECKOUT else path, 303)
