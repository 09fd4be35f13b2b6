"""How each kind of client hears about a refusal."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.deps import SAFE_METHODS, login_address, page_before
from app.errors import (
    N_,
    CheckoutRefused,
    InvalidInput,
    LoginRequired,
    NotFound,
    ShopError,
    TooMany,
    Unavailable,
)
from app.i18n import say
from app.templating import is_fragment_request, render

log = logging.getLogger("axf.errors")

CRASHED = N_("Something went wrong on our side and has been noted. Your cart is safe.")
_RETRY_SECONDS = "2"


async def answer_shop_error(request: Request, error: Exception) -> Response:
    """JSON for the API, a toast for htmx, the form or a page for a plain browser."""
    assert isinstance(error, ShopError)  # noqa: S101 - narrows the handler's type
    if isinstance(error, LoginRequired):
        response = _send_to_login(request)
    elif isinstance(error, InvalidInput | CheckoutRefused) and hasattr(request.state, "form_page"):
        response = _show_form_again(request, error)
    elif is_fragment_request(request):
        response = render(request, "errors/toast.htmx.html", status=error.status, text=_text(error))
    else:
        response = _page(request, error.status, _text(error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _text(error: ShopError) -> str:
    return say(error.message, error.params)


def _send_to_login(request: Request) -> Response:
    if is_fragment_request(request):
        # fetch() would follow a 303 and htmx would swap the log-in page into the target.
        return Response(status_code=401, headers={"HX-Redirect": login_address(request)})
    return RedirectResponse(login_address(request), 303)


def _show_form_again(request: Request, error: InvalidInput | CheckoutRefused) -> Response:
    name, context = request.state.form_page
    return render(request, name, status=error.status, errors=error.fields, **context)


def _page(request: Request, status: int, text: str) -> Response:
    back = "" if request.method in SAFE_METHODS else page_before(request)
    return render(request, "errors/error.html", status=status, code=status, text=text, back=back)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses: no such page, wrong method, body too large."""
    assert isinstance(error, HTTPException)  # noqa: S101
    texts = {
        404: NotFound.message,
        405: N_("This address does not work that way"),
        413: N_("That was more than can be taken at once"),
    }
    return _copy_headers(
        await _answer(request, error.status_code, texts.get(error.status_code, ShopError.message)),
        error.headers,
    )


async def answer_invalid_request(request: Request, error: Exception) -> Response:
    """An id in the path that cannot exist is a page that does not exist; the rest is 422."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    if any(problem["loc"][0] == "path" for problem in error.errors()):
        return await _answer(request, 404, NotFound.message)
    return await _answer(request, 422, InvalidInput.message)


async def answer_crash(request: Request, error: Exception) -> Response:
    """A bug. The log has the reason, the shopper a number to quote and no inner workings."""
    log.error("crash in request %s", request.state.request_id, exc_info=error)
    return await _answer(request, 500, CRASHED)


async def _answer(request: Request, status: int, text: str) -> Response:
    if is_fragment_request(request):
        return render(request, "errors/toast.htmx.html", status=status, text=say(text))
    return _page(request, status, say(text))


def _copy_headers(response: Response, headers: Any) -> Response:  # Any: Starlette's own type
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ShopError, answer_shop_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(RequestValidationError, answer_invalid_request)
    app.add_exception_handler(Exception, answer_crash)
