"""Whether the offer is still the one that the shopper saw, and the words for what is not."""

from app.errors import N_, CheckoutRefused, InvalidInput, Message, Words
from app.services.basket import Basket
from app.services.cart import Line
from app.services.checkout import Checkout
from app.services.places import is_another, why_not_there
from app.services.quote_changes import Difference, compare


def check_offer(checkout: Checkout, basket: Basket) -> None:
    """Raises CheckoutRefused with all that is another now, InvalidInput for what is missing."""
    _check_place(checkout, basket)
    _check_slot(checkout, basket.choice.slot_id)
    differences = _differences(checkout, basket)
    if differences is None or differences:
        raise CheckoutRefused(lines=_listed(differences or []))
    if not checkout.lines:
        raise CheckoutRefused(N_("There is nothing to order: nothing in the cart is selected"))
    _check_flash_shares(checkout)


def _check_place(checkout: Checkout, basket: Basket) -> None:
    address, chosen = checkout.address, basket.choice.address_id
    if chosen is not None and (address is None or address.id != chosen):
        text = N_("The address you chose is no longer in your book. Please choose another one.")
        raise CheckoutRefused(lines={"address": Message(text, {})})
    if address is not None:
        if checkout.place_problem:
            raise CheckoutRefused(lines={"address": checkout.place_problem})
    elif basket.place is None:
        raise InvalidInput.of("address", N_("Please say where the order should go"))
    else:
        problem = why_not_there(checkout.delivery, basket.place.region)
        if problem:
            raise InvalidInput({"region": problem})


def _check_slot(checkout: Checkout, slot_id: int | None) -> None:
    if checkout.slots and slot_id is None:
        raise InvalidInput.of("slot", N_("Please choose a delivery time"))
    if slot_id is not None and (checkout.slot is None or checkout.slot.id != slot_id):
        raise slot_refused()


def slot_refused() -> CheckoutRefused:
    text = N_("The delivery time you chose is no longer free. Please choose another one.")
    return CheckoutRefused(lines={"slot": Message(text, {})})


def _differences(checkout: Checkout, basket: Basket) -> list[Difference] | None:
    """None when it is not known what was shown, so that everything may be another."""
    if basket.agreed is None:
        return None
    left = {line.card.id: _left_of(line) for line in checkout.left_out}
    found = compare(basket.agreed, checkout.shown, names=checkout.names, left=left)
    chosen = basket.choice.address_id
    if chosen is not None and is_another(basket.agreed.place, chosen):
        # The shopper knows that it goes elsewhere: the form itself names the address.
        found = [change for change in found if change.code != "place"]
    if basket.choice.coupon_ids == frozenset(basket.agreed.coupon_ids):
        return found
    # The shopper knows that these are other coupons; only what follows from that is news.
    return [change for change in found if not change.code.startswith("coupon-")] or found


def _listed(differences: list[Difference]) -> dict[str, Message]:
    """Under the line that it is about, as far as that is free, and numbered otherwise."""
    listed: dict[str, Message] = {}
    for number, change in enumerate(differences):
        is_taken = not change.field or change.field in listed
        listed[f"change-{number}" if is_taken else change.field] = change.message
    return listed


def _check_flash_shares(checkout: Checkout) -> None:
    over = [line for line in checkout.lines if line.is_over_flash]
    if over:
        text = N_("At most %(most)s of %(name)s at the flash price")
        raise CheckoutRefused(
            lines={
                field_of(line.card.id): Message(
                    text, {"most": line.flash_most, "name": name_of(line)}
                )
                for line in over
            }
        )


def _left_of(line: Line) -> int:
    return line.card.left if line.card.on_sale else 0


def field_of(goods_id: int) -> str:
    return f"goods-{goods_id}"


def name_of(line: Line) -> Words:
    return Words(line.card.name_zh, line.card.name_en)


def shortage(line: Line, left: int) -> Message:
    if left <= 0 or not line.card.on_sale:
        return Message(N_("%(name)s is sold out"), {"name": name_of(line)})
    return Message(N_("Only %(left)s of %(name)s left"), {"left": left, "name": name_of(line)})
