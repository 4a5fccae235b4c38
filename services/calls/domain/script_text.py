"""A script as YAML, and its texts with the values of their variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from services.calls.events.scripts import Content
from shared.kernel import Rejected

MOST_BYTES = 512 * 1024
MOST_DEPTH = 12
"""A script itself is five deep: its nodes, one of them, its answers, one of those, its texts."""
NO_VALUE = "[no {name}]"
"""What stands for a variable without a value: an agent sees that something is missing, and what."""

FORMS = re.compile("[{}]")
_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
_VARIABLE = re.compile(r"\{([a-z]+\.[a-z]+)\}")


def variables_of(text: str) -> list[str]:
    """The names in braces, in their order."""
    return _VARIABLE.findall(text)


def without_variables(text: str) -> str:
    """What stands around the variables."""
    return _VARIABLE.sub("", text)


def rendered(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; `[no customer.name]` for one that is not known. It is plain text: a page escapes it.
    A value that looks like a variable stays what it is."""
    return _VARIABLE.sub(lambda found: values.get(found[1]) or NO_VALUE.format(name=found[1]), text)


def to_yaml(content: Content) -> str:
    """The script as YAML, which `from_yaml` reads back as the same."""
    return yaml.dump(msgspec.to_builtins(content), Dumper=_PlainDumper, allow_unicode=True, sort_keys=False, width=100)


def from_yaml(body: bytes) -> Content:
    """The script that the YAML says. Rejected: `yaml_too_large`, `yaml_too_deep`, `yaml_refused` for anchors, aliases
    and tags, `yaml_unreadable` with the line, and `not_a_script` with the place."""
    if len(body) > MOST_BYTES:
        raise Rejected("yaml_too_large", f"The text is larger than {MOST_BYTES} bytes.")
    try:
        found = yaml.load(body.decode("utf-8-sig"), Loader=_PlainLoader)  # noqa: S506 - texts, lists, dictionaries only
    except UnicodeDecodeError:
        raise Rejected("yaml_unreadable", "The text is not UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Rejected("yaml_unreadable", f"Line {line}: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise Rejected("yaml_unreadable", str(error)) from None
    try:
        return msgspec.convert(found, Content)
    except msgspec.ValidationError as error:
        raise Rejected("not_a_script", str(error)) from None


class _PlainDumper(yaml.SafeDumper):
    """Line breaks that are none to an editor are written as escapes: as they are, they would be read as spaces."""


def _text(dumper: _PlainDumper, text: str) -> yaml.Node:
    style = '"' if _BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PlainDumper.add_representer(str, _text)


class _PlainLoader(yaml.BaseLoader):
    """Every scalar is the text that stands there: `no` is a language's name and never a truth value."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Rejected("yaml_refused", f"Line {line}: anchors and aliases are refused.")
        if getattr(event, "tag", None) is not None:
            raise Rejected("yaml_refused", f"Line {line}: tags are refused.")
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Rejected("yaml_too_deep", f"Line {line}: nested deeper than {MOST_DEPTH}.")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str) or name in names:
                where = key.start_mark.line + 1
                raise Rejected("yaml_unreadable", f"Line {where}: a name stands twice, or is no name.")
            names.add(name)
        return super().construct_mapping(node, deep=deep)
