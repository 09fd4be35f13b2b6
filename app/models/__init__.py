"""Every model, imported here so that Alembic sees the whole schema."""

from app.models.address import Address
from app.models.base import Base
from app.models.cart import CartLine
from app.models.food_type import ChildType, FoodType
from app.models.goods import Goods, GoodsToken, Stock, StockMove
from app.models.home import HomeBlock, HomeBlockGoods
from app.models.order import Order, OrderEvent, OrderLine
from app.models.payment import IdempotencyKey, Payment
from app.models.user import LoginThrottle, User, UserTicket

__all__ = [
    "Address",
    "Base",
    "CartLine",
    "ChildType",
    "FoodType",
    "Goods",
    "GoodsToken",
    "HomeBlock",
    "HomeBlockGoods",
    "IdempotencyKey",
    "LoginThrottle",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "Stock",
    "StockMove",
    "User",
    "UserTicket",
]
