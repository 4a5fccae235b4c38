"""A script as YAML, and its texts with the values of their variables."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import yaml

from services.calls.events.scripts import Content
from shared.kernel import Rejected
from shared.plain_yaml import PlainLoader, RefusedYaml, dumped

MOST_BYTES = 512 * 1024
MOST_DEPTH = 12
"""A script itself is five deep: its nodes, one of them, its answers, one of those, its texts."""
NO_VALUE = "[no {name}]"
"""What stands for a variable without a value: an agent sees that something is missing, and what."""

FORMS = re.compile("[{}]")
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
    return dumped(msgspec.to_builtins(content), 100)


def from_yaml(body: bytes) -> Content:
    """The script that the YAML says. Rejected: `yaml_too_large`, `yaml_too_deep`, `yaml_refused` for anchors, aliases
    and tags, `yaml_unreadable` with the line, and `not_a_script` with the place."""
    if len(body) > MOST_BYTES:
        raise Rejected("yaml_too_large", f"The text is larger than {MOST_BYTES} bytes.")
    try:
        found = yaml.load(body.decode("utf-8-sig"), Loader=_PlainLoader)  # noqa: S506 - texts, lists, dictionaries only
    except RefusedYaml as refused:
        code, said = _REFUSED[refused.why]
        raise Rejected(code, said.format(n=refused.line)) from None
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


class _PlainLoader(PlainLoader):
    most_depth = MOST_DEPTH


_REFUSED = {
    "alias": ("yaml_refused", "Line {n}: anchors and aliases are refused."),
    "tag": ("yaml_refused", "Line {n}: tags are refused."),
    "deep": ("yaml_too_deep", f"Line {{n}}: nested deeper than {MOST_DEPTH}."),
    "name": ("yaml_unreadable", "Line {n}: a name stands twice, or is no name."),
}
