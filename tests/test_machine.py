"""Long histories of a small shop, found by chance: after each step the books must add up."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.world import Bought
from tests.world_steps import BusyWorld

settings.register_profile(
    "machine",
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# For a night: HYPOTHESIS_PROFILE=machine-long
settings.register_profile(
    "machine-long",
    settings.get_profile("machine"),
    max_examples=500,
    stateful_step_count=50,
    derandomize=False,
)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "machine")

USERS = st.integers(0, 1)
ANY = st.integers(0, 99)
BASKETS = st.dictionaries(st.integers(0, 2), st.integers(1, 4), min_size=1, max_size=3)


def _if(*statuses: str) -> Callable[[Any], Any]:
    """The rule needs an order that stands so; of several the chance picks one."""
    return precondition(lambda machine: machine.those(*statuses))


class Shop(RuleBasedStateMachine):
    """Rules that rarely fit are steered: they pick among the orders that stand so."""

    def __init__(self) -> None:
        super().__init__()
        self.world = BusyWorld()
        self.world.open_flash_sale()

    def teardown(self) -> None:
        self.world.close()

    @invariant()
    def everything_adds_up(self) -> None:
        self.world.check()

    def those(self, *statuses: str) -> list[Bought]:
        return [order for order in self.world.orders if order.status in statuses]

    def one(self, pick: int, *statuses: str) -> Bought:
        found = self.those(*statuses)
        return found[pick % len(found)]

    def parcel(self, pick: int) -> str:
        return list(self.world.parcels)[pick % len(self.world.parcels)]

    @rule(user=USERS, basket=BASKETS, coupons=st.booleans(), points=st.booleans())
    def somebody_orders(
        self, user: int, basket: dict[int, int], coupons: bool, points: bool
    ) -> None:
        self.world.place(user, basket, coupons=coupons, points=points)

    @rule(user=USERS, n=st.sampled_from([40, 300, 1000]), days=st.sampled_from([1, 8, 60]))
    def somebody_is_given_points(self, user: int, n: int, days: int) -> None:
        self.world.give_points(user, n, days)

    @rule(user=USERS)
    def somebody_checks_in(self, user: int) -> None:
        self.world.check_in(user)

    @rule(basket=BASKETS, all_of_it=st.booleans(), points=st.booleans())
    def an_order_goes_its_way(self, basket: dict[int, int], all_of_it: bool, points: bool) -> None:
        """Steered: by single rules few orders would ever be sent."""
        order = self.world.place(0, basket, points=points)
        if order is not None:
            self.world.pay(order)
            self.world.pick(order)
            self.world.pack(order, all_of_it=all_of_it)

    @precondition(lambda self: self.world.orders)
    @rule(pick=ANY)
    def somebody_sends_the_form_again(self, pick: int) -> None:
        self.world.place_again(self.world.orders[pick % len(self.world.orders)])

    @_if("unpaid")
    @rule(pick=ANY)
    def somebody_pays(self, pick: int) -> None:
        self.world.pay(self.one(pick, "unpaid"))

    @_if("unpaid")
    @rule(pick=ANY)
    def somebody_only_begins_to_pay(self, pick: int) -> None:
        self.world.begin(self.one(pick, "unpaid"))

    @precondition(lambda self: any(order.begun for order in self.world.orders))
    @rule(pick=ANY, wrong_fen=st.sampled_from([None, None, 1, 5000]))
    def money_comes_in(self, pick: int, wrong_fen: int | None) -> None:
        """In time, late, twice, in another amount: what was begun may be paid at any time."""
        begun = [order for order in self.world.orders if order.begun]
        order = begun[pick % len(begun)]
        self.world.notify(order, order.begun[-1], wrong_fen)

    @_if("unpaid", "paid", "picking", "closed")
    @rule(pick=ANY)
    def somebody_cancels(self, pick: int) -> None:
        self.world.cancel(self.one(pick, "unpaid", "paid", "picking", "closed"))

    @_if("unpaid")
    @rule()
    def nobody_pays_in_time(self) -> None:
        self.world.wait(16)
        self.world.sweep()

    @rule(minutes=st.sampled_from([1, 4, 11]))
    def time_passes(self, minutes: int) -> None:
        self.world.wait(minutes)

    @_if("delivered")
    @rule()
    def a_week_passes(self) -> None:
        self.world.wait(7 * 24 * 60)
        self.world.sweep()

    @_if("paid")
    @rule(pick=ANY)
    def staff_pick(self, pick: int) -> None:
        self.world.pick(self.one(pick, "paid"))

    @_if("paid", "picking")
    @rule(pick=ANY)
    def staff_close(self, pick: int) -> None:
        self.world.close_by_staff(self.one(pick, "paid", "picking"))

    @_if("picking", "shipping")
    @rule(pick=ANY, all_of_it=st.booleans())
    def staff_pack(self, pick: int, all_of_it: bool) -> None:
        self.world.pack(self.one(pick, "picking", "shipping"), all_of_it=all_of_it)

    @precondition(lambda self: self.world.parcels)
    @rule(pick=ANY)
    def a_parcel_arrives(self, pick: int) -> None:
        self.world.deliver(self.parcel(pick))

    @precondition(lambda self: self.world.parcels)
    @rule(pick=ANY, is_good=st.booleans())
    def a_parcel_comes_back(self, pick: int, is_good: bool) -> None:
        self.world.bring_back(self.parcel(pick), is_good=is_good)

    @_if("paid", "picking", "shipping", "delivered", "completed")
    @rule(pick=ANY, line=ANY, pieces=st.integers(1, 2), is_good=st.booleans())
    def pieces_are_refunded(self, pick: int, line: int, pieces: int, is_good: bool) -> None:
        order = self.one(pick, "paid", "picking", "shipping", "delivered", "completed")
        line_id = list(order.lines)[line % len(order.lines)]
        self.world.refund(order, line_id, pieces, is_good=is_good)

    @_if("delivered")
    @rule(pick=ANY)
    def somebody_confirms(self, pick: int) -> None:
        self.world.confirm(self.one(pick, "delivered"))

    @precondition(lambda self: self.world.promised_fen > sum(self.world.provider.given.values()))
    @rule(mood=st.sampled_from(["fine", "away", "refuses"]))
    def refunds_are_sent(self, mood: str) -> None:
        self.world.send_refunds(mood)


TestShop = Shop.TestCase
TestShop.settings = settings.get_profile(PROFILE if PROFILE.startswith("machine") else "machine")
