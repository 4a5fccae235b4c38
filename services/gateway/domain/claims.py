"""Who somebody is here, by what an OpenID provider says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.kernel import Rejected
from shared.rights import ROLES, Role, unfit

LONGEST_NAME = 200


class ClaimRules(NamedTuple):
    """Which claim says what. `roles`: values of the claim `role` with the role that each stands for, the first that
    fits counts; empty: the values are roles themselves."""

    name: str = "preferred_username"
    role: str = "tallyline_role"
    partners: str = "tallyline_partners"
    agent: str = "tallyline_agent"
    roles: tuple[tuple[str, Role], ...] = ()


class Granted(NamedTuple):
    """Somebody's name, their role, and the partners that they see (None: all)."""

    name: str
    role: Role
    partners: frozenset[str] | None
    agent: str | None


def granted(claims: Mapping[str, Any], rules: ClaimRules) -> Granted:
    """Name, role and partners of whom the claims speak of.

    A claim may lie inside of others: `realm_access.roles`. Rejected with `no_role` where none of the values is a role,
    and with `wrong_claims` where role, partners and agent do not go together.
    """
    held = _values(claim(claims, rules.role))
    known = rules.roles or tuple((role, role) for role in ROLES)
    role = next((role for value, role in known if value in held), None)
    if role is None:
        raise Rejected("no_role", f"The provider's claim {rules.role} gives you no role here.")
    said = claim(claims, rules.partners)
    partners = None if said is None else frozenset(_values(said))
    agent = next(iter(_values(claim(claims, rules.agent))), None) if role == "agent" else None
    if wrong := unfit(role, partners, agent):
        field = {"agent": rules.agent, "partners": rules.partners}[wrong[0]]
        raise Rejected("wrong_claims", f"The provider's claim {field} does not go with the role {role}: {wrong[1]}.")
    names = [claims.get(name) for name in (rules.name, "email", "sub")]
    name = next((name for name in names if isinstance(name, str) and name.strip()), "")
    if not name:
        raise Rejected("wrong_claims", f"The provider's claim {rules.name} gives you no name.")
    return Granted(name.strip()[:LONGEST_NAME], role, partners, agent)


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, which may be a path; None where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _values(said: Any) -> list[str]:
    """One text or several; a text may name several by comma."""
    if isinstance(said, str):
        return [part for part in (part.strip() for part in said.split(",")) if part]
    return [value for value in said if isinstance(value, str) and value] if isinstance(said, list) else []
