"""The flash sale's page."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.deps import Db, Visitor, guard_storefront
from app.services.cart import EMPTY_CART, get_cart
from app.services.flash_pages import get_flash_page
from app.templating import render

router = APIRouter(dependencies=[Depends(guard_storefront)])


@router.get("/axf/flash/")
async def show_flash(request: Request, db: Db, visitor: Visitor) -> HTMLResponse:
    page = await db.read(get_flash_page, viewer=visitor.id if visitor else None)
    cart = await db.read(get_cart, visitor.id) if visitor else EMPTY_CART
    return render(request, "flash/index.html", block="main", page=page, cart=cart)
