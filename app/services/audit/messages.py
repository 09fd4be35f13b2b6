"""Rules about the message box."""

from app.services.audit.rule import Rule
from app.services.message_texts import MESSAGE_TEXTS

_KINDS = ", ".join(f"'{kind}'" for kind in MESSAGE_TEXTS)

MESSAGE_RULES = (
    Rule(
        "user_messages.kind",
        "a message is of a kind that has words, and leads nowhere but into the shop",
        f"""
        SELECT id AS message_id, kind, link FROM user_messages
        WHERE kind NOT IN ({_KINDS})
            OR (link <> '' AND (SUBSTR(link, 1, 1) <> '/' OR SUBSTR(link, 2, 1) = '/'))
        """,  # noqa: S608 - the kinds are the shop's own words
    ),
)
