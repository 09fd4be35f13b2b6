"""What comes after the money: orders taken back, followed to the door, refunded, bought again."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.models import Order, OrderLine, Refund
from app.models.base import utcnow
from app.services.shipment_moves import deliver, send_out
from app.services.shipments import ship
from app.services.staff_orders import pick_order
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop
from tests.browser.steps import FIRST, fill_cart, give_address, place_order, register

pytestmark = pytest.mark.browser

STAFF = "staff:browser"
Window = dict[str, object]
WINDOWS = pytest.mark.parametrize(
    "window",
    [
        {"size": PHONE, "lang": "zh-CN", "script": True},
        {"size": DESKTOP, "lang": "en", "script": False},
    ],
    ids=["390-zh-script", "1366-en-noscript"],
)
OTHER_WINDOWS = pytest.mark.parametrize(
    "window",
    [
        {"size": DESKTOP, "lang": "en", "script": True},
        {"size": PHONE, "lang": "zh-CN", "script": False},
    ],
    ids=["1366-en-script", "390-zh-noscript"],
)
PROVIDER = re.compile(r"/sandbox/pay/\w+/$")


@pytest.fixture
async def counter(shop: Shop) -> AsyncIterator[Database]:
    """The shop's database as staff work with it, beside the shop that runs."""
    db = Database.connect(shop.database_url, pool_size=1)
    yield db
    await db.close()


async def buy(page: Page, pieces: int = 1) -> str:
    """A new shopper orders pieces of the first good and pays. Returns the order's number."""
    await register(page)
    await fill_cart(page)
    card = page.locator(FIRST).first
    for number in range(2, pieces + 1):
        await card.locator(".plus").click()
        await expect(card.locator("output")).to_have_text(str(number))
    await give_address(page)
    await page.locator("#place").click()
    await page.locator("#sandbox-pay").click()
    await page.wait_for_url("**/paid/")
    return urlsplit(page.url).path.split("/")[3]


async def send(db: Database, no: str) -> str:
    """Staff give a picked order to a rider, who leaves with it. Returns the parcel's number."""
    order_id = await db.read(find_order, no)
    parcel = await db.write(
        ship,
        order_id,
        kind="rider",
        rider="Lin",
        rider_phone="13900001111",
        actor=STAFF,
        now=utcnow(),
    )
    await db.write(send_out, parcel, now=utcnow())
    return parcel


async def find_order(session: AsyncSession, no: str) -> int:
    return int((await session.scalars(select(Order.id).where(Order.no == no))).one())


async def give_back(shop: Shop, page: Page, no: str) -> int:
    """Wait until the running shop has sent an order's one refund; the page then shows it."""
    query = select(Refund).join(Order, Order.id == Refund.order_id).where(Order.no == no)
    async with asyncio.timeout(30):
        while True:
            async with shop.open_database() as session:
                refund = (await session.scalars(query)).one()
            if refund.status == "done":
                break
            await asyncio.sleep(0.5)
    await page.goto(f"/axf/orders/{no}/")
    await expect(page.locator("#refunds li .tag.fresh")).to_have_count(1)
    await expect(page.locator("#refunds li .price")).to_have_text(yuan(refund.amount_fen))
    return refund.amount_fen


def yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02d}"


async def order_of(shop: Shop, no: str) -> Order:
    async with shop.open_database() as session:
        return (await session.scalars(select(Order).where(Order.no == no))).one()


@WINDOWS
async def test_a_paid_order_taken_back_brings_the_money_back(
    visit: Open, shop: Shop, window: Window
) -> None:
    page = (await visit(**window)).page
    no = await buy(page)
    await page.goto(f"/axf/orders/{no}/")

    await page.locator("#cancel").click()

    await expect(page.locator("#refunds li")).to_have_count(1)
    await expect(page.locator("#cancel")).to_have_count(0)
    amount = await give_back(shop, page, no)
    order = await order_of(shop, no)
    assert (order.status, amount, order.refunded_fen) == ("closed", order.pay_fen, order.pay_fen)
    await expect(page.locator("dl.bill dd").filter(has_text=yuan(amount)).last).to_be_visible()
    await page.goto("/axf/orders/?tab=refunds")
    await expect(page.locator(f"article.order a[href='/axf/orders/{no}/']")).to_be_visible()


@OTHER_WINDOWS
async def test_money_that_comes_after_the_order_was_closed_goes_back(
    visit: Open, shop: Shop, window: Window
) -> None:
    visitor = await visit(**window)
    page = visitor.page
    await register(page)
    await fill_cart(page)
    await give_address(page)
    order = await place_order(page)
    no = order.rstrip("/").rsplit("/", 1)[-1]
    await page.locator("#pay").click()
    await expect(page.locator("#sandbox-pay")).to_be_visible()
    other = await visitor.context.new_page()
    await other.goto(order)
    await other.locator("#cancel").click()
    await expect(other.locator("#cancel")).to_have_count(0)

    await page.locator("main details summary").click()
    await page.locator("#sandbox-late").click()

    await page.wait_for_url("**/axf/orders/*/pay/")
    sum_ = yuan((await order_of(shop, no)).pay_fen)
    await expect(page.locator("#pay")).to_have_count(0)
    await expect(page.locator("#pay-state")).to_contain_text(sum_)
    assert yuan(await give_back(shop, page, no)) == sum_
    assert (await order_of(shop, no)).status == "closed"


@WINDOWS
async def test_an_order_is_followed_to_the_door_and_a_piece_of_it_refunded(
    visit: Open, shop: Shop, counter: Database, window: Window
) -> None:
    page = (await visit(**window)).page
    script = bool(window["script"])
    rider = (await visit(**window | {"size": PHONE})).page
    no = await buy(page, pieces=2)
    if script:
        await page.clock.install()
    await page.goto(f"/axf/orders/{no}/")
    await expect_step(page, 0)

    await counter.write(pick_order, no, actor=STAFF, now=utcnow())
    await look_again(page, script)
    await expect_step(page, 1)
    parcel = await send(counter, no)
    await look_again(page, script)
    await expect_step(page, 2)
    await hand_over(page, rider, parcel)
    await look_again(page, script)
    await expect_step(page, 3)
    await expect(page.locator("#received")).to_be_visible()
    await expect(page.locator("#cancel")).to_have_count(0)

    await ask_for_one(page)
    amount = await give_back(shop, page, no)

    assert amount == await half_of_the_line(shop, no)
    await expect(page.locator("#items + ul .tag")).to_have_count(1)
    await expect(page.locator("#refunds li")).to_contain_text("It was bruised")


async def look_again(page: Page, script: bool) -> None:
    """The page asks every half minute by itself; without script the shopper does."""
    if script:
        await page.clock.fast_forward(30_000)
    else:
        await page.reload()


async def expect_step(page: Page, step: int) -> None:
    await expect(page.locator("#track progress")).to_have_attribute("value", str(step))
    await expect(page.locator("#track [aria-current=step]")).to_have_count(1)


async def hand_over(page: Page, rider: Page, parcel: str) -> None:
    """The shopper reads the code out, the rider enters it."""
    code = await page.locator("#track .notice .price").inner_text()
    await rider.goto(f"/riders/{parcel}/")
    await rider.fill("#code", code)
    await rider.locator("#hand-over").click()
    await expect(rider.locator("main [role=status]")).to_be_visible()
    await expect(rider.locator("#code")).to_have_count(0)


async def ask_for_one(page: Page) -> None:
    await page.locator("#after-sales summary").click()
    await page.fill("#quantity", "1")
    await page.fill("#reason", "It was bruised")
    await page.locator("#ask-refund").click()
    await expect(page.locator("#refunds li")).to_have_count(1)


async def half_of_the_line(shop: Shop, no: str) -> int:
    """What one of the two pieces cost."""
    query = select(OrderLine.pay_fen).join(Order, Order.id == OrderLine.order_id)
    async with shop.open_database() as session:
        return (await session.scalars(query.where(Order.no == no))).one() // 2


@WINDOWS
async def test_a_received_order_is_completed_and_bought_again(
    visit: Open, shop: Shop, counter: Database, window: Window
) -> None:
    page = (await visit(**window)).page
    no = await buy(page, pieces=2)
    await counter.write(pick_order, no, actor=STAFF, now=utcnow())
    parcel = await send(counter, no)
    await counter.write(deliver, parcel, actor=STAFF, now=utcnow())
    await page.goto(f"/axf/orders/{no}/")

    await page.locator("#received").click()
    await expect(page.locator("#received")).to_have_count(0)
    assert (await order_of(shop, no)).status == "completed"
    await page.locator("#again").click()

    await expect(page).to_have_url(re.compile("/axf/cart/$"))
    await expect(page.locator("main output").first).to_have_text("2")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1366"])
async def test_a_returning_shopper_is_three_screens_from_the_cart_to_success(
    visit: Open, shop: Shop, size: tuple[int, int]
) -> None:
    page = (await visit(size=size)).page
    await buy(page)
    await fill_cart(page)
    await page.goto("/axf/cart/")
    screens: list[str] = []
    page.on("framenavigated", lambda frame: screens.append(urlsplit(frame.url).path))

    await page.locator("a[href='/axf/checkout/']:visible").click()
    await page.locator("#place").click()
    await page.locator("#sandbox-pay").click()
    await expect(page.locator("dl.bill")).to_be_visible()
    await page.wait_for_url("**/paid/")

    assert len(screens) == 3, screens
    assert screens[0] == "/axf/checkout/"
    assert PROVIDER.search(screens[1])
    assert screens[2].endswith("/paid/")
