"""What the message box can say: for each kind a title and a text, in English for gettext.

The names in %(…)s are those of the message's params. By their ends: `_fen` is a sum and is shown as
¥12.50, `_at` a moment in ISO format, `_text` a source text that is translated too; `name_zh` and
`name_en` together fill in %(name)s.
"""

from collections.abc import Mapping

from app.errors import N_

# For a message of a kind that this version of the shop does not know.
UNKNOWN = (N_("News from the shop"), N_("Tap to see what it is about."))

MESSAGE_TEXTS: Mapping[str, tuple[str, str]] = {
    "order_shipping": (
        N_("Your order is on its way"),
        N_("Order %(no)s has left the store and is coming to you."),
    ),
    "order_delivered": (
        N_("Your order has come"),
        N_("Order %(no)s was delivered. Enjoy it!"),
    ),
    "order_timeout": (
        N_("Your order was closed"),
        N_("Order %(no)s was not paid in time. You can order the same again."),
    ),
    "order_closed": (
        N_("Your order was closed by the shop"),
        N_("Order %(no)s will not come. If it was paid, the money goes back to you."),
    ),
    "order_failed": (
        N_("Your order could not be delivered"),
        N_("Order %(no)s could not be handed over. What you paid is given back."),
    ),
    "refund_done": (
        N_("Your money is on its way back"),
        N_("%(sum_fen)s of order %(no)s were sent back the way you paid."),
    ),
    "back_in_stock": (
        N_("Back in stock: %(name)s"),
        N_("What you waited for can be bought again. Be quick, others waited too."),
    ),
    "review_invite": (
        N_("How was it?"),
        N_("Order %(no)s is completed. What you think of it helps the next neighbour to choose."),
    ),
    "review_approved": (
        N_("Your review can be seen"),
        N_("What you wrote about %(name)s now stands on its page. Thank you!"),
    ),
    "review_hidden": (
        N_("Your review was hidden"),
        N_("What you wrote about %(name)s cannot be seen: %(reason)s"),
    ),
    "review_replied": (
        N_("The shop answered your review"),
        N_("There is an answer to what you wrote about %(name)s."),
    ),
    "points_earned": (
        N_("Your points can be used"),
        N_("%(n)s points of an order are yours now. 100 points pay ¥1."),
    ),
    "points_returned": (
        N_("Your points are back"),
        N_("%(n)s points that you had paid with were given back."),
    ),
    "points_taken_back": (
        N_("Points were taken back"),
        N_("%(n)s points went with what was refunded."),
    ),
    "points_expiring": (
        N_("Points will run out soon"),
        N_("%(n)s points can be used until %(day)s."),
    ),
    "points_expired": (
        N_("Points have run out"),
        N_("%(n)s points were not used in time."),
    ),
    "level_up": (
        N_("You are a %(level_text)s member now"),
        N_("Thank you! What comes with it is yours until %(end_at)s at least."),
    ),
    "level_down": (
        N_("You are a %(level_text)s member now"),
        N_("The growth of the last 365 days was not enough to keep your level."),
    ),
    "coupon_back": (
        N_("Your coupon is back"),
        N_("Order %(no)s was called off, so “%(name)s” can be used again."),
    ),
    "coupon_expiring": (
        N_("A coupon of yours runs out soon"),
        N_("“%(name)s” can be used until %(end_at)s."),
    ),
    "coupon_welcome": (
        N_("Welcome! A coupon is waiting for you"),
        N_("“%(name)s” is among your coupons."),
    ),
}
