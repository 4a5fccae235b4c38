"""What commands take, as the YAML that people write: texts, whole numbers and truth values alone."""

from __future__ import annotations

import re
from typing import Any

import yaml

from services.gateway.views.words import _

MOST_DEPTH = 8
"""An evaluation form is five deep: itself, its questions, one of them, its answers, one of those."""
_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


def to_yaml(content: dict[str, Any]) -> str:
    """The content as YAML, which `from_yaml` reads back as the same."""
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def from_yaml(text: str) -> dict[str, Any]:
    """The content that the YAML says; whether it is a whole one, the service knows. ValueError with the line where it
    is no YAML, says a name twice, is nested too deep, or has anchors, aliases or tags, which make much of little."""
    try:
        found = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - texts, numbers, truth values, lists, dictionaries only
    except yaml.MarkedYAMLError as error:
        raise _wrong(error.problem_mark, _("Line {n} can’t be read as YAML.")) from None
    except yaml.YAMLError:
        raise ValueError(_("The text has signs that YAML does not allow.")) from None
    if not isinstance(found, dict):
        raise ValueError(_("It has to be lines of a name, a colon and a value."))
    return found


class _Dumper(yaml.SafeDumper):
    """Line breaks that are none to an editor are written as escapes: as they are, they would be read as spaces."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if _BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


class _PlainLoader(yaml.SafeLoader):
    """Only `true`, `false`, `null` and plain whole numbers are more than text: an answer may be
    called `yes`, `no` or `on`."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the library has it

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        given = getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None
        if given or isinstance(event, yaml.AliasEvent):
            raise _wrong(event.start_mark, _("Line {n}: anchors, aliases and tags are refused."))
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise _wrong(event.start_mark, _("Line {n} is nested too deep."))
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in names:
                raise _wrong(key.start_mark, _("Line {n}: a name stands twice, or is no name."))
            names.add(key.value)
        return super().construct_mapping(node, deep=deep)


_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^null$"), list("n"))
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile("^-?(?:0|[1-9][0-9]{0,8})$"), list("-0123456789")
)


def _wrong(mark: yaml.Mark | None, said: str) -> ValueError:
    return ValueError(said.format(n=mark.line + 1 if mark else 1))
