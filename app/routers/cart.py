"""The cart page, and every button that changes a cart."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import MAX_ID, CurrentUser, Db, DeliveryRules, GoodsId, Number, page_before
from app.models.cart import MOST_OF_ONE
from app.services import cart_changes as changes
from app.services import cart_pages as carts
from app.services.cart import quote_of
from app.services.cart_changes import Removed
from app.services.quote import Delivery
from app.templating import is_fragment_request, render

router = APIRouter(prefix="/axf")

CART = "/axf/cart/"
# Steppers with these keys stand on the cart page, where one click changes every sum.
CART_KEYS = frozenset({"cart", "addon"})

Key = Annotated[str, Query(pattern=r"^[a-z0-9-]{1,20}$")]
On = Annotated[bool, Query()]
Quantity = Annotated[int, Query(ge=1, le=MOST_OF_ONE)]
RemovedId = Annotated[int, Query(alias="removed", ge=0, le=MAX_ID)]


@dataclass(frozen=True, slots=True)
class Answers:
    """What comes back after a click: regions of the page for htmx, otherwise the way back."""

    request: Request
    db: Db
    user_id: int
    delivery: Delivery

    async def cart(
        self,
        line: int | None = None,
        *,
        focus: bool = False,
        undo: Removed | None = None,
        is_restored: bool = False,
    ) -> Response:
        """The whole cart. `line` is the good it is about; `focus` when the button has gone."""
        if not is_fragment_request(self.request):
            return RedirectResponse(_cart_address(line, undo), 303)
        page = await self.db.read(carts.get_cart_page, self.user_id, self.delivery)
        if undo is not None:
            neighbour = page.cart.line_after(undo.line_id)
            line, focus = neighbour.card.id if neighbour else None, True
        return render(
            self.request,
            "cart/changed.htmx.html",
            page=page,
            undo=undo,
            focus=line if focus else None,
            is_restored=is_restored,
        )

    async def stepper(self, goods_id: int, key: str) -> Response:
        """The stepper of one good in a list, and what shows the cart in short."""
        if not is_fragment_request(self.request):
            return RedirectResponse(f"{page_before(self.request) or CART}#{key}-{goods_id}", 303)
        cart, card = await self.db.read(carts.get_cart_and_card, self.user_id, goods_id)
        quote = quote_of(cart, self.delivery)
        return render(
            self.request, "cart/step.htmx.html", cart=cart, quote=quote, card=card, key=key
        )


def _cart_address(goods_id: int | None, undo: Removed | None) -> str:
    if undo is not None:
        removed = {"removed": undo.goods_id, "quantity": undo.quantity, "on": int(undo.is_select)}
        return f"{CART}?{urlencode(removed)}"
    return f"{CART}#cart-{goods_id}" if goods_id else CART


async def get_answers(
    request: Request, db: Db, user: CurrentUser, delivery: DeliveryRules
) -> Answers:
    return Answers(request, db, user.id, delivery)


CartAnswers = Annotated[Answers, Depends(get_answers)]


@router.get("/cart/")
async def show_cart(
    *,
    request: Request,
    db: Db,
    user: CurrentUser,
    delivery: DeliveryRules,
    removed_id: RemovedId = 0,
    quantity: Quantity = 1,
    on: On = True,
) -> Response:
    """`removed` and what follows are how a browser without htmx is offered to undo a removal."""
    undo = await db.read(changes.find_removed, removed_id, quantity, on) if removed_id else None
    page = await db.read(carts.get_cart_page, user.id, delivery)
    return render(request, "cart/index.html", page=page, undo=undo, focus=None)


@router.post("/addtocart/")
async def add_to_cart(
    db: Db, user: CurrentUser, answers: CartAnswers, goods_id: GoodsId, key: Key = "goods"
) -> Response:
    await db.write(changes.add_goods, user.id, goods_id)
    if key not in CART_KEYS:
        return await answers.stepper(goods_id, key)
    return await answers.cart(goods_id, focus=key == "addon")


@router.post("/subtocart/")
async def take_from_cart(
    db: Db, user: CurrentUser, answers: CartAnswers, goods_id: GoodsId, key: Key = "goods"
) -> Response:
    removed = await db.write(changes.take_goods, user.id, goods_id)
    if key not in CART_KEYS:
        return await answers.stepper(goods_id, key)
    return await answers.cart(goods_id, undo=removed)


@router.post("/cart/select-all/")
async def select_all(db: Db, user: CurrentUser, answers: CartAnswers, on: On) -> Response:
    await db.write(changes.select_all, user.id, on)
    return await answers.cart()


@router.post("/cart/clear-gone/")
async def clear_gone(db: Db, user: CurrentUser, answers: CartAnswers) -> Response:
    await db.write(changes.clear_gone, user.id)
    return await answers.cart()


@router.post("/cart/{goods_id}/select/")
async def select_line(
    db: Db, user: CurrentUser, answers: CartAnswers, goods_id: Number, on: On
) -> Response:
    await db.write(changes.select_line, user.id, goods_id, on)
    return await answers.cart(goods_id)


@router.post("/cart/{goods_id}/take-left/")
async def take_what_is_left(
    db: Db, user: CurrentUser, answers: CartAnswers, goods_id: Number
) -> Response:
    await db.write(changes.take_what_is_left, user.id, goods_id)
    return await answers.cart(goods_id, focus=True)


@router.post("/cart/{goods_id}/remove/")
async def remove_line(
    db: Db, user: CurrentUser, answers: CartAnswers, goods_id: Number
) -> Response:
    removed = await db.write(changes.remove_line, user.id, goods_id)
    return await answers.cart(undo=removed)


@router.post("/cart/{goods_id}/restore/")
async def restore_line(
    *, db: Db, user: CurrentUser, answers: CartAnswers, goods_id: Number, quantity: Quantity, on: On
) -> Response:
    await db.write(changes.restore_line, user.id, goods_id, quantity, on)
    return await answers.cart(goods_id, focus=True, is_restored=True)
