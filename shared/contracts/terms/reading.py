"""Term sheets as they come in: JSON, YAML, or CSV with a field path and a value in each row.

Numbers are read as the text that stands there and never become floats. What a format can do beyond plain data is
refused: tags, anchors and aliases of YAML, names that stand twice, formula cells.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any, Literal, NoReturn

import msgspec
import yaml

from shared.contracts.terms.paths import Field, fields_of, steps_of
from shared.contracts.terms.pricing import Band, Term, Tier
from shared.contracts.terms.rules import InvalidTerms, TermError, checked
from shared.contracts.terms.sheet import TermSheet

Format = Literal["json", "yaml", "csv"]

KEYS: dict[type[Term], tuple[str, str]] = {Tier: ("over", "up_to"), Band: ("at_least", "below")}
"""What is found by its bounds; everything else is found by its name."""

_FORMULA = re.compile(r"^\s*([=+@\t\r]|-(?![0-9.]+$))")
_WHERE = re.compile(r" - at `\$?\.?(.*)`$")


def read_terms(content: bytes, form: Format) -> TermSheet:
    """The term sheet that the content holds. InvalidTerms names the field, or the line where it can't be read."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("body", "is not UTF-8") from None
    readers: dict[Format, Callable[[str], Any]] = {"json": _json, "yaml": _yaml, "csv": _csv}
    try:
        found = readers[form](text)
    except RecursionError:
        raise _unreadable("body", "is nested too deep") from None
    return checked(terms_of(found))


def terms_of(found: Any) -> TermSheet:
    """The sheet of plain data, whether or not it makes sense as a whole. InvalidTerms when a field is not what it
    must be."""
    try:
        return msgspec.convert(found, TermSheet, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidTerms([_error(str(error))]) from None


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise _unreadable("body", f"is not JSON: {error.msg} in line {error.lineno}") from None


def _constant(text: str) -> NoReturn:
    raise _unreadable("body", f"{text} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise _unreadable(name, "stands twice in one object")
        made[name] = value
    return made


class _PlainLoader(yaml.BaseLoader):
    """Every scalar is the text that stands there, or nothing. Nothing is built, nothing stands for something else."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _unreadable("body", f"anchors and aliases are refused (line {event.start_mark.line + 1})")
        if getattr(event, "tag", None) is not None:
            raise _unreadable("body", f"tags are refused (line {event.start_mark.line + 1})")
        return super().compose_node(parent, index)

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        return None if node.style is None and node.value in ("", "~", "null") else super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str) or name in names:
                raise _unreadable(str(name), f"stands twice, or is no name (line {key.start_mark.line + 1})")
            names.add(name)
        return super().construct_mapping(node, deep=deep)


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - it builds texts, lists and dictionaries only
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _unreadable("body", f"is not YAML: {error.problem} in line {line}") from None
    except yaml.YAMLError as error:
        raise _unreadable("body", f"is not YAML: {error}") from None


def _csv(text: str) -> Any:
    lines = io.StringIO(text, newline="")
    made: dict[str, Any] = {}
    try:
        for number, row in enumerate(csv.reader(lines, strict=True), 1):
            if not row or (number == 1 and [cell.strip().lower() for cell in row] == ["field", "value"]):
                continue
            if len(row) != 2:
                raise _unreadable(f"line {number}", "must have two cells: field path and value")
            path, value = row[0].strip(), row[1].strip()
            if _FORMULA.match(row[0]) or _FORMULA.match(row[1]):
                raise _unreadable(path, f"is a formula (line {number}); only plain values are read")
            if value:
                _set(made, path, value)
    except csv.Error as error:
        raise _unreadable("body", f"is not CSV: {error}") from None
    return _listed(made, TermSheet)


def _set(made: dict[str, Any], path: str, value: str) -> None:
    """Put a cell into its place. Lists are dictionaries by key, until all cells are read."""
    kind: Any = TermSheet
    place = made
    steps = steps_of(path)
    for depth, (name, key) in enumerate(steps, 1):
        field = fields_of(kind).get(name)
        if field is None or (key is not None) != (field.shape == "terms") or (depth == len(steps)) != _is_value(field):
            raise _unreadable(path, "there is no such term")
        if field.shape == "value":
            if name in place:
                raise _unreadable(path, "stands twice")
            place[name] = [part.strip() for part in value.split(";")] if _is_list(field) else value
            return
        place = place.setdefault(name, {})
        if key is not None:
            place = place.setdefault(key, {})
        kind = field.kind


def _listed(made: dict[str, Any], kind: type[Term]) -> dict[str, Any]:
    """The same with lists in the place of dictionaries by key."""
    for name, field in fields_of(kind).items():
        if name not in made:
            continue
        if field.shape == "term":
            made[name] = _listed(made[name], field.kind)
        elif field.shape == "terms":
            made[name] = [_keyed(key, _listed(part, field.kind), field.kind) for key, part in made[name].items()]
    return made


def _keyed(key: str, part: dict[str, Any], kind: type[Term]) -> dict[str, Any]:
    if kind not in KEYS:
        return {"name": key, **part}
    low, _, high = key.partition("-")
    first, second = KEYS[kind]
    return {first: low, **({second: high} if high else {}), **part}


def _is_value(field: Field) -> bool:
    return field.shape == "value"


def _is_list(field: Field) -> bool:
    return getattr(field.kind, "__origin__", None) is tuple


def _error(message: str) -> TermError:
    """Field and reason from a message such as "Expected `str`, got `int` - at `$.payment.days`"."""
    where = _WHERE.search(message)
    parts = [where[1]] if where and where[1] else []
    if missing := re.search(r"field `([^`]+)`", message):
        parts.append(missing[1])
    return TermError(".".join(parts) or "body", _WHERE.sub("", message))


def _unreadable(field: str, detail: str) -> InvalidTerms:
    return InvalidTerms([TermError(field, detail)])
