"""Who may do what concerns every partner at once: nobody whose sight ends at some of them."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request

from shared.http.gate import require
from shared.http.problems import Problem
from shared.security import Principal, Role


def require_all_partners(*roles: Role) -> Callable[[Request], Principal]:
    """A dependency as `require`, which answers 403 also to those of the role who may see only some partners."""
    has_role = require(*roles)

    def check(request: Request) -> Principal:
        principal = has_role(request)
        if principal.partners is not None:
            raise Problem(403, "not_allowed", "This concerns all partners, and you may see only some of them.")
        return principal

    return check
