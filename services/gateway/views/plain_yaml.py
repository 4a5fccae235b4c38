"""What commands take, as the YAML that people write: texts, whole numbers and truth values alone."""

from __future__ import annotations

import re
from typing import Any

import yaml

from services.gateway.views.words import _
from shared.plain_yaml import PlainLoader, RefusedYaml, dumped

MOST_DEPTH = 8
"""An evaluation form is five deep: itself, its questions, one of them, its answers, one of those."""


def to_yaml(content: dict[str, Any]) -> str:
    """The content as YAML, which `from_yaml` reads back as the same."""
    return dumped(content, 100)


def from_yaml(text: str) -> dict[str, Any]:
    """The content that the YAML says; whether it is a whole one, the service knows. ValueError with the line where it
    is no YAML, says a name twice, is nested too deep, or has anchors, aliases or tags, which make much of little."""
    try:
        found = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - texts, numbers, truth values, lists, dictionaries only
    except RefusedYaml as refused:
        raise ValueError(_REFUSED[refused.why].format(n=refused.line)) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(_("Line {n} can’t be read as YAML.").format(n=line)) from None
    except yaml.YAMLError:
        raise ValueError(_("The text has signs that YAML does not allow.")) from None
    if not isinstance(found, dict):
        raise ValueError(_("It has to be lines of a name, a colon and a value."))
    return found


class _PlainLoader(PlainLoader):
    """Only `true`, `false`, `null` and plain whole numbers are more than text: an answer may be
    called `yes`, `no` or `on`."""

    most_depth = MOST_DEPTH


_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^null$"), list("n"))
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile("^-?(?:0|[1-9][0-9]{0,8})$"), list("-0123456789")
)

_REFUSED = {
    "alias": _("Line {n}: anchors, aliases and tags are refused."),
    "tag": _("Line {n}: anchors, aliases and tags are refused."),
    "deep": _("Line {n} is nested too deep."),
    "name": _("Line {n}: a name stands twice, or is no name."),
}
