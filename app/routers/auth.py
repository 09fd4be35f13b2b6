"""Registering, logging in and out, and the language of the pages."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AfterValidator

from app.deps import AppSettings, CurrentUser, Db, Visitor
from app.errors import N_
from app.forms import (
    Checkbox,
    Email,
    Known,
    KnownPassword,
    Password,
    ShopForm,
    Username,
    problem_with_username,
    read_form,
    refuse,
    username_key,
)
from app.i18n import LOCALES
from app.models.base import utcnow
from app.security import TICKET_COOKIE, forget_ticket, safe_next, set_ticket
from app.services import accounts, throttle, tickets
from app.services.tickets import Device, Ticket
from app.templating import render

router = APIRouter()

HOME = "/axf/home/"
A_YEAR = timedelta(days=365)
# Whoever has just logged in has no business there.
_FOR_VISITORS = ("/login/", "/register/", "/logout/")

Next = Annotated[str, Query(alias="next")]


async def get_device(request: Request) -> Device:
    return Device(
        address=request.client.host if request.client else "",
        user_agent=request.headers.get("User-Agent", ""),
        ticket=request.cookies.get(TICKET_COOKIE),
    )


ThisDevice = Annotated[Device, Depends(get_device)]


class LoginForm(ShopForm):
    username: Known
    password: KnownPassword
    remember: Checkbox = False
    next: str = ""


class RegisterForm(ShopForm):
    username: Username
    email: Email = ""
    password: Password
    next: str = ""


def _our_locale(lang: str) -> str:
    if lang not in LOCALES:
        raise refuse(N_("The shop does not speak this language"))
    return lang


class LanguageForm(ShopForm):
    lang: Annotated[str, AfterValidator(_our_locale)]
    next: str = ""


@router.get("/login/")
async def show_login(
    request: Request, settings: AppSettings, visitor: Visitor, target: Next = ""
) -> Response:
    if visitor is not None:
        return RedirectResponse("/logout/", 303)
    values = {"next": safe_next(target, default=""), "remember": "on"}
    days = settings.ticket_days
    return render(request, "auth/login.html", values=values, errors={}, days=days)


@router.post("/login/")
async def log_in(
    request: Request, db: Db, settings: AppSettings, _: Visitor, device: ThisDevice
) -> Response:
    days = settings.ticket_days
    form = await read_form(request, LoginForm, page="auth/login.html", days=days)
    ticket = await accounts.log_in(
        db,
        username_key(form.username),
        form.password,
        device,
        life=settings.ticket_life(remember=form.remember),
        secret=settings.secret_key.get_secret_value(),
    )
    return _welcome(request, ticket, form.next)


def _welcome(request: Request, ticket: Ticket, target: str) -> Response:
    """Signed in: on to where the visitor wanted to go."""
    set_ticket(request, ticket.value, expires_at=ticket.expires_at, seconds=ticket.seconds)
    target = safe_next(target, default=HOME)
    return RedirectResponse(HOME if target.startswith(_FOR_VISITORS) else target, 303)


@router.get("/register/")
async def show_register(request: Request, visitor: Visitor, target: Next = "") -> Response:
    if visitor is not None:
        return RedirectResponse(HOME, 303)
    values = {"next": safe_next(target, default="")}
    return render(request, "auth/register.html", values=values, errors={})


@router.post("/register/")
async def register(
    request: Request, db: Db, settings: AppSettings, visitor: Visitor, device: ThisDevice
) -> Response:
    if visitor is not None:  # the second click, or a page left open in another tab
        return RedirectResponse(HOME, 303)
    form = await read_form(request, RegisterForm, page="auth/register.html")
    newcomer = accounts.Newcomer(
        form.username, username_key(form.username), form.password, form.email or None
    )
    brake = throttle.brake_on_registering(
        device.address,
        secret=settings.secret_key.get_secret_value(),
        free_tries=settings.free_registrations,
    )
    ticket = await accounts.register(
        db, newcomer, device, life=settings.ticket_life(remember=False), brakes=[brake]
    )
    return _welcome(request, ticket, form.next)


@router.get("/register/username/")
async def check_username(request: Request, db: Db, username: str = "") -> HTMLResponse:
    """What the form says below the name: free, taken, or why it cannot be one."""
    name = username.strip()
    problem = problem_with_username(name) if name else None
    is_free = problem is None and await db.read(accounts.is_username_free, username_key(name))
    return render(
        request, "auth/username_hint.html", username=name, problem=problem, is_free=is_free
    )


@router.get("/logout/")
async def show_logout(request: Request, db: Db, visitor: Visitor) -> Response:
    if visitor is None:
        return RedirectResponse(HOME, 303)
    others = await db.read(tickets.count_other_devices, visitor.id, visitor.ticket_id, now=utcnow())
    return render(request, "auth/logout.html", other_devices=others)


@router.post("/logout/")
async def log_out(request: Request, db: Db, visitor: Visitor) -> Response:
    if visitor is not None:
        await db.write(tickets.end_ticket, visitor.ticket_id)
    forget_ticket(request)
    return RedirectResponse(HOME, 303)


@router.post("/logout/all/")
async def log_out_everywhere(request: Request, db: Db, user: CurrentUser) -> Response:
    await db.write(tickets.end_all_tickets, user.id)
    forget_ticket(request)
    return RedirectResponse(HOME, 303)


@router.post("/language/")
async def choose_language(request: Request, db: Db, visitor: Visitor) -> Response:
    """For this browser, and for the user wherever they sign in."""
    form = await read_form(request, LanguageForm)
    if visitor is not None:
        await db.write(accounts.choose_locale, visitor.id, form.lang)
    response = RedirectResponse(safe_next(form.next, default=HOME), 303)
    response.set_cookie(
        "lang",
        form.lang,
        max_age=int(A_YEAR.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response
