"""Names that a shopper may not go by, since others would take them for the shop's own people."""

import unicodedata

from app.errors import N_, InvalidInput

# Letters, digits and signs that look like Latin letters, once case and accents are gone.
_LOOKS_LIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһκαερτυνιοχσϲɑɡɩ013457$@|!łl",
    "aeopcyxijsdqwhkaeptuvioxocagioieastsaiiii",
)
_SIGNS = frozenset("$@|!")


def _as_it_looks(text: str) -> str:
    """Ａ.Ｄ.ｍ１n, аdmin with a Cyrillic а and á d m l n all look alike."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(char for char in plain if char.isalnum() or char in _SIGNS)
    return seen.translate(_LOOKS_LIKE)


_ANYWHERE = tuple(
    _as_it_looks(word)
    for word in (
        *("爱鲜蜂", "愛鮮蜂", "爱鮮蜂", "愛鲜蜂", "官方", "客服"),
        *("管理员", "管理員", "店长", "店長", "工作人员", "工作人員"),
        *("aixianfeng", "admin", "official", "moderator", "customerservice"),
    )
)
_AT_THE_FRONT = tuple(_as_it_looks(word) for word in ("axf", "staff", "support"))
_INNOCENT = _as_it_looks("badminton")


def check_nickname(nickname: str) -> None:
    """Raises InvalidInput when it looks like a name of the shop or of somebody who works there."""
    seen = _as_it_looks(nickname).replace(_INNOCENT, "")
    if seen.startswith(_AT_THE_FRONT) or any(word in seen for word in _ANYWHERE):
        raise InvalidInput.of("nickname", N_("This name looks like one of the shop's own people"))
