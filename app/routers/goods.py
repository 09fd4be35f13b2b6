"""The page of one good."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.deps import Db, DeliveryRules, Number, Visitor, guard_storefront
from app.services import catalogue
from app.services.cart import EMPTY_CART, get_cart
from app.services.interests import NO_INTEREST, get_interest
from app.services.review_queries import get_goods_reviews
from app.templating import render

router = APIRouter(dependencies=[Depends(guard_storefront)])


@router.get("/axf/goods/{goods_id}/")
async def show_goods(
    request: Request, db: Db, visitor: Visitor, delivery: DeliveryRules, goods_id: Number
) -> HTMLResponse:
    viewer = visitor.id if visitor else None
    goods = await db.read(catalogue.get_goods, goods_id, viewer)
    similar = await db.read(catalogue.list_similar, goods, viewer)
    reviews = await db.read(get_goods_reviews, goods_id, viewer)
    cart = await db.read(get_cart, visitor.id) if visitor else EMPTY_CART
    interest = await db.read(get_interest, visitor.id, goods_id) if visitor else NO_INTEREST
    return render(
        request,
        "goods/show.html",
        goods=goods,
        similar=similar,
        reviews=reviews,
        cart=cart,
        delivery=delivery,
        interest=interest,
    )
