"""Ids as people write them: by the name of whom or what they mean, where one name means one id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

RESERVED = ";:,\n"
"""Signs that lines of people and lists have a use for: a name with one of them is told by its id."""


class Called:
    """`names`: display names by id. Of several ids with one name each is told with its id, as `Ana (a7)`."""

    def __init__(self, names: Mapping[str, str]) -> None:
        often = Counter(_plain(name) for name in names.values())
        labels = {
            id_: name if often[_plain(name)] == 1 and (name == id_ or name not in names) else f"{name} ({id_})"
            for id_, name in names.items()
            if name.strip() and not any(sign in name or sign in id_ for sign in RESERVED)
        }
        twice = Counter(map(_plain, labels.values()))
        self._labels = {id_: label for id_, label in labels.items() if twice[_plain(label)] == 1}
        self._ids = {_plain(label): id_ for id_, label in self._labels.items()}
        self._shared = frozenset(name for name, times in often.items() if times > 1)
        self._known = frozenset(names)

    def label(self, id_: str) -> str:
        """What is written for an id; itself where nothing else is known."""
        return self._labels.get(id_, id_)

    def id(self, text: str) -> str:
        """The id that is meant; the text itself where it is one, or nobody is called so."""
        return text if text in self._known else self._ids.get(_plain(text), text)

    def unclear(self, text: str) -> bool:
        """Whether it is a name, and not of one: of several, or, as ids have no spaces, of nobody. Any other text that
        is not known may be an id: people are planned with before they are there."""
        plain = _plain(text)
        return text not in self._known and plain not in self._ids and (" " in plain or plain in self._shared)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
