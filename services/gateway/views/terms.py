"""A term sheet for people: every term by its path with its value in words, in sections; and what two sheets say
differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from services.gateway.views.words import _
from shared.contracts.terms import TermSheet
from shared.contracts.terms.values import shown

SECTIONS = {
    "service": _("Service"),
    "schedule": _("Schedule"),
    "volumes": _("Volume"),
    "pricing": _("Prices"),
    "payment": _("Payment"),
    "service_levels": _("Service levels"),
    "measures": _("How it is measured, and hot leads"),
    "quality_controllers": _("Who controls quality, on both sides"),
    "scripts": _("Scripts"),
    "certified": _("Certified agents"),
    "month": _("The month"),
    "validity": _("Validity"),
    "tasks": _("Tasks"),
}
"""Sections in the order of the page; what is in none stands at the end."""


class Term(NamedTuple):
    """A term: its path as amendments name it, and its value in words."""

    path: str
    value: str


class Difference(NamedTuple):
    """A term that two sheets say differently; None where a sheet says nothing of it."""

    path: str
    old: str | None
    new: str | None


def flat(sheet: Mapping[str, Any]) -> dict[str, str]:
    """Every term by its path, also those that are as usual since the sheet says nothing of them. Members of a list are
    named by their name, else by their place."""
    terms = msgspec.convert(sheet, TermSheet)
    return {term.path: term.value for term in _terms(terms, "", terms.payment.currency)}


def sections(sheet: Mapping[str, Any]) -> list[tuple[str, list[Term]]]:
    """The terms in sections, each with its title."""
    found: dict[str, list[Term]] = {name: [] for name in (*SECTIONS, "")}
    for path, value in flat(sheet).items():
        first = path.partition(".")[0].partition("[")[0]
        found[first if first in SECTIONS else ""].append(Term(path, value))
    return [(SECTIONS.get(name, _("Further terms")), terms) for name, terms in found.items() if terms]


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """By path, every term that is not the same in both."""
    before, after = flat(old), flat(new)
    paths = [*before, *(path for path in after if path not in before)]
    return [
        Difference(path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)
    ]


def _terms(value: Any, path: str, currency: str) -> Iterator[Term]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name != "name":
                yield from _terms(getattr(value, name), f"{path}.{name}" if path else name, currency)
    elif isinstance(value, tuple) and any(isinstance(one, msgspec.Struct) for one in value):
        for place, one in enumerate(value):
            yield from _terms(one, f"{path}[{getattr(one, 'name', place)}]", currency)
    elif value not in (None, (), ""):
        yield Term(path, _said(value, path, currency))


def _said(value: Any, path: str, currency: str) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    if path.endswith("_minor") and isinstance(value, int):
        return shown(value, currency)
    return value.isoformat() if isinstance(value, date) else str(value)
