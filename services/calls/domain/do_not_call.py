"""Who may not be called: a number stands on a list for as long as at least one ground for it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec

from shared.names import Country

EVERYWHERE = "*"
"""The scope that holds in all countries."""
_SCOPE = re.compile(r"\*|[A-Z]{2}")


class Ground(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a number is on a list: a register's file, somebody's word, or the customer's own in a call."""

    reason: str
    at: datetime
    by: str


class Barred(msgspec.Struct, frozen=True, kw_only=True):
    """A number on the list of a scope. `grounds` by their names: `call:<call>`, `file:<import>`, `said:<name>`."""

    scope: str
    grounds: dict[str, Ground]


class AddDoNotCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Do not call this number (E.164) any more: in one country (ISO 3166), or anywhere (`*`)."""

    number: Annotated[str, msgspec.Meta(min_length=3, max_length=40)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    scope: Annotated[str, msgspec.Meta(pattern=r"^(\*|[A-Z]{2})$(?!\n)")] = EVERYWHERE


class RemoveDoNotCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number was put on the list by mistake: every ground of the scope goes."""

    number: Annotated[str, msgspec.Meta(min_length=3, max_length=40)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    scope: Annotated[str, msgspec.Meta(pattern=r"^(\*|[A-Z]{2})$(?!\n)")] = EVERYWHERE


class CheckDoNotCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """May this number (E.164) be called in a country?"""

    number: Annotated[str, msgspec.Meta(min_length=3, max_length=40)]
    country: Country | None = None


def is_scope(text: str) -> bool:
    """A country in capital letters, or `*`."""
    return bool(_SCOPE.fullmatch(text))


def scopes(countries: Iterable[str | None]) -> tuple[str, ...]:
    """Whose lists are to be asked for a call to a number of these countries: theirs, and the one of everywhere."""
    return (EVERYWHERE, *sorted({country for country in countries if country}))


def entry_id(scope: str, mark: str) -> str:
    """Where a number stands: found by its mark, which nobody can turn back into the number without our key."""
    return f"{scope}:{mark}"


def with_ground(known: Barred | None, scope: str, name: str, ground: Ground) -> Barred:
    """One ground more. The first word of a name stands: a repeat changes nothing."""
    grounds = known.grounds if known else {}
    return Barred(scope=scope, grounds=grounds if name in grounds else {**grounds, name: ground})


def without_ground(known: Barred, name: str) -> Barred | None:
    """One ground less; None: there is none left, and the number may be called."""
    rest = {other: ground for other, ground in known.grounds.items() if other != name}
    return Barred(scope=known.scope, grounds=rest) if rest else None
