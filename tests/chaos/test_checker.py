"""Each check of the checker is silent on a small world where all is well, and speaks when that world is doctored."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos.book import CALLS, GATEWAY, PARTNERS, TELEPHONY, Book, Entry
from tests.chaos.checker import breaches
from tests.chaos.journal import Told

ORIGIN = "telephony.1/0"
QUARTER = 1_772_618_400
"""2026-03-04 10:00 UTC."""
AT = "2026-03-04T10:00:00+00:00"
Doctor = Callable[[Book, Told], Any]


def event(call: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "CallStarted", "call": f"s:{call}", "partner": "p", "offered": True, "direction": "inbound",
        "interval": "2026-03-04T10:00:00Z", "day": "2026-03-04",
    } | more  # fmt: skip


def entry(offset: int, position: tuple[int, int], what: dict[str, Any], origin: str = ORIGIN) -> Entry:
    record = {"origin": origin, "position": position, "recorded_at": AT, "event": what}
    return Entry(offset, origin, position, None, what, json.dumps(record).encode())


def watching() -> list[dict[str, Any]]:
    """An endpoint that asks for agents, and an alert that was raised, called, and is over."""
    alert, hook = {"alert": "al_1", "at": AT}, {"webhook": "wh_1", "at": AT}
    return [
        {"type": "WebhookConfigured", "url": "http://there", "events": ["AgentRegistered"]} | hook,
        {"type": "WebhookKeyChanged", "key": "1"} | hook,
        {"type": "AlertDefined", "limit": 3.0} | alert,
        {"type": "AlertRaised", "episode": 1, "value": 4.0} | alert,
        {"type": "AlertCalled", "episode": 1} | alert,
        {"type": "AlertResolved", "episode": 1} | alert,
    ]


def sound() -> tuple[Book, Told]:
    """Two calls told once, of which the second was retried; a bad item; a foreign record; an agent."""
    calls = [event("once-1"), event("late-2")]
    items = {
        0: {"source": "s", "correlation": "call:once-1", "delivery": "d1", "index": 0},
        1: {"source": "s", "correlation": "call:late-2", "delivery": "d2", "index": 0},
        3: {"source": "s", "correlation": "call:late-2", "delivery": "d2", "index": 0, "retried": True},
        4: {"source": "s", "correlation": "call:bad-3", "delivery": "d3", "index": 0},
    }
    tracked = {f"s:{item['correlation']}": {"partition": 0, "told": {}, "outbox": []} for item in items.values()}
    for position, call in zip(((0, 0), (3, 0)), calls, strict=True):
        fact = {"position": list(position), "event": call}
        tracked[f"s:call:{call['call'].partition(':')[2]}"]["told"] = {"started": fact}
    common = {"partner": "p", "campaign": "", "agent": "", "direction": "inbound", "counts": "production"}
    tally = common | {"interval": QUARTER * 1000, "tally": {"offered": 2}}
    registered = {"type": "AgentRegistered", "partner_id": "p", "agent": "extra-0", "name": "Extra"}
    book = Book(
        items={0: items},
        events={
            CALLS: {0: [entry(0, (0, 0), calls[0]), entry(1, (3, 0), calls[1]), entry(2, (3, 0), calls[1])]},
            PARTNERS: {0: [entry(0, (1, 0), registered, "partners")]},
            GATEWAY: {0: [entry(n, (n + 1, 0), what, "gateway") for n, what in enumerate(watching())]},
        },
        unreadable={(TELEPHONY, 0, 2)},
        documents={
            ("calls", "tracked_calls"): tracked,
            ("calls", "tracked_agents"): {},
            ("calls", "deliveries"): {
                f"{d}|0": {"delivery": d, "verdicts": {"0": verdict}}
                for d, verdict in (("d1", "accepted"), ("d2", "accepted"), ("d3", "invalid"))
            },
            ("calls", "intake"): {"s|0": {"source": "s", "counts": {"accepted": 2, "invalid": 1}}},
            ("calls", "dead_letters"): {
                "item:0:1": {"kind": "item", "source": "s", "state": "retried", "retries": 1, "context": {}},
                "item:0:4": {"kind": "item", "source": "s", "context": {}},
                "record:0:2": {"kind": "record", "source": TELEPHONY, "context": {}},
                "delivery:d4": {"kind": "delivery", "source": "s", "context": {"delivery": "d4"}},
            },
        },
        views={
            "performance": {"x|0": tally},
            "performance_day": {"x|0": common | {"day": "2026-03-04", "tally": {"offered": 2}}},
            "evidence": {
                "x|0": common | {"interval": QUARTER * 1000, "calls": {c["call"]: {"offered": 1} for c in calls}},
            },
            "call_people": {"agent:p:extra-0|0": {"partner": "p", "agent": "extra-0", "name": "Extra"}},
            "agents": {
                "p:extra-0|0": {"partner_id": "p", "agent": "extra-0", "name": "Extra", "languages": [], "changes": 1}
            },
            "alerts": {
                "al_1|0": {
                    "alert": "al_1",
                    "defined": {"limit": 3.0},
                    "episodes": [{"episode": 1, "value": 4.0, "calls": [AT], "resolved_at": AT}],
                }
            },
            "webhooks": {
                "wh_1|0": {"webhook": "wh_1", "configured": {"url": "http://there"}, "keys": [{"key": "1"}]},
            },
            "call_sources": {},
            "sources": {},
            "partners": {},
            "performance_month": {
                "x|0": common | {"month": "2026-03", "days": {"offered": [0, 0, 0, 2] + [0] * 27}},
            },
        },
        commits={
            "partners": [{"number": 1, "events": json.dumps([registered])}],
            "gateway": [{"number": n, "events": json.dumps([what])} for n, what in enumerate(watching(), 1)],
        },
    )
    told = Told(
        taken={"d1": ("s", 1), "d2": ("s", 1), "d3": ("s", 1), "d4": ("s", 0)},
        unreadable={"d4"},
        once={"once-1": True, "late-2": True},
        seconds={"once-1": QUARTER + 1, "late-2": QUARTER + 2},
        agents=["extra-0"],
        foreign={(TELEPHONY, 0, 2): True},
        retried={"item:0:1": 200, "item:0:4": 409, "record:0:2": 409, "delivery:d4": 409},
        hooked=[(("partners", (1, 0)), "msg_1"), (("partners", (1, 0)), "msg_1")],
        read={"performance": [("1.4", "a"), ("2.4", "b"), ("2.4", "b")]},
    )
    return copy.deepcopy((book, told))


def kinds(doctor: Doctor) -> set[str]:
    book, told = sound()
    doctor(book, told)
    return {line.partition(":")[0] for line in breaches(book, told)}


def test_a_sound_world_has_no_breach() -> None:
    assert breaches(*sound()) == []


@pytest.mark.parametrize(("more", "wrong"), [({"counts": "test"}, False), ({}, True)])
def test_a_canary_counts_in_no_quarter(more: dict[str, str], wrong: bool) -> None:
    def doctor(book: Book, _: Told) -> None:
        book.views["performance"]["y|0"] = book.views["performance"]["x|0"] | {"tally": {"offered": 1}} | more

    assert ("quarter" in kinds(doctor)) is wrong


def letters(book: Book) -> dict[str, Any]:
    return book.documents["calls", "dead_letters"]


def _twice(book: Book, told: Told) -> None:
    told.once["once-1"] = False
    book.events[CALLS][0].append(entry(3, (5, 0), event("once-1")))


DOCTORED: dict[str, tuple[str, Doctor]] = {
    "an acknowledged item is not in the log": ("lost", lambda b, t: b.items[0].pop(0)),
    "an item has no document": ("lost", lambda b, t: b.documents["calls", "tracked_calls"].pop("s:call:bad-3")),
    "an item has no verdict": ("verdict", lambda b, t: b.documents["calls", "deliveries"].pop("d1|0")),
    "a delivery that nobody sent": (
        "phantom",
        lambda b, t: b.items[0].update(
            {9: {"source": "s", "correlation": "call:once-1", "delivery": "d9", "index": 0}}
        ),
    ),
    "a document of no item": (
        "phantom",
        lambda b, t: b.documents["calls", "tracked_calls"].update({"s:call:x": {"partition": 0}}),
    ),
    "a fact of a call that nobody told": (
        "phantom",
        lambda b, t: b.events[CALLS][0].append(entry(3, (5, 0), event("never"))),
    ),
    "a call counts twice": ("once", lambda b, t: b.events[CALLS][0].append(entry(3, (5, 0), event("once-1")))),
    "a call that was acknowledged does not count": ("once", lambda b, t: t.once.update({"once-9": True})),
    "a call of unknown outcome counts twice": (
        "once",
        lambda b, t: _twice(b, t),
    ),
    "first copies are out of order": ("order", lambda b, t: b.events[CALLS][0].reverse()),
    "a first copy is missing": (
        "gap",
        lambda b, t: b.events[CALLS][0].append(entry(3, (5, 1), event("once-1"))),
    ),
    "a position has two contents": (
        "content",
        lambda b, t: b.events[CALLS][0].append(entry(3, (3, 0), event("late-2", offered=False))),
    ),
    "what was told is not in the log": ("told", lambda b, t: b.events[CALLS][0].pop(0)),
    "an outbox was not published": (
        "outbox",
        lambda b, t: b.tracked()["s:call:once-1"]["outbox"].append({"position": [8, 0]}),
    ),
    "a reversal of nothing": (
        "reversal",
        lambda b, t: b.events[CALLS][0].append(entry(3, (5, 0), event("x"))._replace(reverses=(ORIGIN, (4, 0)))),
    ),
    "a view counts too much": ("view", lambda b, t: b.views["performance"]["x|0"]["tally"].update(offered=3)),
    "a month counts too little": ("view", lambda b, t: b.views["performance_month"]["x|0"]["days"].clear()),
    "the evidence has another call": (
        "view",
        lambda b, t: b.views["evidence"]["x|0"]["calls"].update({"s:never": {"offered": 1}}),
    ),
    "a register lost an agent": ("view", lambda b, t: b.views["agents"].clear()),
    "a register has another name": (
        "view",
        lambda b, t: b.views["call_people"]["agent:p:extra-0|0"].update(name="Else"),
    ),
    "a register knows a source of nobody": (
        "view",
        lambda b, t: b.views["sources"].update({"s|0": {"source_id": "s", "revision": 1}}),
    ),
    "an alert was called once more": (
        "view",
        lambda b, t: b.views["alerts"]["al_1|0"]["episodes"][0]["calls"].append(AT),
    ),
    "an alert of nobody": ("view", lambda b, t: b.views["alerts"].update({"al_2|0": b.views["alerts"]["al_1|0"]})),
    "an endpoint has an older key": ("view", lambda b, t: b.views["webhooks"]["wh_1|0"]["keys"][0].update(key="0")),
    "an endpoint was not told": ("hook", lambda b, t: t.hooked.clear()),
    "an endpoint was told under two names": ("hook", lambda b, t: t.hooked.append((("partners", (1, 0)), "msg_2"))),
    "an endpoint was told of nothing": ("hook", lambda b, t: t.hooked.append((("partners", (9, 0)), "msg_9"))),
    "a view has money of nobody": (
        "money",
        lambda b, t: b.views["performance_day"]["x|0"]["tally"].update(revenue={"EUR": 1}),
    ),
    "a call counts in another quarter": ("quarter", lambda b, t: t.seconds.update({"late-2": QUARTER + 900})),
    "an item is not counted": (
        "intake",
        lambda b, t: b.documents["calls", "intake"]["s|0"]["counts"].update(accepted=1),
    ),
    "a verdict that nobody knows": (
        "intake",
        lambda b, t: b.documents["calls", "intake"]["s|0"]["counts"].update(lost=0),
    ),
    "a bad item is in no dead letter": ("intake", lambda b, t: letters(b).pop("item:0:4")),
    "an unreadable delivery is in no dead letter": ("letter", lambda b, t: letters(b).pop("delivery:d4")),
    "a dead letter was sent again and waits still": (
        "again",
        lambda b, t: letters(b)["item:0:1"].update(state="waiting"),
    ),
    "a dead letter says that it was sent again, and was refused": (
        "again",
        lambda b, t: letters(b)["delivery:d4"].update(state="retried"),
    ),
    "a foreign record is in no dead letter": ("foreign", lambda b, t: letters(b).pop("record:0:2")),
    "a record of ours is a dead letter": (
        "foreign",
        lambda b, t: letters(b).update({"record:0:0": {"kind": "record", "source": TELEPHONY, "context": {}}}),
    ),
    "a record that nobody put there": ("foreign", lambda b, t: b.unreadable.add((CALLS, 0, 7))),
    "a reader is told of an earlier state": ("as_of", lambda b, t: t.read["performance"].append(("2.3", "c"))),
    "one ETag for two states": ("as_of", lambda b, t: t.read["performance"].append(("3.4", "b"))),
    "an end is given up though no clock jumped": (
        "early",
        lambda b, t: b.items[0].update(
            {9: {"source": "s", "correlation": "call:live-1", "delivery": "timer:", "index": 0, "timer": "no_end"}}
        ),
    ),
    "a commit has no number": ("relay", lambda b, t: b.commits["partners"][0].update(number=None)),
    "an event of the gateway was not published": ("relay", lambda b, t: b.events[GATEWAY][0].pop()),
    "an agent is registered by nobody": ("command", lambda b, t: t.agents.append("extra-1")),
    "the spool still holds something": ("spool", lambda b, t: setattr(b, "spooled", 1)),
    "something was seen to be wrong": ("seen", lambda b, t: t.wrong.append("seen: it")),
}


@pytest.mark.parametrize("what", DOCTORED)
def test_a_doctored_world_is_found(what: str) -> None:
    kind, doctor = DOCTORED[what]
    assert kind in kinds(doctor)


def test_a_clock_that_jumped_ahead_may_give_up_an_end() -> None:
    def doctor(book: Book, told: Told) -> None:
        DOCTORED["an end is given up though no clock jumped"][1](book, told)
        told.jumps.append(("worker-a", 86_400))

    assert "early" not in kinds(doctor)
