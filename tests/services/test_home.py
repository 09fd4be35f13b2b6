"""The home page's blocks, and that each of them leads somewhere."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.home import GOODS_OF_A_SHOW, get_home
from tests.factories import make_block, make_child, make_goods, make_type


async def test_blocks_come_by_kind_in_their_order(session: AsyncSession) -> None:
    for kind in ("banner", "nav", "mustbuy", "shop", "mainshow"):
        await make_block(session, kind, title="second", position=2)
        await make_block(session, kind, title="first", position=1)
        await make_block(session, kind, title="hidden", position=0, is_shown=False)

    home = await get_home(session)

    for blocks in (home.banner, home.nav, home.mustbuy, home.shop, home.mainshow):
        assert [block.title_en for block in blocks] == ["first", "second"]
    assert not home.is_empty


async def test_a_home_page_without_blocks_is_empty(session: AsyncSession) -> None:
    await make_block(session, "banner", is_shown=False)

    home = await get_home(session)

    assert home.is_empty


async def test_a_block_leads_to_its_goods_and_shows_their_price(session: AsyncSession) -> None:
    food_type = await make_type(session)
    goods = await make_goods(session, food_type=food_type, price=1290)
    await make_block(session, "mustbuy", link_goods=goods, link_type=food_type.number)

    [block] = (await get_home(session)).mustbuy

    assert (block.href, block.price_fen) == (f"/axf/goods/{goods.id}/", 1290)


async def test_a_block_of_goods_off_sale_leads_to_their_type(session: AsyncSession) -> None:
    food_type = await make_type(session)
    goods = await make_goods(session, food_type=food_type, on_sale=False)
    await make_block(session, "mustbuy", link_goods=goods, link_type=food_type.number)

    [block] = (await get_home(session)).mustbuy

    assert (block.href, block.price_fen) == (f"/axf/market/{food_type.number}/0/0/", None)


async def test_a_block_leads_to_its_type_and_child(session: AsyncSession) -> None:
    food_type = await make_type(session)
    child = await make_child(session, food_type)
    await make_block(session, "nav", link_type=food_type.number, link_child=child.number)

    [block] = (await get_home(session)).nav

    assert block.href == f"/axf/market/{food_type.number}/{child.number}/0/"


async def test_a_block_whose_place_is_gone_leads_as_near_as_it_can(session: AsyncSession) -> None:
    food_type, other = await make_type(session), await make_type(session)
    elsewhere = await make_child(session, other)
    await make_block(
        session, "nav", position=1, link_type=food_type.number, link_child=elsewhere.number
    )
    await make_block(session, "nav", position=2, link_type=424242, link_child=elsewhere.number)
    await make_block(session, "nav", position=3)

    home = await get_home(session)

    assert [block.href for block in home.nav] == [
        f"/axf/market/{food_type.number}/0/0/",
        "/axf/market/",
        "/axf/market/",
    ]


async def test_a_show_has_its_goods_in_order_but_those_off_sale(session: AsyncSession) -> None:
    first, off, last = (
        await make_goods(session),
        await make_goods(session, on_sale=False),
        await make_goods(session, stock=0),
    )
    await make_block(session, "mainshow", goods=[last, off, first])
    await make_block(session, "mainshow", position=1)

    show, bare = (await get_home(session)).mainshow

    assert [card.id for card in show.goods] == [last.id, first.id]
    assert bare.goods == ()


async def test_a_show_is_never_too_long(session: AsyncSession) -> None:
    food_type = await make_type(session)
    many = [await make_goods(session, food_type=food_type) for _ in range(GOODS_OF_A_SHOW + 2)]
    await make_block(session, "mainshow", goods=many)

    [show] = (await get_home(session)).mainshow

    assert len(show.goods) == GOODS_OF_A_SHOW
