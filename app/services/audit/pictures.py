"""Rules about pictures: each that is shown has its row, and each row is shown somewhere."""

from app.services.audit.rule import Rule

PICTURE_RULES = (
    Rule(
        "users.avatar",
        "a shopper shows the one avatar that they sent",
        """
        SELECT u.id, u.avatar, p.digest
        FROM users u LEFT JOIN pictures p ON p.user_id = u.id AND p.kind = 'avatar'
        WHERE COALESCE(u.avatar, '') <> COALESCE(p.digest, '')
        """,
    ),
    Rule(
        "pictures.shown",
        "a photo that takes room is shown by a review",
        """
        SELECT p.id, p.user_id, p.digest
        FROM pictures p LEFT JOIN review_photos f ON f.picture_id = p.id
        WHERE p.kind = 'review' AND f.picture_id IS NULL
        """,
    ),
)
