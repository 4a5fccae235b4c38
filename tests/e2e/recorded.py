"""Recorded sets as the tests see them: their expected answers, and what a system answers in the same form."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.simulate.driver import Sent, send_recorded
from tests.e2e.systems import System, ask, documents, everything

FIXTURES = Path(__file__).parents[1] / "fixtures" / "telephony"
SETS = {str(path.parent.relative_to(FIXTURES)): path.parent for path in sorted(FIXTURES.rglob("expected.json"))}
FROM, TO = "2026-03-01", "2026-12-01"
"""All sets lie in this period."""


@dataclass(frozen=True)
class Delivered:
    """A set as it was delivered: its source and partner, what the door answered, what must come of it."""

    source: str
    partner: str
    sent: Sent
    expected: dict[str, Any]

    @property
    def verdicts(self) -> dict[int, str]:
        """Expected, by the number of the delivery."""
        return {entry["n"]: entry["verdict"] for entry in self.expected["deliveries"]}


async def deliver(system: System, folder: Path) -> Delivered:
    """Send a set, and say what must come of it."""
    source, sent, _ = await send_recorded(system.client, folder, demo=True)
    partner = json.loads((folder / "source.json").read_text(encoding="utf-8"))["partner"]
    return Delivered(source, partner, sent, json.loads((folder / "expected.json").read_text(encoding="utf-8")))


def shuffled_twice(folder: Path, into: Path, seed: int) -> Path:
    """A copy of the set in which every delivery comes twice, in any order."""
    target = into / folder.relative_to(FIXTURES)
    target.mkdir(parents=True)
    for name in ("source.json", "expected.json"):
        (target / name).write_bytes((folder / name).read_bytes())
    (target / "payloads").symlink_to(folder / "payloads")
    listed = json.loads((folder / "deliveries.json").read_text(encoding="utf-8"))
    listed["deliveries"] *= 2
    random.Random(f"{seed}/{folder.name}").shuffle(listed["deliveries"])
    (target / "deliveries.json").write_text(json.dumps(listed), encoding="utf-8")
    return target


async def calls_of(system: System, delivered: Delivered) -> list[dict[str, Any]]:
    """All calls of the set's partner, each with its timeline."""
    listed = await everything(system.client, "/api/v1/calls", partner=delivered.partner, limit=3)
    return [await ask(system.client, item["href"]) for item in listed]


async def observed(system: System, delivered: Delivered, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Observations of calls and agents in the form of `events`; customers by their tokens."""
    number_of = {delivery: n for n, delivery in delivered.sent.accepted.items()}
    found = []
    for call in calls:
        rests_on = {item["key"]: number_of[item["delivery"]] for item in call["items"]}
        found += [_event(o, rests_on) for o in call["observations"]]
    agents = await documents(system.runtime.kits["calls"].documents, "tracked_agents", source=delivered.source)
    for document in agents.values():
        rests_on = {
            key: number_of[known["delivery"].rpartition(".")[0]]
            for key, known in document["known"].items()
            if not key.startswith("timer:")
        }
        found += [_event(o, rests_on) for o in document.get("observations", ())]
    return found


def _event(o: dict[str, Any], rests_on: Mapping[str, int]) -> dict[str, Any]:
    data = dict(o.get("data", {}))
    if o["kind"] == "CallStarted":
        data = {
            "direction": data.get("direction", "unknown"),
            "phase": data["phase"],
            "customer_number": o.get("customer"),
            **{name: data.get(name) for name in ("our_number", "campaign", "queue")},
        }
    elif "customer" in o:
        data["customer_number"] = o["customer"]
    return {
        "kind": o["kind"],
        "call": o.get("call"),
        "leg": o.get("leg"),
        "at": moment(o["at"]),
        "agent": o.get("agent"),
        "flags": sorted(o.get("flags", ())),
        "from": sorted({rests_on[key] for key in o["items"]}),
        "data": data,
    }


def facts(call: dict[str, Any]) -> dict[str, Any]:
    """A call's summary in the form of `calls`; the customer by its token."""
    summary = {name: value for name, value in call["summary"].items() if name not in ("state", "customer_ref")}
    times = {name: moment(summary[name]) for name in ("started_at", "answered_at", "ended_at")}
    return summary | times | {"customer_number": call["summary"]["customer_ref"]}


def moment(text: str | None) -> str | None:
    """A time of the API in the fixtures' form, with milliseconds."""
    if text is None:
        return None
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction[:3]:0<3}Z"


class Tokens:
    """Which number has which token: found in pairs, and never two for one."""

    def __init__(self) -> None:
        self.of_number: dict[str, str] = {}

    def named(self, expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Calls or events with tokens in the place of numbers."""
        return [self._named(entry) for entry in expected]

    def _named(self, entry: dict[str, Any]) -> dict[str, Any]:
        if isinstance(entry.get("data"), dict):
            return entry | {"data": self._named(entry["data"])}
        number = entry.get("customer_number")
        return entry if number is None else entry | {"customer_number": self.of_number[number]}

    def learn(self, number: str | None, token: str | None) -> None:
        """A call's number, and the token that the system gave it. Both or neither."""
        assert (number is None) == (token is None)
        if number is not None and token is not None:
            assert token.startswith("cus_")
            assert self.of_number.setdefault(number, token) == token, "two tokens for one number"
            assert len(set(self.of_number.values())) == len(self.of_number), "one token for two numbers"
