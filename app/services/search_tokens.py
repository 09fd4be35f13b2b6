"""How a name is cut into the tokens that search looks for, and a query into its terms.

A token begins with its kind, so that kinds do not mix: `c:` two characters that stand side by
side, `p:` the pinyin from one character to the end of its run, `i:` the initials of the same,
`w:` a word or number in Latin letters. All are found by how they begin.
"""

import re
import unicodedata
from collections.abc import Iterator

from pypinyin import lazy_pinyin

LONGEST_TOKEN = 48
LONGEST_QUERY = 60
MOST_TERMS = 12
MOST_NEAR_TERMS = 24
LONGEST_BEGINNING = 12

# Scripts written without spaces: Chinese characters, kana, hangul.
_WIDE = "\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_WIDE}]+|[^\W_{_WIDE}]+")

# What a term may be found as: the beginnings of tokens, any of which is enough.
Term = tuple[str, ...]


def normalise(text: str) -> str:
    """Fold width, case and accents: Ｐíngguǒ and pingguo are one. Pinyin writes ü as v."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFD", folded).replace("u\u0308", "v")
    return unicodedata.normalize("NFC", "".join(filter(_is_kept, bare)))


def _is_kept(char: str) -> bool:
    # Marks above Latin letters go; those of kana (U+3099, U+309A) tell か from が and stay.
    return not unicodedata.combining(char) or char in "\u3099\u309a"


def tokens_of(name_zh: str, name_en: str) -> set[str]:
    """Every token by which a good of this name is found."""
    tokens: set[str] = set()
    for run in _RUN.findall(f"{normalise(name_zh)} {normalise(name_en)}"):
        tokens.update(_wide_tokens(run) if _is_wide(run) else [f"w:{run}"])
    return {token[:LONGEST_TOKEN] for token in tokens}


def _is_wide(run: str) -> bool:
    return re.match(f"[{_WIDE}]", run) is not None


def _wide_tokens(run: str) -> Iterator[str]:
    # Without `errors` unknown characters that stand together come back as one piece. A list is
    # allowed there, though the library's types do not say so.
    syllables = lazy_pinyin(run, errors=_no_pinyin)  # type: ignore[arg-type]
    for start in range(len(run)):
        yield f"c:{run[start : start + 2]}"
        if syllables[start]:
            yield "p:" + "".join(syllables[start:])
            yield "i:" + "".join(part[:1] for part in syllables[start:])


def _no_pinyin(unknown: str) -> list[str]:
    return [""] * len(unknown)


def terms_of(query: str) -> list[Term]:
    """What must all be found, without repeats. At most MOST_TERMS; empty when nothing is left."""
    terms: dict[Term, None] = {}
    for run in _RUN.findall(normalise(query[:LONGEST_QUERY])):
        terms.update(dict.fromkeys(_wide_terms(run) if _is_wide(run) else [_latin_term(run)]))
    return list(terms)[:MOST_TERMS]


def _wide_terms(run: str) -> list[Term]:
    return [(f"c:{run[start : start + 2]}",) for start in range(max(1, len(run) - 1))]


def _latin_term(word: str) -> Term:
    word = word[: LONGEST_TOKEN - 2]
    return (f"w:{_singular(word)}", f"p:{word}", f"i:{word}")


def _singular(word: str) -> str:
    """The beginning that an English plural shares with its singular: strawberr, tomato, apple."""
    if len(word) > 4 and word.endswith(("ies", "oes")):  # noqa: PLR2004
        return word[:-3] if word.endswith("ies") else word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word  # noqa: PLR2004


def near_terms_of(query: str) -> list[Term]:
    """What a similar name may share with the query; the more of these, the more similar.

    Single characters and pairs, and for Latin letters every shorter beginning.
    """
    terms: dict[Term, None] = {}
    for run in _RUN.findall(normalise(query[:LONGEST_QUERY])):
        if _is_wide(run):
            terms.update(dict.fromkeys([*_wide_terms(run), *((f"c:{char}",) for char in run)]))
        else:
            terms.update(dict.fromkeys(_beginnings(run[:LONGEST_BEGINNING])))
    return list(terms)[:MOST_NEAR_TERMS]


def _beginnings(word: str) -> list[Term]:
    return [(f"w:{word[:end]}", f"p:{word[:end]}") for end in range(len(word), 1, -1)]
