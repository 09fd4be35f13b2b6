"""Rules about reviews: what they are about, what they count for, and who may have written them."""

from app.services.audit.rule import Rule

REVIEW_RULES = (
    Rule(
        "goods_ratings.stars",
        "a good's rating is what its visible reviews gave it",
        """
        SELECT g.id AS goods_id, r.cnt, r.n1, r.n2, r.n3, r.n4, r.n5, r.fresh_sum, v.cnt AS visible
        FROM goods g
        LEFT JOIN goods_ratings r ON r.goods_id = g.id
        LEFT JOIN (
            SELECT goods_id, COUNT(*) AS cnt, SUM(fresh) AS fresh_sum,
                SUM(CASE WHEN stars = 1 THEN 1 ELSE 0 END) AS n1,
                SUM(CASE WHEN stars = 2 THEN 1 ELSE 0 END) AS n2,
                SUM(CASE WHEN stars = 3 THEN 1 ELSE 0 END) AS n3,
                SUM(CASE WHEN stars = 4 THEN 1 ELSE 0 END) AS n4,
                SUM(CASE WHEN stars = 5 THEN 1 ELSE 0 END) AS n5
            FROM reviews WHERE status = 'visible' GROUP BY goods_id
        ) v ON v.goods_id = g.id
        WHERE COALESCE(r.cnt, 0) <> COALESCE(v.cnt, 0)
            OR COALESCE(r.fresh_sum, 0) <> COALESCE(v.fresh_sum, 0)
            OR COALESCE(r.n1, 0) <> COALESCE(v.n1, 0) OR COALESCE(r.n2, 0) <> COALESCE(v.n2, 0)
            OR COALESCE(r.n3, 0) <> COALESCE(v.n3, 0) OR COALESCE(r.n4, 0) <> COALESCE(v.n4, 0)
            OR COALESCE(r.n5, 0) <> COALESCE(v.n5, 0)
        """,
    ),
    Rule(
        "goods_ratings.count",
        "the numbers of a rating add up",
        """
        SELECT goods_id, cnt, n1, n2, n3, n4, n5, fresh_sum FROM goods_ratings
        WHERE cnt <> n1 + n2 + n3 + n4 + n5 OR fresh_sum < cnt OR fresh_sum > 5 * cnt
        """,
    ),
    Rule(
        "reviews.once",
        "a line of an order has at most one review",
        """
        SELECT order_line_id, COUNT(*) AS reviews FROM reviews
        GROUP BY order_line_id HAVING COUNT(*) > 1
        """,
    ),
    Rule(
        "reviews.line",
        "a review is about a line of its author's own order, and that has come",
        """
        SELECT r.id AS review_id, r.user_id, r.goods_id, o.user_id AS buyer, l.goods_id AS bought,
            o.status
        FROM reviews r
        LEFT JOIN order_lines l ON l.id = r.order_line_id
        LEFT JOIN orders o ON o.id = l.order_id
        WHERE o.id IS NULL OR o.user_id <> r.user_id OR l.goods_id <> r.goods_id
            OR o.status NOT IN ('delivered', 'completed')
        """,
    ),
    Rule(
        "reviews.status",
        "a review that waits or is hidden says why, a visible one does not",
        """
        SELECT id AS review_id, status, held_for, hidden_reason FROM reviews
        WHERE (status = 'pending') <> (held_for <> '')
            OR (status = 'hidden') <> (hidden_reason <> '')
        """,
    ),
    Rule(
        "reviews.reply",
        "an answer of the shop has a time",
        """
        SELECT id AS review_id, reply_at FROM reviews
        WHERE (reply <> '') <> (reply_at IS NOT NULL)
        """,
    ),
    Rule(
        "reviews.helpful",
        "a review was found helpful by as many as voted for it, its author not among them",
        """
        SELECT r.id AS review_id, r.helpful, COUNT(v.user_id) AS votes
        FROM reviews r LEFT JOIN review_votes v ON v.review_id = r.id
        GROUP BY r.id, r.helpful, r.user_id
        HAVING r.helpful <> COUNT(v.user_id)
            OR SUM(CASE WHEN v.user_id = r.user_id THEN 1 ELSE 0 END) > 0
        """,
    ),
    Rule(
        "review_photos.owner",
        "a photo of a review was sent by its author, for a review",
        """
        SELECT f.review_id, f.picture_id, p.kind, p.user_id
        FROM review_photos f
        LEFT JOIN reviews r ON r.id = f.review_id
        LEFT JOIN pictures p ON p.id = f.picture_id
        WHERE r.id IS NULL OR p.id IS NULL OR p.kind <> 'review' OR p.user_id <> r.user_id
        """,
    ),
    Rule(
        "service_cases.stars",
        "a bad review is somebody's case, and who closed one is known",
        """
        SELECT r.id AS review_id, r.stars, c.closed_at, c.closed_by
        FROM reviews r LEFT JOIN service_cases c ON c.review_id = r.id
        WHERE (r.stars <= 2 AND c.id IS NULL)
            OR (c.id IS NOT NULL AND (c.closed_at IS NOT NULL) <> (c.closed_by <> ''))
        """,
    ),
)
