"""YAML as people write it: texts, lists and dictionaries, and nothing that makes objects, or much of little."""

from __future__ import annotations

import re
from typing import Any, Literal

import yaml

Why = Literal["alias", "tag", "deep", "name"]
_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


class RefusedYaml(ValueError):
    """Why a text is refused, and in which line: it has an anchor or an `alias`, or a `tag`; it is nested too `deep`; a
    `name` stands twice, or is none."""

    def __init__(self, why: Why, mark: yaml.Mark) -> None:
        self.why: Why = why
        self.line = mark.line + 1
        super().__init__(f"line {self.line}: {why}")


def dumped(content: Any, width: int) -> str:
    """The content as YAML, its names in their order."""
    return yaml.dump(content, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=width)


class _PlainDumper(yaml.SafeDumper):
    """Line breaks that are none to an editor are written as escapes: as they are, they would be read as spaces."""


def _text(dumper: _PlainDumper, text: str) -> yaml.Node:
    style = '"' if _BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PlainDumper.add_representer(str, _text)


class PlainLoader(yaml.SafeLoader):
    """Every scalar is the text that stands there: `no` is a language's name and never a truth value. A loader made of
    it says how deep it goes, and may add resolvers. RefusedYaml."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the library has it
    most_depth = 0

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise RefusedYaml("alias", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise RefusedYaml("tag", event.start_mark)
        self._depth += 1
        if self._depth > self.most_depth:
            raise RefusedYaml("deep", event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in names:
                raise RefusedYaml("name", key.start_mark)
            names.add(key.value)
        return super().construct_mapping(node, deep=deep)
