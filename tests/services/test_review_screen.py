"""Which texts of reviews wait for a person, and which do not."""

import pytest

from app.services.review_screen import LINK, PHONE, WORDS, screen


@pytest.mark.parametrize(
    "body",
    [
        "",
        "个头均匀，咬下去“咔”一声，汁水很足。下单 26 分钟就送到了，袋子里还有冰袋。",
        "Sweet and crisp. Bought 3 x 500g for ¥29.70 on 2026-11-20 at 18:30:15.",
        "一斤多，两个人吃了三天，十分新鲜。第三次买了",
        "No.1 in town. Ok.Good",
        "The shiitake and this hit the spot",
        "每100g ¥12.90，满39.00免运费，2026.11.20买的",
        "甜度14.5，重量1.05kg",
    ],
)
def test_what_people_say_about_food_is_visible_at_once(body: str) -> None:
    assert screen(body) == ()


@pytest.mark.parametrize(
    "body",
    [
        "http://example.com",
        "见 HTTPS：//x",
        "www.example",
        "看 example.com 更便宜",
        "cheap.shop now",
        "看taobao。com",
        "ｅｘａｍｐｌｅ．ｃｏｍ",
        "exa\u200bmple.com",
    ],
)
def test_a_link_waits(body: str) -> None:
    assert screen(body) == (LINK,)


@pytest.mark.parametrize(
    "body",
    [
        "13800138000",
        "电话138 0013 8000",
        "1-3-8-0-0-1-3-8-0-0-0",
        "１３８００１３８０００",
        "①③⑧００１３８０００",
        "一三八零零一三八零零零",
        "幺三八 〇〇一三 八〇〇〇",
        "+86 138.0013.8000",
        "1 3 8\n0 0 1 3\n8 0 0 0",
        "010-62770000",
        "我的扣 123456789",
        "138\u200b00138000",
    ],
)
def test_a_phone_number_waits(body: str) -> None:
    assert screen(body) == (PHONE,)


@pytest.mark.parametrize(
    "body",
    [
        "加微信",
        "加 微 信",
        "加*微*信",
        "加\u200b微信",
        "加ＶＸ",
        "加-V-X",
        "好评返现",
        "WhatsApp me",
        "fuck!",
    ],
)
def test_a_banned_word_waits(body: str) -> None:
    assert screen(body) == (WORDS,)


def test_all_reasons_are_named() -> None:
    assert screen("加微信 13800138000 www.x.cn") == (LINK, PHONE, WORDS)
