"""The check of the books has teeth: one thing is broken at a time, and it must notice."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from app.services.members import lock_member
from tests.world import Bought
from tests.world_steps import BusyWorld

Story = Callable[[BusyWorld], None]
Mutant = tuple[str, object, Story, str]


@pytest.fixture
def world() -> Iterator[BusyWorld]:
    world = BusyWorld()
    world.open_flash_sale()
    yield world
    world.close()


def bought(world: BusyWorld, pieces: Mapping[int, int], *, coupons: bool = True) -> Bought:
    order = world.place(0, dict(pieces), coupons=coupons)
    assert order is not None
    return order


def paid(world: BusyWorld, pieces: Mapping[int, int], *, coupons: bool = True) -> Bought:
    order = bought(world, pieces, coupons=coupons)
    world.pay(order)
    return order


def packed(world: BusyWorld, *, all_of_it: bool = True, coupons: bool = True) -> tuple[Bought, str]:
    order = paid(world, {0: 3}, coupons=coupons)
    world.pick(order)
    no = world.pack(order, all_of_it=all_of_it)
    assert no is not None
    return order, no


def ordered(world: BusyWorld) -> None:
    world.place_again(bought(world, {0: 1, 1: 1, 2: 1}))


def without_flash(world: BusyWorld) -> None:
    """A coupon that does not divide evenly."""
    paid(world, {0: 1, 2: 4})


def called_off(world: BusyWorld) -> None:
    world.cancel(bought(world, {0: 1, 1: 1}))


def refunded(world: BusyWorld) -> None:
    world.cancel(paid(world, {0: 2}))


def refused(world: BusyWorld) -> None:
    refunded(world)
    world.send_refunds("refuses")


def late(world: BusyWorld) -> None:
    order = bought(world, {0: 2})
    no = world.begin(order)
    assert no is not None
    world.wait(16)
    world.sweep()
    world.notify(order, no)


def twice(world: BusyWorld) -> None:
    order = paid(world, {0: 2})
    world.notify(order, order.begun[0])


def too_little(world: BusyWorld) -> None:
    order = bought(world, {0: 2})
    no = world.begin(order)
    assert no is not None
    world.notify(order, no, 5)


def piece_by_piece(world: BusyWorld) -> None:
    order, no = packed(world)
    world.deliver(no)
    for _ in range(3):
        world.refund(order, next(iter(order.lines)), is_good=False)


def fee_twice(world: BusyWorld) -> None:
    order, no = packed(world, coupons=False)
    world.deliver(no)
    for _ in range(2):
        world.refund(order, next(iter(order.lines)), fee_fen=500)


def short(world: BusyWorld) -> None:
    order = paid(world, {0: 3})
    world.refund(order, next(iter(order.lines)), is_good=False)


def brought_back(world: BusyWorld) -> None:
    _, no = packed(world)
    world.bring_back(no, is_good=True)


def half_delivered(world: BusyWorld) -> None:
    _, no = packed(world, all_of_it=False)
    world.deliver(no)


def completed(world: BusyWorld) -> None:
    """By a member, and then a piece is given back."""
    order, no = packed(world)
    world.deliver(no)
    world.confirm(order)
    world.refund(order, next(iter(order.lines)), is_good=False)
    world.send_refunds()


def with_points(world: BusyWorld) -> Bought:
    world.give_points(0, 1000, 1)
    world.give_points(0, 600, 90)
    world.wait(2 * 24 * 60)
    order = world.place(0, {0: 4}, coupons=False, points=True)
    assert order is not None
    return order


def points_spent(world: BusyWorld) -> None:
    with_points(world)


def points_called_off(world: BusyWorld) -> None:
    world.cancel(with_points(world))


def points_refunded(world: BusyWorld) -> None:
    """Piece by piece after the points that the order brought were opened; in the end some more
    come, which pay what is owed."""
    order = with_points(world)
    world.pay(order)
    world.pick(order)
    no = world.pack(order)
    assert no is not None
    world.deliver(no)
    world.wait(8 * 24 * 60)
    world.sweep()
    for _ in range(4):
        world.refund(order, next(iter(order.lines)), is_good=False)
        world.send_refunds()


def points_owed(world: BusyWorld) -> None:
    """What an order brought is spent before the order is given back."""
    first = paid(world, {0: 4}, coupons=False)
    world.pick(first)
    no = world.pack(first)
    assert no is not None
    world.deliver(no)
    world.give_points(0, 270, 90)
    world.wait(8 * 24 * 60)
    world.sweep()
    assert world.place(0, {0: 4}, coupons=False, points=True) is not None
    world.refund(first, next(iter(first.lines)), 4, is_good=False)
    world.send_refunds()
    world.give_points(0, 100, 90)


def forgetful(session: Any, user_id: int, _: Any) -> Awaitable[Any]:
    """Opens the books and does not look what has run out."""
    return lock_member(session, user_id)


def answers(value: object) -> Callable[..., Awaitable[Any]]:
    async def instead(*_: object, **__: object) -> object:
        return value

    return instead


def floored(amount: int, weights: Sequence[int]) -> list[int]:
    return [amount * weight // (sum(weights) or 1) for weight in weights]


def floored_piece(pay_fen: int, quantity: int, done: int, done_fen: int, more: int) -> int:
    return pay_fen // quantity * more


STORIES = [
    ordered,
    without_flash,
    called_off,
    refunded,
    refused,
    late,
    twice,
    too_little,
    piece_by_piece,
    fee_twice,
    short,
    brought_back,
    half_delivered,
    completed,
    points_spent,
    points_called_off,
    points_refunded,
    points_owed,
]
nothing = answers(None)
# What is replaced in the services, by what, in which story, and which rule finds it: one of
# `axf audit`, or the model beside the shop where the books agree among themselves.
MODEL = "model"
MUTANTS: Sequence[Mutant] = [
    ("claims.claim_stock", answers([]), ordered, "stock.allocated"),
    ("slots.claim", answers(True), ordered, "delivery_slots.taken"),
    ("flash.claim", answers([]), ordered, "flash_items.sold"),
    ("coupons.hold", answers(True), ordered, "coupons.off"),
    ("placing.claim_key", nothing, ordered, MODEL),
    ("quote_lines.prorate", floored, without_flash, MODEL),
    ("coupons.use_held", nothing, without_flash, "coupons.order"),
    ("order_moves.note_event", nothing, without_flash, "order_events.status"),
    ("closing.release_stock", nothing, called_off, "order_lines.held"),
    ("slots.release", nothing, called_off, "delivery_slots.taken"),
    ("flash.release", nothing, called_off, "flash_claims.quantity"),
    ("coupons.give_back", nothing, called_off, "coupons.order"),
    ("orders.refund_rest", nothing, refunded, "orders.called_off"),
    ("refund_books.reserve", nothing, refunded, "payments.refunded"),
    ("refund_books.put", nothing, refunded, "refunds.outbox"),
    ("refund_decisions._set_free", nothing, refused, "orders.refunded"),
    ("payments.return_money", nothing, late, "payments.beside"),
    ("payments._judge", answers("paid"), late, "payments.once"),
    ("payments.return_money", nothing, twice, "payments.beside"),
    ("payments.return_money", nothing, too_little, "payments.beside"),
    ("payments._judge", answers("paid"), too_little, "payments.states"),
    ("refund_books.refundable", floored_piece, piece_by_piece, "order_lines.refunded"),
    ("refund_books.check_ship", nothing, fee_twice, "refunds.delivery_fee"),
    ("restock.drop_unsent", nothing, short, "order_lines.dropped"),
    ("restock.take_back", nothing, brought_back, "order_lines.returned"),
    ("shipments.ship_stock", nothing, half_delivered, "order_lines.sent"),
    ("shipment_moves.list_unsent", answers({}), half_delivered, "order_lines.held"),
    ("growth._write", nothing, completed, "growth_entries.sum"),
    ("growth.BESIDE", ("quality",), completed, "growth_entries.sum"),
    ("points.spending.spend", answers(True), points_spent, "orders.points"),
    ("points.spending.open_books", forgetful, points_spent, "points_entries.spent"),
    ("points.spending.give_back", nothing, points_called_off, "orders.points_returned"),
    (
        "points.earning.give_back_refunded",
        nothing,
        points_refunded,
        "order_lines.returned_points",
    ),
    ("points.earning._keep_less", nothing, points_refunded, "points_entries.taken_back"),
    ("points.earning._take_back", nothing, points_refunded, "points_lots.kept"),
    ("points.earning.add_pending", nothing, points_refunded, MODEL),
    ("points.books._settle", nothing, points_owed, "members.open_points"),
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_sound_shop_passes(world: BusyWorld, story: Story) -> None:
    story(world)

    world.check()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{x[0]}-{x[2].__name__}" for x in MUTANTS])
def test_a_broken_shop_is_found_out(
    world: BusyWorld, monkeypatch: pytest.MonkeyPatch, mutant: Mutant
) -> None:
    target, instead, story, rule = mutant
    monkeypatch.setattr(f"app.services.{target}", instead)

    assert rule in found_by(world, story)


def found_by(world: BusyWorld, story: Story) -> set[str]:
    """The rules that are broken in the end, and whether the model noticed on the way."""
    found = set()
    try:
        story(world)
        world.check()
    except AssertionError:
        found.add(MODEL)
    return found | {wrong.partition(":")[0] for wrong in world.list_wrong()}
