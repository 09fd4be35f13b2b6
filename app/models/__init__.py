"""Every model, imported here so that Alembic sees the whole schema."""

from app.models.address import Address
from app.models.base import Base
from app.models.cart import CartLine
from app.models.coupon import Coupon, CouponTemplate
from app.models.delivery import DeliverySlot, Shipment, ShipmentEvent, ShipmentLine
from app.models.flash import FlashClaim, FlashItem, FlashSession
from app.models.food_type import ChildType, FoodType
from app.models.goods import Goods, GoodsToken, PriceHistory, Stock, StockMove
from app.models.home import HomeBlock, HomeBlockGoods
from app.models.order import Order, OrderEvent, OrderLine, OrderLineOff
from app.models.outbox import Lease, OutboxItem
from app.models.payment import IdempotencyKey, Payment, StrayMoney
from app.models.refund import Refund, RefundLine
from app.models.user import LoginThrottle, User, UserTicket

__all__ = [
    "Address",
    "Base",
    "CartLine",
    "ChildType",
    "Coupon",
    "CouponTemplate",
    "DeliverySlot",
    "FlashClaim",
    "FlashItem",
    "FlashSession",
    "FoodType",
    "Goods",
    "GoodsToken",
    "HomeBlock",
    "HomeBlockGoods",
    "IdempotencyKey",
    "Lease",
    "LoginThrottle",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderLineOff",
    "OutboxItem",
    "Payment",
    "PriceHistory",
    "Refund",
    "RefundLine",
    "Shipment",
    "ShipmentEvent",
    "ShipmentLine",
    "Stock",
    "StockMove",
    "StrayMoney",
    "User",
    "UserTicket",
]
