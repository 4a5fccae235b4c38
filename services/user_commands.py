"""`tallyline users` and `tallyline keys`: who may sign in with a password, and who may ask over HTTP."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.client import connected, said
from services.terminal import fail, out, table
from shared.rights import Role
from shared.settings import Settings

users = typer.Typer(no_args_is_help=True, help="People who sign in with a name and a password.")
keys = typer.Typer(no_args_is_help=True, help="API keys, for whoever asks over HTTP.")

Data = Annotated[Path | None, typer.Option(help="Data folder (TALLYLINE_DATA, data).")]
Name = Annotated[str, typer.Argument(help="The name that they sign in with.")]
Partners = Annotated[list[str] | None, typer.Option("--partner", help="Only these partners; all without it.")]
Agent = Annotated[str | None, typer.Option(help="Of an agent: the id that telephony knows them by.")]
OfRole = Annotated[Role, typer.Option(help="What they are here for.")]


@users.command("add")
def users_add(name: Name, role: OfRole, partner: Partners = None, agent: Agent = None, data: Data = None) -> None:
    """Let somebody in. The password for the first sign-in is shown once; at it they choose their own."""
    body = {"name": name, "role": role, "partners": partner or None, "agent": agent}
    made = _asked(data, "POST", "/api/v1/users", body)
    out.print(f"{made['name']} signs in with: {made['password']}", highlight=False, markup=False)


@users.command("list")
def users_list(data: Data = None) -> None:
    """All users, by name."""
    rows = [_row(item) for item in _asked(data, "GET", "/api/v1/users")["items"]]
    table("Users", rows, ["name", "role", "partners", "agent", "created", "by", "used", "disabled"])


@users.command("role")
def users_role(name: Name, role: OfRole, partner: Partners = None, agent: Agent = None, data: Data = None) -> None:
    """Give somebody another role. They are signed out."""
    body = {"role": role, "partners": partner or None, "agent": agent}
    changed = _asked(data, "PUT", f"/api/v1/users/{quote(name)}/role", body)
    out.print(f"{changed['name']}: {changed['role']}", highlight=False, markup=False)


@users.command("disable")
def users_disable(name: Name, data: Data = None) -> None:
    """Let somebody in no more. They are signed out."""
    _asked(data, "POST", f"/api/v1/users/{quote(name)}/disabling")
    out.print("disabled")


@users.command("enable")
def users_enable(name: Name, data: Data = None) -> None:
    """Let somebody in again."""
    _asked(data, "POST", f"/api/v1/users/{quote(name)}/enabling")
    out.print("enabled")


@users.command("password")
def users_password(name: Name, data: Data = None) -> None:
    """Give somebody a new password for the next sign-in. They are signed out."""
    made = _asked(data, "POST", f"/api/v1/users/{quote(name)}/password")
    out.print(f"{made['name']} signs in with: {made['password']}", highlight=False, markup=False)


@keys.command("add")
def keys_add(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: OfRole,
    partner: Partners = None,
    agent: Agent = None,
    right: Annotated[list[str] | None, typer.Option(help="Only these rights of the role; all without it.")] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day on which it is refused, in UTC.")
    ] = None,
    data: Data = None,
) -> None:
    """Make a key. Its text is shown once."""
    body = {
        "name": name,
        "role": role,
        "partners": partner or None,
        "agent": agent,
        "rights": right or None,
        "expires": None if expires is None else expires.replace(tzinfo=UTC).isoformat(),
    }
    out.print_json(data=_asked(data, "POST", "/api/v1/keys", body))


@keys.command("list")
def keys_list(data: Data = None) -> None:
    """All keys, without their texts."""
    rows = [_row(item) for item in _asked(data, "GET", "/api/v1/keys")["items"]]
    table("API keys", rows, ["id", "name", "role", "partners", "rights", "created", "expires", "used", "revoked"])


@keys.command("revoke")
def keys_revoke(key: str, data: Data = None) -> None:
    """Refuse a key from now on."""
    _asked(data, "DELETE", f"/api/v1/keys/{quote(key)}")
    out.print("revoked")


def _row(item: dict[str, Any]) -> dict[str, Any]:
    """Lists in one cell."""
    return {name: ", ".join(value) if isinstance(value, list) else value for name, value in item.items()}


def _asked(data: Path | None, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    settings = Settings.from_environment(os.environ)
    settings = settings if data is None else replace(settings, data=data)

    async def work() -> Any:
        async with connected(settings) as client:
            answer = await client.request(method, path, json=body)
            if answer.status_code >= 400:
                fail(said(answer))
            return answer.json() if answer.content else None

    return asyncio.run(work())
