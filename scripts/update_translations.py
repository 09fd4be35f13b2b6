"""Adds new texts to the catalogue and drops unused ones. No dates and no line numbers: small diffs.

Files named on the command line hold translations to take in, as `English<TAB>Chinese` lines.
"""

import io
import sys
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from scripts.translations import CATALOGUE, find_texts, is_translated, read_catalogue

HEADER = """\
# Simplified Chinese translations of axf 爱鲜蜂.
msgid ""
msgstr ""
"Project-Id-Version: axf\\n"
"Language: zh_Hans\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def main(files: Iterable[str]) -> None:
    given = {text: chinese for file in files for text, chinese in _read_pairs(Path(file))}
    old, new = read_catalogue(), Catalog(locale="zh_Hans")
    for text in find_texts():
        first = text if isinstance(text, str) else text[0]
        known = old.get(first)
        chinese = known.string if known is not None and is_translated(known) else given.get(first)
        if chinese and not isinstance(text, str) and isinstance(chinese, str):
            chinese = (chinese,)
        new.add(text, chinese or "")
    CATALOGUE.write_text(HEADER + _body(new), encoding="utf-8")
    missing = [message.id for message in new if message.id and not is_translated(message)]
    print(f"{len(new)} texts, {len(missing)} to translate.")


def _read_pairs(file: Path) -> Iterable[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        text, tab, chinese = line.partition("\t")
        if tab and chinese.strip():
            yield text, chinese.strip()


def _body(catalogue: Catalog) -> str:
    out = io.BytesIO()
    write_po(out, catalogue, no_location=True, omit_header=True, sort_output=True, width=100)
    return out.getvalue().decode().rstrip("\n") + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
