"""Every model, imported here so that Alembic sees the whole schema."""

from app.models.address import Address
from app.models.base import Base
from app.models.cart import CartLine
from app.models.coupon import Coupon, CouponScope, CouponTemplate
from app.models.delivery import DeliverySlot, Shipment, ShipmentEvent, ShipmentLine
from app.models.flash import FlashClaim, FlashItem, FlashSession
from app.models.food_type import ChildType, FoodType
from app.models.goods import Goods, GoodsToken, PriceHistory, Stock, StockMove
from app.models.home import HomeBlock, HomeBlockGoods
from app.models.interest import Favourite, RecentView, StockWait
from app.models.member import CheckIn, GrowthEntry, Member, PointsEntry, PointsLot
from app.models.message import UserMessage
from app.models.order import Order, OrderEvent, OrderLine, OrderLineOff
from app.models.outbox import Lease, OutboxItem
from app.models.payment import IdempotencyKey, Payment, StrayMoney
from app.models.picture import Picture
from app.models.refund import Refund, RefundLine
from app.models.review import GoodsRating, Review, ReviewPhoto, ReviewVote, ServiceCase
from app.models.user import LoginThrottle, User, UserTicket

__all__ = [
    "Address",
    "Base",
    "CartLine",
    "CheckIn",
    "ChildType",
    "Coupon",
    "CouponScope",
    "CouponTemplate",
    "DeliverySlot",
    "Favourite",
    "FlashClaim",
    "FlashItem",
    "FlashSession",
    "FoodType",
    "Goods",
    "GoodsRating",
    "GoodsToken",
    "GrowthEntry",
    "HomeBlock",
    "HomeBlockGoods",
    "IdempotencyKey",
    "Lease",
    "LoginThrottle",
    "Member",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderLineOff",
    "OutboxItem",
    "Payment",
    "Picture",
    "PointsEntry",
    "PointsLot",
    "PriceHistory",
    "RecentView",
    "Refund",
    "RefundLine",
    "Review",
    "ReviewPhoto",
    "ReviewVote",
    "ServiceCase",
    "Shipment",
    "ShipmentEvent",
    "ShipmentLine",
    "Stock",
    "StockMove",
    "StockWait",
    "StrayMoney",
    "User",
    "UserMessage",
    "UserTicket",
]
