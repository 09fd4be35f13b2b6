"""From the cart to an order."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, model_validator

from app.deps import AppSettings, Cashier, CurrentUser, Db, DeliveryRules, OnPhone
from app.forms import Note60, ShopForm, read_form, read_typed
from app.models.base import utcnow
from app.routers.address import PlaceForm
from app.services import addresses
from app.services.basket import Basket, LineWish, Wishes
from app.services.checkout import Choice, get_checkout
from app.services.payments import begin_payment
from app.services.placing import place_order
from app.services.quote import Delivery
from app.services.quote_changes import LONGEST, pack, unpack
from app.services.regions import pick
from app.settings import Settings
from app.templating import is_fragment_request, render

router = APIRouter()

PAGE = "checkout/show.html"
MOST_FIELDS = 500  # a note and a wish for each line of a full cart

SoldOut = Literal["refund", "match", "ask"]


class LineForm(BaseModel):
    """What is typed beside one line: `note-475` and `if-475`. An empty choice is the order's."""

    note: Note60 = ""
    if_sold_out: SoldOut | Literal[""] = ""


class OrderForm(ShopForm):
    """`key` makes a repeat harmless, `agreed` is what the page showed."""

    most_fields: ClassVar[int] = MOST_FIELDS

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
    agreed: Annotated[str, Field(max_length=LONGEST)]
    note: Note60 = ""
    if_sold_out: SoldOut = "refund"
    lines: dict[int, LineForm] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_lines(cls, values: dict[str, str]) -> dict[str, Any]:  # Any: fields and lines
        lines: dict[str, dict[str, str]] = {}
        for name, value in values.items():
            found = re.fullmatch(r"(note|if)-([0-9]{1,16})", name, flags=re.ASCII)
            if found:
                field = "if_sold_out" if found[1] == "if" else "note"
                lines.setdefault(found[2], {})[field] = value
        return {**values, "lines": lines}

    def wishes(self) -> Wishes:
        lines = [
            LineWish(goods_id, line.note, line.if_sold_out or None)
            for goods_id, line in sorted(self.lines.items())
            if line.note or line.if_sold_out
        ]
        return Wishes(self.note, self.if_sold_out, tuple(lines))


class FirstPlaceForm(PlaceForm):
    """The address, on the page of whoever has none yet."""

    most_fields: ClassVar[int] = MOST_FIELDS


class FirstOrderForm(FirstPlaceForm, OrderForm):
    """An order together with the address."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a check-out is shown, again and again."""

    request: Request
    db: Db
    user_id: int
    delivery: Delivery
    settings: Settings
    provider: str
    typed: Mapping[str, str]

    @property
    def secret(self) -> str:
        return self.settings.secret_key.get_secret_value()

    @property
    def choice(self) -> Choice:
        """What is chosen on the form, if there was one; what makes no sense is not chosen."""
        if not self.typed:
            return Choice(address_id=_number(self.request.query_params.get("address")))
        coupons = {_number(self.typed.get(name)) for name in ("coupon", "delivery_coupon")}
        return Choice(
            _number(self.typed.get("slot")),
            frozenset(number for number in coupons if number),
            self.typed.get("points") == "on",
            _number(self.typed.get("address")),
        )

    async def fresh(self) -> dict[str, Any]:  # Any: what the template shows
        """The offer as it is now, with a key of its own."""
        checkout = await self.db.read(
            get_checkout, self.user_id, self.delivery, self.choice, now=utcnow()
        )
        return {
            "checkout": checkout,
            "key": secrets.token_urlsafe(24),
            "agreed": pack(self.secret, checkout.shown),
            "minutes": checkout.minutes_to_pay(self.settings.pay_minutes),
            "provider": self.provider,
            "pick": pick,
        }

    async def show(self, name: str = PAGE, block: str | None = None) -> Response:
        context = await self.fresh()
        if not context["checkout"].lines:
            if is_fragment_request(self.request):
                return Response(headers={"HX-Redirect": "/axf/cart/"})
            return RedirectResponse("/axf/cart/", 303)
        return render(self.request, name, block=block, values=self.typed, errors={}, **context)


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch("[0-9]{1,15}", text, flags=re.ASCII) else None


async def get_desk(
    *,
    request: Request,
    db: Db,
    user: CurrentUser,
    delivery: DeliveryRules,
    settings: AppSettings,
    cashier: Cashier,
) -> Desk:
    typed = await read_typed(request, most=MOST_FIELDS) if request.method == "POST" else {}
    return Desk(request, db, user.id, delivery, settings, cashier.name, typed)


CheckoutDesk = Annotated[Desk, Depends(get_desk)]


@router.get("/axf/checkout/")
async def show_checkout(desk: CheckoutDesk) -> Response:
    return await desk.show()


@router.post("/axf/checkout/quote/")
async def show_quote(desk: CheckoutDesk) -> Response:
    """What it costs with what is chosen now; nothing is ordered."""
    is_fragment = is_fragment_request(desk.request)
    return await desk.show("checkout/quote.htmx.html" if is_fragment else PAGE)


@router.post("/axf/checkout/address/")
async def use_address(request: Request, desk: CheckoutDesk) -> Response:
    """Save the address that was typed here, and go on with all else that was."""
    form = await read_form(request, FirstPlaceForm, page=PAGE, block="form", fresh=desk.fresh)
    await desk.db.write_keyed(addresses.add_address, desk.user_id, form.place)
    return await desk.show(block="form")


@router.post("/axf/orders/")
async def place(
    request: Request, desk: CheckoutDesk, cashier: Cashier, on_phone: OnPhone
) -> Response:
    """Place the order, and on to whoever takes the money for it."""
    kind = FirstOrderForm if "receiver" in desk.typed else OrderForm
    form = await read_form(request, kind, page=PAGE, fresh=desk.fresh)
    address = form.place if isinstance(form, FirstOrderForm) else None
    basket = Basket(unpack(desk.secret, form.agreed), desk.choice, form.wishes(), address)
    order = await desk.db.write_keyed(
        place_order,
        desk.user_id,
        form.key,
        basket,
        desk.delivery,
        now=utcnow(),
        pay_minutes=desk.settings.pay_minutes,
    )
    payment = await desk.db.write_keyed(
        begin_payment, desk.user_id, order.no, cashier.name, now=utcnow()
    )
    if payment is None:
        return RedirectResponse(f"/axf/orders/{order.no}/pay/", 303)
    return RedirectResponse(await cashier.begin(payment, on_phone=on_phone), 303)
