"""Paying with Alipay in a real browser, which holds the form to the content policy."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from httpx2 import AsyncClient
from playwright.async_api import expect

from tests.alipay_gateway import AlipayGateway, environment_for_alipay, run_gateway
from tests.browser.conftest import DESKTOP, PHONE, Open, Shop, free_port, serve
from tests.browser.steps import fill_cart, give_address, register

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def gateway() -> AsyncIterator[AlipayGateway]:
    async with run_gateway() as gateway:
        yield gateway


@pytest.fixture(scope="module")
def shop(gateway: AlipayGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The same shop as in the other tests; only its settings are Alipay's."""
    folder, port = tmp_path_factory.mktemp("alipay"), free_port()
    database_url = f"sqlite+aiosqlite:///{folder}/axf.db"
    settings = environment_for_alipay(gateway.address, f"http://127.0.0.1:{port}")
    with serve(database_url, folder / "log", port=port, **settings) as address:
        yield Shop(address, database_url)


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_the_way_to_alipay_and_back(
    visit: Open, gateway: AlipayGateway, shop: Shop, size: tuple[int, int]
) -> None:
    page = (await visit(size=size)).page
    await register(page)
    await fill_cart(page)
    await give_address(page)
    await page.locator("#place").click()
    await expect(page.locator("body")).to_have_text(re.compile(r"^Pay [0-9.]+ yuan to 爱鲜蜂"))
    payment_no = list(gateway.trades)[-1]

    trade = gateway.pay(payment_no)
    async with AsyncClient() as server:
        told = await server.post(trade.notify_url, content=gateway.write_notice(payment_no))
    await page.goto(gateway.go_back(payment_no).headers["location"])

    assert told.text == "success"
    await expect(page).to_have_url(re.compile(rf"^{shop.address}/axf/orders/[0-9A-Z]+/paid/$"))


async def test_who_came_back_unpaid_may_go_there_again(
    visit: Open, gateway: AlipayGateway, shop: Shop
) -> None:
    page = (await visit()).page
    await register(page)
    await fill_cart(page)
    await give_address(page)
    await page.locator("#place").click()
    await expect(page.locator("body")).to_have_text(re.compile("yuan to 爱鲜蜂"))
    payment_no = list(gateway.trades)[-1]

    await page.goto(gateway.go_back(payment_no).headers["location"])
    await page.locator("#pay").click()

    await expect(page.locator("body")).to_have_text(re.compile("yuan to 爱鲜蜂"))
    assert list(gateway.trades)[-1] == payment_no
