"""What the message box can say: for each kind a title and a text, in English for gettext.

The names in %(…)s are those of the message's params; sums in fen end in `_fen` and are shown as
yuan.
"""

from collections.abc import Mapping

MESSAGE_TEXTS: Mapping[str, tuple[str, str]] = {}
