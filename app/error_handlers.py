"""How each kind of client hears about a refusal."""

import logging
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.deps import SAFE_METHODS, get_visitor, login_address, page_before
from app.errors import (
    N_,
    BadSignature,
    CheckoutRefused,
    InvalidInput,
    LoginRequired,
    Message,
    NotFound,
    ShopError,
    TooMany,
    Unavailable,
    Unreadable,
)
from app.i18n import say_message
from app.templating import is_fragment_request, render

log = logging.getLogger("axf.errors")
security_log = logging.getLogger("axf.security")

CRASHED = N_("Something went wrong on our side and has been noted. Your cart is safe.")
_RETRY_SECONDS = "2"
# Said on the form that was sent, when it was a form of a page.
_ON_THE_FORM = (InvalidInput, CheckoutRefused, TooMany)


async def answer_shop_error(request: Request, error: Exception) -> Response:
    """A toast for htmx, the form again or a page for a plain browser."""
    assert isinstance(error, ShopError)  # noqa: S101 - narrows the handler's type
    if isinstance(error, BadSignature):
        security_log.warning(
            "wrong signature at %s in request %s",
            quote(request.scope["path"]),
            request.state.request_id,
        )
    if isinstance(error, LoginRequired):
        response = _send_to_login(request)
    elif isinstance(error, _ON_THE_FORM) and hasattr(request.state, "form_page"):
        response = await _show_form_again(request, error)
    else:
        response = await _answer(request, error.status, _reason(error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _reason(error: ShopError) -> Message:
    """What to say where there is no form to say it beside its field."""
    if isinstance(error, InvalidInput) and error.fields:
        return next(iter(error.fields.values()))
    return Message(error.message, error.params)


def _send_to_login(request: Request) -> Response:
    if is_fragment_request(request):
        # fetch() would follow a 303 and htmx would swap the log-in page into the target.
        return Response(status_code=401, headers={"HX-Redirect": login_address(request)})
    return RedirectResponse(login_address(request), 303)


async def _show_form_again(request: Request, error: ShopError) -> Response:
    name, context = request.state.form_page
    fresh = context.pop("fresh", None)
    if fresh is not None:
        context |= await fresh()
    above = {"": Message(error.message, error.params)}
    errors = error.fields if isinstance(error, InvalidInput | CheckoutRefused) else above
    return render(request, name, status=error.status, errors=errors, **context)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses: no such page, wrong method, body too large or broken."""
    assert isinstance(error, HTTPException)  # noqa: S101
    texts = {
        400: Unreadable.message,
        404: NotFound.message,
        405: N_("This address does not work that way"),
        413: N_("That was more than can be taken at once"),
    }
    text = texts.get(error.status_code, ShopError.message)
    response = await _answer(request, error.status_code, Message(text, {}))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def answer_unknown_host(request: Request, _: Exception) -> Response:
    return await _answer(request, 400, Message(N_("This shop is not at home at that address"), {}))


async def answer_invalid_request(request: Request, error: Exception) -> Response:
    """An id in the path that cannot exist is a page that does not exist; the rest is 422."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    if any(problem["loc"][0] == "path" for problem in error.errors()):
        return await _answer(request, 404, Message(NotFound.message, {}))
    return await _answer(request, 422, Message(InvalidInput.message, {}))


async def answer_gone_client(_: Request, __: Exception) -> Response:
    """Nobody waits for this answer any more, and it is no crash."""
    return Response(status_code=400)


async def answer_crash(request: Request, error: Exception) -> Response:
    """A bug. The log has the reason, the shopper a number to quote and no inner workings."""
    log.error("crash in request %s", request.state.request_id, exc_info=error)
    return await _answer(request, 500, Message(CRASHED, {}))


async def _answer(request: Request, status: int, message: Message) -> Response:
    if hasattr(request.state, "refusal"):  # a server called, and this is its protocol's no
        return PlainTextResponse(request.state.refusal, status)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        await _recognise_visitor(request)
    if is_fragment_request(request):
        name = "errors/toast.htmx.html"
        return render(request, name, status=status, text=say_message(message))
    back = "" if request.method in SAFE_METHODS else page_before(request)
    return render(
        request,
        "errors/error.html",
        status=status,
        code=status,
        text=say_message(message),
        back=back,
    )


async def _recognise_visitor(request: Request) -> None:
    """Where no route was reached nobody has asked yet who this is and which language they read."""
    if not hasattr(request.state, "visitor"):
        try:
            await get_visitor(request, request.app.state.db)
        except ShopError:
            request.state.visitor = None


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ShopError, answer_shop_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(RequestValidationError, answer_invalid_request)
    app.add_exception_handler(ClientDisconnect, answer_gone_client)
    app.add_exception_handler(Exception, answer_crash)
