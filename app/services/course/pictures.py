"""Local pictures for the course's goods and home blocks, whose own picture hosts are gone."""

from typing import NamedTuple


class Picture(NamedTuple):
    """The code point of an emoji picture, and the tint it stands on."""

    picture: str
    tint: str


BASKET = Picture("1f9fa", "honey")

Rules = tuple[tuple[str, str, str], ...]

# The first line with a word that stands in the name decides, so what a thing is comes before what
# it tastes of: crisps with tomato are crisps.
_KINDS: Rules = (
    ("纸抽 抽纸 卫生纸 卷纸 空芯 面巾 纸品 手帕纸", "1f9fb", "milk"),
    ("卫生巾 护垫 熟睡 棉柔 柔棉 日用绵柔 夜用 安裤 丝柔", "1f338", "berry"),
    ("牙膏 牙刷 漱口", "1faa5", "ocean"),
    ("香皂 肥皂 洗手", "1f9fc", "lime"),
    ("洗衣 洁厕 洗洁精 清洁 除菌", "1fae7", "ocean"),
    ("洗发 沐浴 护发 洗面 润肤 护肤 个人护理", "1f9f4", "grape"),
    ("打火机", "1f525", "orange"),
    ("电池", "1f50b", "leaf"),
    ("垃圾袋 保鲜 一次性 日常用品", "1f4e6", "wheat"),
    ("棒冰 冰棍 冰棒 牛奶棒 德华 绿色心情", "1f368", "ocean"),
    ("营养快线", "1f95b", "milk"),
    ("冰淇淋 冰激凌 雪糕 甜筒 可爱多 梦龙 奇彩旋 奶昔杯 和路雪 八喜", "1f366", "milk"),
    ("杏仁露 椰汁 核桃露", "1f965", "milk"),
    ("调和油 大豆油 花生油 橄榄油 菜籽油 玉米油 食用油", "1fad2", "honey"),
    ("奶茶", "1f9cb", "wheat"),
    ("茶饮", "1f375", "leaf"),
    ("咖啡", "2615", "wheat"),
    ("薯片 薯条 薯愿 虾片 锅巴 洋葱圈 小小酥 膨化 浪味 乐吧", "1f35f", "honey"),
    ("乐事 可比克 上好佳 多力多滋 呀土豆 好友趣", "1f35f", "honey"),
    ("面包 吐司", "1f35e", "wheat"),
    ("蛋糕 蛋黄派 瑞士卷 提拉米苏 妙芙 凤梨酥", "1f370", "berry"),
    ("巧克力派 草莓派 蛋黄派 好丽友派 月饼", "1f96e", "wheat"),
    ("饼干 曲奇 威化 梳打 酥饼 西饼 夹心 百奇 百醇 百力滋 奥利奥 好吃点", "1f36a", "wheat"),
    ("棒棒糖", "1f36d", "berry"),
    ("口香糖 木糖醇 薄荷糖 软糖 硬糖 奶糖 糖果", "1f36c", "lime"),
    ("巧克力 脆脆鲨 德芙 士力架", "1f36b", "wheat"),
    ("榨菜 下饭 小菜 泡菜 海带 腐乳 豆豉", "1f96c", "leaf"),
    ("拉面 泡面 方便面 拌面 牛肉面 鸡面 桶面 碗面 排骨面 铺盖面 卤面", "1f35c", "orange"),
    ("米线 粉丝 面条 挂面 一口脆 小浣熊 汤达人", "1f35c", "orange"),
    ("水饺 饺子 馄饨 速冻", "1f95f", "milk"),
    ("汤圆 元宵", "1f361", "milk"),
    ("罐头", "1f96b", "orange"),
    ("火腿 香肠 红肠 肉肠 烤肠 王中王", "1f32d", "tomato"),
    ("卤蛋 茶叶蛋 鸡蛋 鹌鹑蛋", "1f95a", "wheat"),
    ("凤爪 鸡翅 鸭翅 鸡爪 鸭脖 鸭锁骨 鸭肠 鸡心 鸭掌 鸭 卤味", "1f357", "orange"),
    ("牛肉 肉干 肉脯 猪肉 肉松", "1f969", "tomato"),
    ("话梅 山楂酪 果丹 乌梅", "1f352", "tomato"),
    ("瓜子 花生 腰果 蚕豆 兰花豆 挑豆 杏仁 开心果 坚果 豆干 香干 烤馍", "1f95c", "wheat"),
    ("核桃 栗", "1f330", "wheat"),
    ("海苔 紫菜", "1f359", "leaf"),
    ("啤酒 雪花 哈尔滨 青岛 百威 小麦王 清爽 勇闯天涯", "1f37a", "honey"),
    ("鸡尾酒 锐澳", "1f378", "berry"),
    ("葡萄酒 红酒 干红", "1f377", "grape"),
    ("白酒 二锅头 江小白 伏特加 威士忌 酒类", "1f376", "ocean"),
    ("酸奶 酸乳 优酪乳 大果粒 酸牛奶 酸乳酪 乳酸 发酵乳 益生菌 养乐多 爽歪歪", "1f963", "milk"),
    ("牛奶 鲜奶 纯奶 豆奶 豆浆 果粒奶优 钙奶", "1f95b", "milk"),
    ("凉茶 绿茶 红茶 乌龙茶 蜜茶 柠檬茶 茉莉 茶", "1f375", "leaf"),
    ("可乐 雪碧 芬达 汽水 苏打 碳酸", "1f964", "tomato"),
    ("脉动 红牛 功能 维生素 尖叫 佳得乐 启力", "26a1", "honey"),
    ("果汁 橙汁 桃汁 梨汁 苹果汁 果茶 酸梅汤 雪梨 蜜桃多 水溶 饮料 果味", "1f9c3", "orange"),
    ("矿泉水 纯净水 饮用水 天然水 矿物质水 泉 饮用 水箱", "1f4a7", "ocean"),
    ("老干妈 辣椒 辣酱", "1f336-fe0f", "tomato"),
    ("食用盐 盐", "1f9c2", "ocean"),
    ("酱油 生抽 老抽 料酒 醋 蚝油 酱 调味 底料 鸡精", "1fad9", "wheat"),
    ("大米 杂粮 米饭 粥 燕麦", "1f35a", "wheat"),
    ("面粉", "1f33e", "wheat"),
    ("蜂蜜", "1f36f", "honey"),
)

# Asked last, because so much tastes of fruit.
_FRUIT: Rules = (
    ("黄瓜", "1f952", "leaf"),
    ("椰", "1f965", "milk"),
    ("西瓜", "1f349", "tomato"),
    ("蜜瓜 哈密瓜", "1f348", "lime"),
    ("圣女果 千禧 番茄", "1f345", "tomato"),
    ("苹果 富士", "1f34e", "tomato"),
    ("火龙果", "1f409", "berry"),
    ("柑 橙 橘 桔", "1f34a", "orange"),
    ("柠檬", "1f34b", "honey"),
    ("香蕉", "1f34c", "honey"),
    ("猕猴桃 奇异果", "1f95d", "lime"),
    ("桃", "1f351", "berry"),
    ("梨", "1f350", "lime"),
    ("草莓", "1f353", "berry"),
    ("车厘子 樱桃", "1f352", "tomato"),
    ("葡萄 提子", "1f347", "grape"),
    ("芒果", "1f96d", "orange"),
    ("菠萝 凤梨", "1f34d", "honey"),
    ("牛油果", "1f951", "leaf"),
)

_GENERAL: Rules = (
    ("水果 鲜果 果", "1f34e", "tomato"),
    ("零食 小吃 趴 麻辣", "1f37f", "orange"),
    ("速食", "1f35c", "orange"),
    ("粮油", "1fad2", "honey"),
    ("生活 用品", "1f9f4", "grape"),
    ("热销 必抢 抢 榜", "1f525", "tomato"),
    ("新品 尝鲜", "1f195", "leaf"),
    ("签到", "1f4c5", "ocean"),
    ("力荐 推荐", "2b50", "honey"),
    ("整箱 直供 超市 更多", "1f6d2", "leaf"),
)

_ROUNDS = tuple(
    [(words.split(), Picture(picture, tint)) for words, picture, tint in rules]
    for rules in (_KINDS, _FRUIT, _GENERAL)
)
PICTURES = frozenset({BASKET, *(picture for rules in _ROUNDS for _, picture in rules)})


def picture_of(*names: str) -> Picture:
    """The picture for what these names, the most telling first, say that a thing is."""
    for rules in _ROUNDS:
        for name in names:
            for words, picture in rules:
                if any(word in name for word in words):
                    return picture
    return BASKET
