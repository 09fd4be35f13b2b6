"""What the shop refuses, in its own words. Messages are English source texts for gettext."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """A name in both languages; the error handler picks the reader's."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Yuan:
    """A sum of money in fen, shown as ¥12.50."""

    fen: int


@dataclass(frozen=True, slots=True)
class Texts:
    """Source texts that are translated one by one and listed in a row."""

    texts: tuple[str, ...]


Param = str | int | Words | Yuan | Texts
Params = Mapping[str, Param]


class ShopError(Exception):
    """A refusal that belongs to the business, so it is answered, not logged as a crash."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    message: str = N_("That did not work")

    def __init__(self, message: str | None = None, /, **params: Param) -> None:
        self.message = message or self.message
        self.params = params
        super().__init__(self.message)


class NotFound(ShopError):
    status = 404
    code = "not-found"
    message = N_("This page has moved, or the goods are no longer sold.")


class Unreadable(ShopError):
    status = 400
    code = "unreadable"
    message = N_("This form could not be read. Please open the page again.")


class LoginRequired(ShopError):
    status = 401
    code = "log-in-required"
    message = N_("Please log in first")


class Forbidden(ShopError):
    status = 403
    code = "forbidden"
    message = N_("You may not do that")


class BadSignature(ShopError):
    """A server's call that is not signed by the one it claims to be."""

    status = 401
    code = "bad-signature"
    message = N_("This call is not signed by who it says it is from")


class CrossSiteRequest(Forbidden):
    code = "cross-site"
    message = N_("This request came from another site and was refused")


class Conflict(ShopError):
    """What the shopper saw is no longer so; nothing was changed."""

    status = 409
    code = "conflict"


class MoveRefused(Conflict):
    """An order cannot go this way from where it is; `moves` are the names of the ways it can."""

    code = "move-refused"
    message = N_("That is not possible: the order is “%(state)s”. Possible now: %(moves)s.")

    def __init__(
        self, status_now: str, state: str, moves: Sequence[str], labels: tuple[str, ...]
    ) -> None:
        nothing = N_("That is not possible: the order is “%(state)s”. Nothing can be done here.")
        message = None if moves else nothing
        super().__init__(message, state=Texts((state,)), moves=Texts(labels))
        self.status_now = status_now
        self.moves = tuple(moves)


class OutOfStock(Conflict):
    code = "out-of-stock"
    message = N_("Only %(left)s of %(name)s left")


class TooMany(ShopError):
    """Asked for too often; `seconds` says when to come back."""

    status = 429
    code = "too-many"
    message = N_("Too many tries. Seconds to wait: %(seconds)s.")

    def __init__(self, message: str | None = None, /, *, seconds: int) -> None:
        super().__init__(message, seconds=seconds)
        self.seconds = seconds


class Unavailable(ShopError):
    """The database cannot serve this now; nothing was promised."""

    status = 503
    code = "unavailable"
    message = N_("The shop is very busy right now. Nothing is lost, please try again.")


class KeyReused(ShopError):
    status = 422
    code = "key-reused"
    message = N_("This form was already used for something else. Please open the page again.")


@dataclass(frozen=True, slots=True)
class Message:
    """A text for one form field, translated when it is shown."""

    text: str
    params: Params


class InvalidInput(ShopError):
    """Something typed cannot be taken; `fields` says what is wrong with which."""

    status = 422
    code = "invalid"
    message = N_("Please check what you entered")

    def __init__(self, fields: Mapping[str, Message]) -> None:
        super().__init__()
        self.fields = dict(fields)

    @classmethod
    def of(cls, field: str, text: str, /, **params: Param) -> "InvalidInput":
        return cls({field: Message(text, params)})


class CheckoutRefused(InvalidInput):
    """What the check-out page showed is no longer so; it is shown again.

    `fields` holds the summary under "" and what is wrong with a line under `goods-475`.
    """

    status = 409
    code = "changed"
    message = N_("Something changed since you opened this page. Please look at it once more.")

    def __init__(
        self,
        message: str | None = None,
        /,
        *,
        lines: Mapping[str, Message] | None = None,
        **params: Param,
    ) -> None:
        ShopError.__init__(self, message, **params)
        self.fields = {"": Message(self.message, self.params), **(lines or {})}


class TooLarge(ShopError):
    status = 413
    code = "too-large"
    message = N_("That was more than can be taken at once")
