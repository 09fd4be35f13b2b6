"""A shopper's own account: names, e-mail, password, how the pages look, and closing it."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AfterValidator

from app.deps import AppSettings, CurrentUser, Db, Visitor
from app.errors import N_, Message
from app.forms import (
    Checkbox,
    Email,
    KnownPassword,
    Nickname,
    Password,
    ShopForm,
    read_form,
    refuse,
)
from app.routers.auth import ThisDevice
from app.security import forget_ticket, set_ticket
from app.services import account_closing, passwords, profile
from app.services.profile import Profile
from app.templating import render

router = APIRouter(prefix="/axf/mine")

PROFILE, PASSWORD = "mine/profile.html", "mine/password.html"
SETTINGS, CLOSE, CLOSED = "mine/settings.html", "mine/close.html", "mine/closed.html"


class ProfileForm(ShopForm):
    nickname: Nickname = ""
    email: Email = ""
    current_password: str = ""


class PasswordForm(ShopForm):
    current_password: KnownPassword
    password: Password


def _theme(choice: str) -> str:
    if choice not in {"system", "light", "dark"}:
        raise refuse(N_("Please choose one of these"))
    return choice


class LookForm(ShopForm):
    theme: Annotated[str, AfterValidator(_theme)]
    large_text: Checkbox = False


def _sure(is_sure: bool) -> bool:
    if not is_sure:
        raise refuse(N_("Please tick this box if you are sure"))
    return is_sure


class CloseForm(ShopForm):
    current_password: KnownPassword
    sure: Annotated[Checkbox, AfterValidator(_sure)] = False

    model_config = ShopForm.model_config | {"validate_default": True}


@router.get("/profile/")
async def show_profile(
    request: Request, db: Db, user: CurrentUser, saved: bool = False
) -> Response:
    now = await db.read(profile.get_profile, user.id)
    values = {"nickname": now.nickname, "email": now.email}
    return render(request, PROFILE, values=values, errors={}, saved=saved)


@router.post("/profile/")
async def save_profile(
    request: Request, db: Db, settings: AppSettings, user: CurrentUser, device: ThisDevice
) -> Response:
    form = await read_form(request, ProfileForm, page=PROFILE, saved=False)
    await profile.change_profile(
        db,
        user.id,
        Profile(form.nickname, form.email or ""),
        form.current_password,
        device.address,
        secret=settings.secret_key.get_secret_value(),
    )
    return RedirectResponse("/axf/mine/profile/?saved=1", 303)


@router.get("/password/")
async def show_password(request: Request, _: CurrentUser, saved: bool = False) -> HTMLResponse:
    return render(request, PASSWORD, values={}, errors={}, saved=saved)


@router.post("/password/")
async def change_password(
    request: Request, db: Db, settings: AppSettings, user: CurrentUser, device: ThisDevice
) -> Response:
    form = await read_form(request, PasswordForm, page=PASSWORD, saved=False)
    ticket = await passwords.change_password(
        db,
        user,
        form.current_password,
        form.password,
        device,
        secret=settings.secret_key.get_secret_value(),
    )
    set_ticket(request, ticket.value, expires_at=ticket.expires_at, seconds=ticket.seconds)
    return RedirectResponse("/axf/mine/password/?saved=1", 303)


@router.get("/settings/")
async def show_settings(request: Request, user: CurrentUser, saved: bool = False) -> HTMLResponse:
    values = {"theme": user.theme or "system"} | ({"large_text": "on"} if user.large_text else {})
    return render(request, SETTINGS, values=values, errors={}, saved=saved)


@router.post("/settings/")
async def save_settings(request: Request, db: Db, user: CurrentUser) -> Response:
    form = await read_form(request, LookForm, page=SETTINGS, saved=False)
    theme = None if form.theme == "system" else form.theme
    await db.write(profile.choose_look, user.id, theme=theme, large_text=form.large_text)
    return RedirectResponse("/axf/mine/settings/?saved=1", 303)


@router.get("/close/")
async def show_close(request: Request, db: Db, user: CurrentUser) -> HTMLResponse:
    obstacle = await db.read(account_closing.find_obstacle, user.id)
    errors = {"": Message(obstacle, {})} if obstacle else {}
    return render(request, CLOSE, values={}, errors=errors)


@router.post("/close/")
async def close(
    request: Request, db: Db, settings: AppSettings, user: CurrentUser, device: ThisDevice
) -> Response:
    form = await read_form(request, CloseForm, page=CLOSE)
    await account_closing.close_account(
        db,
        user.id,
        form.current_password,
        device.address,
        secret=settings.secret_key.get_secret_value(),
    )
    forget_ticket(request)
    return RedirectResponse("/axf/mine/closed/", 303)


@router.get("/closed/")
async def show_closed(request: Request, visitor: Visitor) -> Response:
    """The last page that a shopper sees of their account; it knows nobody any more."""
    if visitor is not None:
        return RedirectResponse("/axf/mine/", 303)
    return render(request, CLOSED)
