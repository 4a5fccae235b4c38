"""What a search finds: how well something fits what was typed, and the best of it first."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

MOST_SHOWN = 20
"""Of each kind."""
SHORTEST = 2
"""Of what is typed: a single letter fits everything."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found. `id` and `name` are what it is searched by, `about` what else is said of it; `partner`
    empty where it is one."""

    id: str
    name: str = ""
    about: str = ""
    partner: str = ""
    href: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one kind. `count` is how many there are, of which `hits` are the best; `failed`: it could not
    be searched just now."""

    kind: str
    hits: list[Hit] = []
    count: int = 0
    failed: bool = False


def fit(hit: Hit, q: str) -> int | None:
    """How well it fits: 0 by its whole id or name, 1 by how one begins, 2 by words within; None: it does not."""
    wanted, ident, name = (" ".join(text.casefold().split()) for text in (q, hit.id, hit.name))
    if not wanted:
        return None
    if wanted in (ident, name):
        return 0
    if ident.startswith(wanted) or name.startswith(wanted):
        return 1
    return 2 if all(word in f"{ident} {name}" for word in wanted.split()) else None


def best(kind: str, hits: Iterable[Hit], q: str) -> Group:
    """Those that fit, the best first, equals by name and id."""
    fits = [(level, hit.name.casefold(), hit.id, hit) for hit in hits if (level := fit(hit, q)) is not None]
    fits.sort(key=lambda entry: entry[:3])
    return Group(kind=kind, hits=[entry[3] for entry in fits[:MOST_SHOWN]], count=len(fits))
