"""Rules about address books."""

from app.services.audit.rule import Rule

PLACE_RULES = (
    Rule(
        "addresses.default",
        "who has addresses has one default among them",
        """
        SELECT user_id, COUNT(*) AS addresses, COUNT(default_of) AS defaults
        FROM addresses GROUP BY user_id HAVING COUNT(default_of) <> 1
        """,
    ),
    Rule(
        "addresses.owner",
        "the default is marked with its owner",
        """
        SELECT id AS address_id, user_id, default_of FROM addresses WHERE default_of <> user_id
        """,
    ),
)
