"""Term sheets by field path: every term of a sheet under its path, and a sheet with some of its terms changed.

A path leads through fields, and through lists by the names of what is in them: `pricing.per_call[orders].round_at`.
Tiers and bands have no names: their bounds are their keys.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from shared.contracts.terms.pricing import Band, Term, Tier
from shared.contracts.terms.rules import InvalidTerms, TermError, checked
from shared.contracts.terms.sheet import TermSheet
from shared.contracts.terms.values import DECIMAL, exact, plain

Shape = Literal["term", "terms", "value"]
_STEP = re.compile(r"([a-z_]+)(?:\[([^\[\]]*)\])?")


@dataclass(frozen=True)
class Field:
    """A field of a part of a sheet: a part (`term`), a list of parts (`terms`) of the class `kind`, or a value."""

    name: str
    shape: Shape
    kind: Any
    type: Any
    decimal: bool

    def plain(self, value: Any) -> Any:
        """The value so that equal terms are equal: decimals without zeros at their end."""
        return _plain(value) if self.decimal and value is not None else value


@cache
def fields_of(kind: type[Term]) -> Mapping[str, Field]:
    """The fields of a part of a sheet, by name."""
    return {info.encode_name: _field(info.encode_name, info.type) for info in msgspec.structs.fields(kind)}


def key_of(part: Term) -> str:
    """Under which key a part stands in its list: its name, or its bounds."""
    match part:
        case Tier():
            return f"{part.over}-{'' if part.up_to is None else part.up_to}"
        case Band():
            return f"{_plain(part.at_least)}-{'' if part.below is None else _plain(part.below)}"
        case _:
            name: str = part.name  # type: ignore[attr-defined]  # every other part that stands in a list has one
            return name


def changed(sheet: TermSheet, changes: Mapping[str, Any]) -> TermSheet:
    """The sheet with these values at these paths; None takes a thing out of its list, or sets what may be None.

    A thing that is not in its list yet is added at its end. InvalidTerms for a path that leads nowhere, a value that
    is none, and a sheet that makes no sense then.
    """
    for path, value in changes.items():
        sheet = put(sheet, path, value)
    return checked(sheet)


def put(sheet: TermSheet, path: str, value: Any) -> TermSheet:
    """One change, without a look at whether the whole makes sense."""
    put_in: TermSheet = _put(sheet, steps_of(path), value, path)
    return put_in


def steps_of(path: str) -> list[tuple[str, str | None]]:
    """Field and key, step by step. InvalidTerms when it is no path."""
    steps: list[tuple[str, str | None]] = []
    place = 0
    while place <= len(path):
        step = _STEP.match(path, place)
        if step is None or (step.end() < len(path) and path[step.end()] != "."):
            raise InvalidTerms([TermError(path, "not a path such as pricing.per_minute[inbound].round_at")])
        steps.append((step[1], step[2]))
        place = step.end() + 1
    return steps


def at(sheet: TermSheet, path: str) -> Any:
    """What stands at the path; None when nothing does."""
    found: Any = sheet
    for name, key in steps_of(path):
        found = getattr(found, name, None)
        if key is not None:
            found = next((part for part in found or () if key_of(part) == key), None)
    return found


def field_paths(kind: type[Term] = TermSheet, before: str = "") -> Iterator[tuple[str, Field]]:
    """The path of every field of a sheet, `[]` in the place of each key; lists of parts have one themselves too."""
    for field in fields_of(kind).values():
        path = before + field.name
        match field.shape:
            case "term":
                yield from field_paths(field.kind, f"{path}.")
            case "terms":
                yield f"{path}[]", field
                yield from field_paths(field.kind, f"{path}[].")
            case "value":
                yield path, field


def without_keys(path: str) -> str:
    """The path of the field whatever the names: `pricing.per_minute[].round_at`."""
    return re.sub(r"\[[^\[\]]*\]", "[]", path)


def _field(name: str, given: Any) -> Field:
    core, decimal = _core(given)
    if isinstance(core, type) and issubclass(core, Term):
        return Field(name, "term", core, given, decimal)
    if get_origin(core) is tuple:
        inner, _ = _core(get_args(core)[0])
        if isinstance(inner, type) and issubclass(inner, Term):
            return Field(name, "terms", inner, given, decimal)
    return Field(name, "value", core, given, decimal)


def _core(given: Any) -> tuple[Any, bool]:
    """The type without None and annotations, and whether it is a decimal text."""
    decimal = False
    while True:
        if get_origin(given) is Annotated:
            decimal = decimal or DECIMAL in given.__metadata__
            given = given.__origin__
        elif get_origin(given) in (Union, types.UnionType):
            (given,) = (one for one in get_args(given) if one is not type(None))
        else:
            return given, decimal


def _put(part: Term, steps: list[tuple[str, str | None]], value: Any, path: str) -> Any:
    (name, key), rest = steps[0], steps[1:]
    field = fields_of(type(part)).get(name)
    if field is None or (key is not None and field.shape != "terms") or (rest and field.shape == "value"):
        raise InvalidTerms([TermError(path, f"there is no such term: {name}")])
    if key is None:
        if rest and field.shape != "term":
            raise InvalidTerms([TermError(path, f"{name} is a list: {name}[...]")])
        new = _put(getattr(part, name), rest, value, path) if rest else _converted(value, field.type, path)
        return msgspec.structs.replace(part, **{name: new})
    parts: tuple[Term, ...] = getattr(part, name)
    there = {key_of(one): place for place, one in enumerate(parts)}
    if key not in there and (rest or value is None):
        raise InvalidTerms([TermError(path, f"there is no {key} in {name}")])
    if key in there:
        place = there[key]
        kept = _put(parts[place], rest, value, path) if rest else None
        if not rest and value is not None:
            kept = _converted(value, field.kind, path)
        new = (*parts[:place], *(() if kept is None else (kept,)), *parts[place + 1 :])
    else:
        new = (*parts, _converted(value, field.kind, path))
    return msgspec.structs.replace(part, **{name: new})


def _converted(value: Any, kind: Any, path: str) -> Any:
    try:
        return msgspec.convert(msgspec.to_builtins(value), kind, strict=False)
    except (msgspec.ValidationError, TypeError) as error:
        raise InvalidTerms([TermError(path, str(error))]) from None


def _plain(text: str) -> str:
    return plain(exact(text))
