"""Impatient and undecided shoppers: double clicks, refused money, orders taken back."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select

from app.models import Order, Payment, User
from tests.browser.conftest import DESKTOP, Open, Shop
from tests.browser.steps import (
    come_back_to_pay,
    fill_cart,
    give_address,
    place_order,
    register,
)

pytestmark = pytest.mark.browser


async def get_ready(page: Page) -> str:
    """A new shopper at the check-out."""
    name = await register(page)
    await fill_cart(page, 2)
    await give_address(page)
    return name


async def count_orders(shop: Shop, name: str) -> tuple[int, int]:
    """Orders of a shopper, and payments begun for them."""
    async with shop.open_database() as session:
        orders = select(Order.id).join(User, User.id == Order.user_id).where(User.username == name)
        placed = await session.scalar(select(func.count()).select_from(orders.subquery()))
        begun = await session.scalar(
            select(func.count()).select_from(Payment).where(Payment.order_id.in_(orders))
        )
    return placed or 0, begun or 0


@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_double_clicks_make_one_order_and_one_payment(
    visit: Open, shop: Shop, script: bool
) -> None:
    page = (await visit(size=DESKTOP, script=script)).page
    name = await get_ready(page)

    await page.locator("#place").dblclick(no_wait_after=True)
    await expect(page.locator("#sandbox-pay")).to_be_visible()
    assert await count_orders(shop, name) == (1, 1)
    await come_back_to_pay(page)
    await page.locator("#pay").dblclick(no_wait_after=True)
    await expect(page.locator("#sandbox-pay")).to_be_visible()
    assert await count_orders(shop, name) == (1, 1)
    await page.locator("#sandbox-pay").dblclick(no_wait_after=True)

    await page.wait_for_url("**/paid/")
    assert await count_orders(shop, name) == (1, 1)
    await page.goto("/axf/cart/")
    await expect(page.locator("#cart-market")).to_be_visible()


async def test_the_same_check_out_sent_twice_from_two_tabs_is_one_order(
    visit: Open, shop: Shop
) -> None:
    window = await visit()
    name = await get_ready(window.page)
    other = await window.context.new_page()
    await other.goto("/axf/checkout/")

    await window.page.locator("#place").click()
    await expect(window.page.locator("#sandbox-pay")).to_be_visible()
    await other.locator("#place").click()

    await expect(other.locator("main [role=alert]").first).to_be_visible()
    assert await count_orders(shop, name) == (1, 1)


@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_a_declined_payment_can_be_tried_again(visit: Open, shop: Shop, script: bool) -> None:
    page = (await visit(script=script)).page
    name = await get_ready(page)
    await place_order(page)

    await page.locator("#pay").click()
    await page.locator("#sandbox-decline").click()
    await expect(page.locator("[role=alert]")).to_have_text(
        "The payment was declined. Nothing was charged, you can try again."
    )
    await page.locator("#pay").click()
    await page.locator("#sandbox-pay").click()

    await expect(page.get_by_text("Paid. The bees are on it.")).to_be_visible()
    assert await count_orders(shop, name) == (1, 1)


async def test_the_page_that_waits_moves_on_when_the_money_came(visit: Open) -> None:
    window = await visit()
    await get_ready(window.page)
    await place_order(window.page)
    other = await window.context.new_page()
    await other.goto(window.page.url)

    await other.locator("#pay").click()
    await other.locator("#sandbox-pay").click()
    await other.wait_for_url("**/paid/")

    await window.page.wait_for_url("**/paid/", timeout=15_000)


@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
async def test_an_unpaid_order_can_be_taken_back(visit: Open, script: bool) -> None:
    page = (await visit(size=DESKTOP, script=script)).page
    await get_ready(page)
    order = await place_order(page)
    await page.goto("/axf/orders/?tab=unpaid")
    await expect(page.locator("article.order")).to_have_count(1)

    await page.locator(".order-body").click()
    await page.locator("#cancel").click()

    await expect(page.locator(".status-hero h2")).to_have_text("Cancelled")
    await expect(page.locator(".timeline li").first).to_contain_text("Cancelled by you")
    await expect(page.locator("#cancel")).to_have_count(0)
    await page.goto(f"{order}pay/")
    await expect(page.locator("#pay")).to_have_count(0)
    await page.goto("/axf/orders/?tab=unpaid")
    await expect(page.locator("article.order")).to_have_count(0)
