"""The search page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from app.deps import Db, Visitor, guard_storefront
from app.services.cart import EMPTY_CART, get_cart
from app.services.search import search
from app.templating import render

router = APIRouter(dependencies=[Depends(guard_storefront)])


@router.get("/axf/search/")
async def show_search(
    request: Request, db: Db, visitor: Visitor, q: Annotated[str, Query()] = ""
) -> HTMLResponse:
    result = await db.read(search, q, visitor.id if visitor else None)
    cart = await db.read(get_cart, visitor.id) if visitor else EMPTY_CART
    return render(request, "search/index.html", result=result, cart=cart)
