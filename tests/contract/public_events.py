"""What the public events look like field by field, to be compared with what was once promised in public_events.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from services.asyncapi import PUBLICATIONS
from shared.codec import classes_of
from shared.kernel import Recorded

PROMISED = Path(__file__).with_name("public_events.json")

Fields = dict[str, dict[str, Any]]
Shapes = dict[str, Fields]


def shapes() -> Shapes:
    """Class -> field -> its type and whether it must be there; of the events, the envelope, and all they are made of.

    A field's default belongs to it: what equals the default is not sent, so another default would change the past.
    """
    classes = [event for publication in PUBLICATIONS for event in classes_of(publication.events)]
    envelope = Recorded[classes[0]]  # type: ignore[valid-type]
    _, schemas = msgspec.json.schema_components([*classes, envelope], ref_template="{name}")
    found = {schema["title"].partition("[")[0]: _fields(schema) for schema in schemas.values()}
    found[Recorded.__name__]["event"]["type"] = "the event"
    plain: Shapes = json.loads(json.dumps(found))  # as the file has it
    return dict(sorted(plain.items()))


def topics() -> dict[str, list[str]]:
    """Topic -> the classes of its events."""
    return {one.topic: sorted(event.__name__ for event in classes_of(one.events)) for one in PUBLICATIONS}


def breaches(promised: Shapes, now: Shapes) -> Iterator[str]:
    """What a reader or a log of the time of the promise could not live with, in words."""
    for name, fields in promised.items():
        if name not in now:
            yield f"{name} is gone"
            continue
        for field, said in fields.items():
            if field not in now[name]:
                yield f"{name}.{field} is gone"
            elif now[name][field] != said:
                yield f"{name}.{field} was {json.dumps(said)} and is {json.dumps(now[name][field])}"
        for field in now[name].keys() - fields.keys():
            if now[name][field]["required"]:
                yield f"{name}.{field} is new and has no default"


def write() -> None:
    """Promise what is there now. SystemExit when that would break an earlier promise."""
    now = shapes()
    if PROMISED.exists():
        promised = json.loads(PROMISED.read_text(encoding="utf-8"))
        if broken := list(breaches(promised["shapes"], now)):
            raise SystemExit("\n".join(broken))
    PROMISED.write_text(json.dumps({"topics": topics(), "shapes": now}, indent=1) + "\n", encoding="utf-8")


def _fields(schema: dict[str, Any]) -> Fields:
    required = schema.get("required", ())
    return {
        name: {"type": {k: v for k, v in part.items() if k != "description"}, "required": name in required}
        for name, part in schema["properties"].items()
    }


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{PROMISED.name} is written\n")
