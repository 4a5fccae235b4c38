"""Who may do what: the one table of roles and rights. Routes name the right that they ask for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

Role = Literal["admin", "manager", "supervisor", "agent", "reconciler", "accountant", "trainer", "sre", "partner"]
"""What somebody is here for. An `agent` sells for one partner: only what a call needs is theirs to see. A `partner` is
a partner's own lead or developer, and sees that partner alone. All others are the company's own people."""
ROLES: tuple[Role, ...] = get_args(Role)

Reach = Literal["partner", "company"]
"""What a route is about: a `partner`, and then only those whom the caller sees; or the `company`, all partners at
once, and then only those who see all of them."""

Right = Literal[
    "announcements.publish",
    "administration",
    "alerts.run",
    "audit.read",
    "coaching.run",
    "contracts.read",
    "contracts.run",
    "economics.read",
    "economics.run",
    "figures.read",
    "here",
    "interfaces.read",
    "invoices.read",
    "invoices.run",
    "operations.run",
    "panel",
    "partners.read",
    "partners.run",
    "pay.close",
    "pay.own",
    "pay.read",
    "pay.run",
    "pipeline.read",
    "providers.read",
    "providers.run",
    "reconciliation.read",
    "reconciliation.report",
    "reconciliation.run",
    "quality.evaluate",
    "recordings.hear",
    "recruiting.run",
    "scripts.write",
    "selling.call",
    "selling.read",
    "selling.run",
    "selling.sell",
    "sources.read",
    "sources.run",
    "staffing.run",
    "tasks.write",
    "tickets.run",
    "tickets.write",
    "training.own",
    "training.read",
    "training.run",
    "wallboard.see",
    "webhooks.run",
    "work.do",
]

_FLOOR: tuple[Role, ...] = ("manager", "supervisor", "trainer")
_BOOKS: tuple[Role, ...] = ("manager", "reconciler", "accountant")
_BUSINESS: tuple[Role, ...] = ("manager", "supervisor", "reconciler", "accountant", "trainer")
_OFFICE: tuple[Role, ...] = (*_BUSINESS, "sre")

_GRANTED: Mapping[Right, tuple[Role, ...]] = {
    # What is there for everybody who is signed in: the way out.
    "here": (*_OFFICE, "agent", "partner"),
    # Keys, users, payloads as they came, erasing of people: administrators alone.
    "administration": (),
    # Who did what. What was changed by it is shown to administrators alone.
    "audit.read": ("accountant",),
    # Calls and figures
    "wallboard.see": ("manager", "supervisor", "sre", "partner"),
    "figures.read": (*_BUSINESS, "partner"),
    "alerts.run": ("manager", "supervisor"),
    "recordings.hear": (*_FLOOR, "reconciler", "partner"),
    # Telephony of partners, and the running of the system
    "sources.read": ("manager", "supervisor", "reconciler", "sre", "partner"),
    "sources.run": ("manager", "sre", "partner"),
    "interfaces.read": (*_OFFICE, "partner"),
    "operations.run": ("sre",),
    "providers.read": ("manager", "sre"),
    "providers.run": ("sre",),
    "webhooks.run": ("manager",),
    # Selling
    "selling.read": (*_BUSINESS, "partner"),
    "selling.call": (*_BUSINESS, "partner", "agent"),
    "selling.sell": ("agent",),
    "selling.run": ("manager", "supervisor"),
    "scripts.write": ("manager", "trainer"),
    "work.do": ("manager", "supervisor", "reconciler", "partner"),
    "panel": ("agent",),
    # What agents are paid
    "pay.own": ("manager", "supervisor", "accountant", "partner", "agent"),
    "pay.read": ("manager", "supervisor", "accountant", "partner"),
    "pay.run": ("manager",),
    "pay.close": ("manager", "accountant"),
    # Training, quality and rotas
    "training.own": (*_FLOOR, "partner", "agent"),
    "training.read": (*_FLOOR, "partner"),
    "training.run": ("manager", "trainer"),
    "quality.evaluate": (*_FLOOR, "partner"),
    "coaching.run": (*_FLOOR, "partner"),
    "staffing.run": ("manager", "supervisor", "partner"),
    "recruiting.run": ("manager", "trainer", "partner"),
    # Partners
    "partners.read": (*_OFFICE, "partner"),
    "partners.run": ("manager",),
    "pipeline.read": ("manager", "accountant"),
    "contracts.read": (*_BOOKS, "partner"),
    "contracts.run": ("manager",),
    "tasks.write": ("manager", "partner"),
    "tickets.write": (*_OFFICE, "partner"),
    "tickets.run": ("manager", "supervisor"),
    "announcements.publish": ("manager", "trainer"),
    # Money
    "reconciliation.read": (*_BOOKS, "partner"),
    "reconciliation.report": ("reconciler", "partner"),
    "reconciliation.run": ("reconciler",),
    "invoices.read": (*_BOOKS, "partner"),
    "invoices.run": ("accountant",),
    "economics.read": ("manager", "accountant"),
    "economics.run": ("manager", "accountant"),
}

_NOT_OF_ADMINS: frozenset[Right] = frozenset({"panel"})
"""The panel is for who is an agent: it shows the calls of that one agent."""

RIGHTS: Mapping[Right, frozenset[Role]] = {
    right: frozenset(roles if right in _NOT_OF_ADMINS else (*roles, "admin")) for right, roles in _GRANTED.items()
}
"""Who has which right. Administrators have all but that of being an agent."""


def unfit(role: Role, partners: frozenset[str] | None, agent: str | None) -> tuple[str, str] | None:
    """Which field of who is let in does not go with the role, and why; None where all is well."""
    if (role == "agent") != (agent is not None):
        return "agent", "is said with the role agent, and with no other"
    if role == "agent" and len(partners or ()) != 1:
        return "partners", "an agent belongs to one partner"
    if role == "partner" and not partners:
        return "partners", "a partner's people see their own partner: name it"
    return None


def named(roles: Iterable[Role]) -> str:
    """These roles for people, always in the same order."""
    return " or ".join(role for role in ROLES if role in roles)
