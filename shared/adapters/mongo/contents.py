"""What a document looks like in MongoDB: its revision, its body, the call that wrote it, and the index values as texts.

An index value becomes a text because a server compares within a type only: a range from a number on would pass over
every text behind it. As texts, all values of an index have one order, and it is the one of SQLite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from shared.ports import Put, Stored

# The server takes 16 MiB a document; the rest is room for id and index values.
LARGEST = 16_000_000
PREFIX = "f_"

_NUMBERS = 2**63
_HIGH = re.compile("[\ue000-\uffff]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")


def field(index: str) -> str:
    """The name under which the values of an index stand; it clashes with no other."""
    return PREFIX + index


def index_text(value: str | int) -> str:
    """A text for each value: in order, first the numbers, then the texts by code points. OverflowError for a number
    beyond 64 bits."""
    if isinstance(value, int):
        if not -_NUMBERS <= value < _NUMBERS:
            raise OverflowError(f"{value} has more than 64 bits")
        return "n:%016x" % (value + _NUMBERS)
    if value.isascii():
        return f"t:{value}"
    # MongoDB compares texts by UTF-8, others by UTF-16, which has the characters beyond U+FFFF before those from
    # U+E000 on. With a character of its own before each, both have the order of code points.
    return "t:" + _BEYOND.sub("\ue001\\g<0>", _HIGH.sub("\ue000\\g<0>", value))


def content(put: Put, indexes: Sequence[str], call: ObjectId) -> dict[str, Any]:
    """Everything but id and revision, with a value for each index, so that a write replaces them all. `call` is unique
    for each call of `put`."""
    made: dict[str, Any] = {"call": call, "body": put.body}
    value_of = put.fields.get
    for name in indexes:
        value = value_of(name)
        made[PREFIX + name] = None if value is None else index_text(value)
    return made


def stored(found: Mapping[str, Any]) -> Stored:
    """The document as the port gives it."""
    return Stored(found["_id"], found["revision"], found["body"])
