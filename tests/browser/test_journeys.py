"""A new shopper registers, fills the cart, orders and pays, as people do it."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.models import Order, OrderEvent, OrderLine, Payment, Stock, StockMove, User
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import choose_district

pytestmark = pytest.mark.browser

PASSWORD = "蜜蜂 fly over orchards"
THANKS = {
    "en": "Paid. The bees are on it.",
    "zh-CN": "支付成功，蜂速出发",
}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "noscript"])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_a_new_shopper_registers_and_buys_three_goods(
    visit: Open, shop: Shop, lang: str, script: bool, size: tuple[int, int]
) -> None:
    name = f"新人{'有' if script else '无'}{lang[:2]}{size[0]}"
    window = await visit(size=size, lang=lang, script=script)
    page = window.page

    await _register(page, name, lang)
    await _fill_cart(page)
    await _give_address(page)
    no = await _order_and_pay(page, lang)

    await _expect_in_database(shop, name, no)
    await _log_out(page)


async def _register(page: Page, name: str, lang: str) -> None:
    await page.goto("/axf/mine/")
    await page.locator("main a[href^='/register/']").click()
    await expect(page.locator("html")).to_have_attribute("lang", lang)
    await page.fill("#username", name)
    await page.fill("#password", PASSWORD)
    await page.locator("main form button").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def _fill_cart(page: Page) -> None:
    """Two pieces of one good and one of another, from the list."""
    await page.goto("/axf/market/")
    cards = page.locator("#goods-items article:not([data-sold-out])")
    first = await cards.nth(1).get_attribute("id")
    second = await cards.nth(2).get_attribute("id")
    for good, count in ((first, "1"), (first, "2"), (second, "1")):
        await page.locator(f"#{good} .plus").click()
        await expect(page.locator(f"#{good} output")).to_have_text(count)
    await expect(page.locator("#cart-badge")).to_contain_text("3")


async def _give_address(page: Page) -> None:
    await page.goto("/axf/cart/")
    await page.locator("a[href='/axf/checkout/']:visible").click()
    await page.fill("#receiver", "林小满")
    await page.fill("#phone", "138 0000 6021")
    await page.fill("#area", "望京 SOHO T3")
    await page.fill("#room", "B 座 2307")
    await choose_district(page)


async def _order_and_pay(page: Page, lang: str) -> str:
    await page.locator("#place").click()
    await page.locator("#sandbox-pay").click()
    await expect(page.get_by_text(THANKS[lang])).to_be_visible()
    await page.locator("main .btn-primary").click()
    await expect(page.locator("main .timeline")).to_be_visible()
    return page.url.rstrip("/").rsplit("/", 1)[-1]


async def _expect_in_database(shop: Shop, name: str, no: str) -> None:
    engine = create_async_engine(shop.database_url)
    try:
        async with async_sessionmaker(engine)() as session:
            await _expect_rows(session, name, no)
    finally:
        await engine.dispose()


async def _expect_rows(session: AsyncSession, name: str, no: str) -> None:
    order = (await session.scalars(select(Order).where(Order.no == no))).one()
    buyer = await session.get(User, order.user_id)
    lines = list(await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)))
    paid = (await session.scalars(select(Payment).where(Payment.paid_for == order.id))).one()
    happened = await session.scalars(
        select(OrderEvent.to_status).where(OrderEvent.order_id == order.id).order_by(OrderEvent.seq)
    )
    assert buyer is not None
    assert (buyer.username, order.status) == (name, "paid")
    assert sorted(line.quantity for line in lines) == [1, 2]
    assert sum(line.pay_fen for line in lines) == order.goods_fen
    assert paid.received_fen == order.pay_fen
    assert list(happened) == ["unpaid", "paid"]
    await _expect_stock_to_agree(session, order.id, lines)


async def _expect_stock_to_agree(
    session: AsyncSession, order_id: int, lines: list[OrderLine]
) -> None:
    moves = await session.execute(
        select(StockMove.goods_id, StockMove.quantity).where(
            StockMove.order_id == order_id, StockMove.kind == "allocated"
        )
    )
    assert sorted(tuple(move) for move in moves) == sorted(
        (line.goods_id, line.quantity) for line in lines
    )
    for line in lines:
        stock = await session.get(Stock, line.goods_id)
        counted = await session.scalar(
            select(func.sum(StockMove.quantity)).where(
                StockMove.goods_id == line.goods_id,
                StockMove.kind.in_(["allocated", "released", "shipped"]),
            )
        )
        assert stock is not None
        assert stock.allocated == counted


async def _log_out(page: Page) -> None:
    await page.goto("/logout/")
    await page.locator("main form button").first.click()
    await page.goto("/axf/cart/")
    await expect(page).to_have_url("/login/?next=/axf/cart/")
