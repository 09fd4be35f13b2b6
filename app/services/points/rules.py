"""How many points there are for what, and until when they last. Pure arithmetic."""

from datetime import date, datetime, timedelta

from app.services.slots import SHOP_ZONE

# Points of an order can be used so long after it came: until then it may be brought back.
OPEN_AFTER = timedelta(days=7)
MONTHS_TO_LIVE = 12
# What was spent and comes back can be used at least so long.
LEAST_TO_LIVE = timedelta(days=30)
FEN_FOR_A_POINT = 100
# What the first, second, … day in a row brings; after the last it begins again.
CHECK_IN_POINTS = (2, 2, 3, 3, 5, 5, 10)


def points_for(fen: int, rate_bp: int) -> int:
    """One point for each whole yuan really paid for goods, times the level's rate, rounded down."""
    return fen // FEN_FOR_A_POINT * rate_bp // 10_000


def check_in_points(streak: int) -> int:
    return CHECK_IN_POINTS[(streak - 1) % len(CHECK_IN_POINTS)]


def shop_day(moment: datetime) -> date:
    return moment.astimezone(SHOP_ZONE).date()


def last_day(expires_at: datetime) -> date:
    """The last day, by the shop's clock, on which points can be used."""
    return shop_day(expires_at - timedelta(microseconds=1))


def expiry_of(opening: datetime) -> datetime:
    """The end of the month, by the shop's clock, twelve months after points can first be used."""
    local = opening.astimezone(SHOP_ZONE)
    months = local.year * 12 + local.month + MONTHS_TO_LIVE
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=SHOP_ZONE)
