"""The people of a simulated company who do something themselves: they sign in as anybody would, and go on as such."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple

import httpx

from services.simulate.company import Agent, Partner
from services.simulate.driver import NotSetUp
from shared.rights import Role

Headers = Mapping[str, str]
"""What makes a request somebody's own, beside the client's key."""
OWN_PAGE = {"authorization": "", "sec-fetch-site": "same-origin"}
"""A session stands for itself, on a page of ours."""


class Person(NamedTuple):
    """Somebody with a password. `partner`: of whom they are, and whom alone they see."""

    name: str
    role: Role
    partner: str | None = None


async def signed_in(client: httpx.AsyncClient, person: Person) -> Headers:
    """As a user, who is added if they are not there. Their password follows from the client's own key: nobody else
    can know it, and it need not be kept. NotSetUp where somebody has that name with another one."""
    chosen = hmac.digest(client.headers["authorization"].encode(), f"password {person.name}".encode(), "sha256").hex()
    partners = [person.partner] if person.partner is not None else None
    wanted = {"name": person.name, "role": person.role, "partners": partners}
    made = await client.post("/api/v1/users", json=wanted)
    if made.status_code == 409 and await _never_came(client, person.name):
        made = await client.post(f"/api/v1/users/{person.name}/password")
    if made.is_success:
        first = {"name": person.name, "password": made.json()["password"], "chosen": chosen, "repeated": chosen}
        return _of(client, await client.post("/signin/password", data=first, headers=OWN_PAGE), person.name)
    form = {"name": person.name, "password": chosen}
    return _of(client, await client.post("/signin", data=form, headers=OWN_PAGE), person.name)


async def _never_came(client: httpx.AsyncClient, name: str) -> bool:
    """Whether somebody was added and has not signed in since: this program was ended in between."""
    users = (await client.get("/api/v1/users")).json()["items"]
    return any(user["name"] == name and user["used"] is None for user in users)


async def as_agent(client: httpx.AsyncClient, partner: Partner, agent: Agent) -> Headers:
    """As an agent, who comes in by a link from the desk of the partner."""
    asked = {"name": agent.name, "partner": partner.id, "agent": agent.id}
    made = await client.post("/api/v1/agent-sign-in-links", json=asked)
    if made.status_code != 201:
        raise NotSetUp(f"{agent.name}: {made.text}")
    return _of(client, await client.get(made.json()["path"], headers=OWN_PAGE), agent.name)


def _of(client: httpx.AsyncClient, answer: httpx.Response, name: str) -> Headers:
    given = dict(answer.cookies)
    client.cookies.clear()  # else everything would be asked with it
    if not given:
        raise NotSetUp(f"{name} can't sign in: {answer.status_code}")
    return {**OWN_PAGE, "cookie": "; ".join(f"{key}={value}" for key, value in given.items())}
