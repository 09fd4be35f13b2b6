"""The home page."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.deps import Db, DeliveryRules, Visitor, guard_storefront
from app.services.cart import EMPTY_CART, get_cart
from app.services.home import get_home
from app.templating import render

router = APIRouter(dependencies=[Depends(guard_storefront)])


@router.get("/")
@router.get("/axf/home/")
async def show_home(
    request: Request, db: Db, visitor: Visitor, delivery: DeliveryRules
) -> HTMLResponse:
    home = await db.read(get_home, visitor.id if visitor else None)
    cart = await db.read(get_cart, visitor.id) if visitor else EMPTY_CART
    return render(request, "home/index.html", home=home, cart=cart, delivery=delivery)
