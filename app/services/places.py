"""Whether an order can go to a place, and what the check-out remembers of the one it showed."""

from app.errors import N_, Message
from app.services.addresses import AddressView
from app.services.quote import Delivery


def why_not_there(delivery: Delivery, region: str) -> Message | None:
    """None when the shop delivers to the district."""
    if delivery.reaches(region):
        return None
    if not region:
        return Message(N_("Please add the district, so that we know whether we deliver there"), {})
    return Message(N_("We do not deliver there yet. Please choose another address."), {})


def place_text(address: AddressView | None) -> str:
    """The address as it was shown, beginning with its number in the book; empty for none."""
    if address is None:
        return ""
    place = address.place
    parts = (place.receiver, place.phone, place.region, place.area, place.room)
    return f"{address.id} {' '.join(parts)}"


def is_another(shown: str, address_id: int) -> bool:
    """Whether what was shown, as `place_text` wrote it, is another address of the book."""
    return shown.partition(" ")[0] != str(address_id)
