"""All that the shop knows of a shopper, table by table; and what it keeps back, and why.

Never in it: passwords, tickets, and what belongs to others (riders, staff, other shoppers).
"""

from collections.abc import Mapping

from app.errors import N_, Message
from app.models import (
    Address,
    CartLine,
    CheckIn,
    Coupon,
    CouponTemplate,
    Favourite,
    Goods,
    GrowthEntry,
    Member,
    Order,
    Picture,
    PointsEntry,
    PointsLot,
    RecentView,
    Review,
    ReviewPhoto,
    ReviewVote,
    StockWait,
    User,
    UserMessage,
    UserTicket,
)
from app.services.device_names import name_device
from app.services.message_box import describe
from app.services.my_data.orders import ORDER_PARTS
from app.services.my_data.section import Part, Row, Section, fields_of

# Tables with a user_id that are not in the file.
LEFT_OUT: Mapping[str, str] = {
    "idempotency_keys": "numbers of forms that were sent, forgotten after two days",
    "flash_claims": "how many pieces of a flash sale: they are in the lines of the orders",
}


GOODS = (Goods.name_zh, Goods.name_en)


def _message(row: Row) -> Row:
    title, text = describe(str(row.pop("kind")), str(row.pop("params")))
    return {"title": title, "text": text, **row}


def _device(row: Row) -> Row:
    system, browser = name_device(str(row["user_agent"]))
    return {"system": Message(system, {}), "browser": Message(browser, {}), **row}


PROFILE = Section(
    "profile",
    N_("Profile"),
    User.id,
    User.id,
    fields_of(
        User,
        *("id", "username", "nickname", "email", "locale", "theme", "large_text", "avatar"),
        "created_at",
    ),
)
MEMBERSHIP = Section(
    "membership",
    N_("Membership"),
    Member.user_id,
    Member.user_id,
    fields_of(Member, "points", "level", "level_until"),
)
ADDRESSES = Section(
    "addresses",
    N_("Addresses"),
    Address.user_id,
    Address.id,
    fields_of(Address, *("receiver", "phone", "region", "area", "room", "tag", "created_at")),
)
ORDERS = Section(
    "orders",
    N_("Orders"),
    Order.user_id,
    Order.id,
    fields_of(
        Order,
        *("no", "status", "close_reason", "goods_fen", "ship_fen", "off_fen", "points_fen"),
        *("pay_fen", "refunded_fen", "quantity", "receiver", "phone", "region", "area", "room"),
        *("note", "if_sold_out", "slot_starts_at", "slot_ends_at", "placed_at", "paid_at"),
        *("delivered_at", "completed_at", "closed_at"),
    ),
    parts=ORDER_PARTS,
)
CART = Section(
    "cart",
    N_("Cart"),
    CartLine.user_id,
    CartLine.id,
    {
        "goods": GOODS,
        **fields_of(CartLine, "quantity", "is_select", "seen_price_fen", "created_at"),
    },
    joins=((Goods, Goods.id == CartLine.goods_id),),
)
COUPONS = Section(
    "coupons",
    N_("Coupons"),
    Coupon.user_id,
    Coupon.id,
    {
        "coupon": (CouponTemplate.title_zh, CouponTemplate.title_en),
        **fields_of(Coupon, "status", "valid_from", "valid_to", "created_at"),
        "order_no": Order.no,
    },
    joins=(
        (CouponTemplate, CouponTemplate.id == Coupon.template_id),
        (Order, Order.id == Coupon.order_id),
    ),
)
POINTS_LOTS = Section(
    "points_lots",
    N_("Points by origin"),
    PointsLot.user_id,
    PointsLot.id,
    fields_of(PointsLot, *("kind", "ref", "earned_n", "left_n", "status", "open_at", "expires_at")),
)
POINTS = Section(
    "points",
    N_("Points: every change"),
    PointsEntry.user_id,
    PointsEntry.id,
    fields_of(PointsEntry, "kind", "ref", "n", "created_at"),
)
GROWTH = Section(
    "growth",
    N_("Growth"),
    GrowthEntry.user_id,
    GrowthEntry.id,
    {"order_no": Order.no, **fields_of(GrowthEntry, "kind", "fen", "at")},
    joins=((Order, Order.id == GrowthEntry.order_id),),
)
CHECK_INS = Section(
    "check_ins",
    N_("Check-ins"),
    CheckIn.user_id,
    CheckIn.day,
    fields_of(CheckIn, "day", "streak", "points"),
)
REVIEWS = Section(
    "reviews",
    N_("Reviews"),
    Review.user_id,
    Review.id,
    {
        "goods": GOODS,
        **fields_of(
            Review,
            *("stars", "fresh", "body", "anonymous", "status", "hidden_reason", "helpful"),
            *("reply", "reply_at", "edited_at", "created_at"),
        ),
    },
    joins=((Goods, Goods.id == Review.goods_id),),
    parts=(
        Part(
            "photos",
            ReviewPhoto.review_id,
            {"picture": Picture.digest},
            (ReviewPhoto.review_id, ReviewPhoto.position),
            joins=((Picture, Picture.id == ReviewPhoto.picture_id),),
        ),
    ),
)
VOTES = Section(
    "helpful_votes",
    N_("Reviews I found helpful"),
    ReviewVote.user_id,
    ReviewVote.review_id,
    {"goods": GOODS, **fields_of(ReviewVote, "created_at")},
    joins=((Review, Review.id == ReviewVote.review_id), (Goods, Goods.id == Review.goods_id)),
)
FAVOURITES = Section(
    "favourites",
    N_("Favourites"),
    Favourite.user_id,
    Favourite.goods_id,
    {"goods": GOODS, **fields_of(Favourite, "created_at")},
    joins=((Goods, Goods.id == Favourite.goods_id),),
)
RECENT = Section(
    "recent_views",
    N_("Recently viewed"),
    RecentView.user_id,
    RecentView.goods_id,
    {"goods": GOODS, **fields_of(RecentView, "seen_at")},
    joins=((Goods, Goods.id == RecentView.goods_id),),
)
WAITS = Section(
    "stock_waits",
    N_("Waiting for goods"),
    StockWait.user_id,
    StockWait.goods_id,
    {"goods": GOODS, **fields_of(StockWait, "created_at")},
    joins=((Goods, Goods.id == StockWait.goods_id),),
)
MESSAGES = Section(
    "messages",
    N_("Messages"),
    UserMessage.user_id,
    UserMessage.id,
    fields_of(UserMessage, "kind", "params", "created_at", "read_at"),
    view=_message,
)
PICTURES = Section(
    "pictures",
    N_("Pictures"),
    Picture.user_id,
    Picture.id,
    {
        "picture": Picture.digest,
        **fields_of(Picture, "kind", "width", "height", "size_bytes", "created_at"),
    },
)
DEVICES = Section(
    "devices",
    N_("Devices"),
    UserTicket.user_id,
    UserTicket.id,
    fields_of(UserTicket, "user_agent", "created_at", "expires_at"),
    view=_device,
)
SECTIONS = (
    *(PROFILE, MEMBERSHIP, ADDRESSES, ORDERS, CART, COUPONS, POINTS_LOTS, POINTS, GROWTH),
    *(CHECK_INS, REVIEWS, VOTES, FAVOURITES, RECENT, WAITS, MESSAGES, PICTURES, DEVICES),
)
