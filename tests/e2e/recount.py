"""The figures counted again from a set's expected answers, by the rules of its README and of the KPIs, on their own."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

Events = list[dict[str, Any]]

SPOKE_TO_THE_DECIDER = {
    "sale", "not_interested", "callback", "information_given", "do_not_call", "complaint", "order_question",
}  # fmt: skip
PRODUCTIVE = {"available", "ringing", "on_call", "hold", "wrap_up"}


@dataclass
class Sums:
    """What is added up, for a partner or for one of its agents."""

    n: Counter[str] = field(default_factory=Counter)
    revenue: Counter[str] = field(default_factory=Counter)
    dispositions: Counter[str] = field(default_factory=Counter)
    offered_at: Counter[str] = field(default_factory=Counter)
    sold_at: Counter[str] = field(default_factory=Counter)


def at(text: str) -> datetime:
    """A time of the fixtures."""
    return datetime.fromisoformat(text)


def quarter(text: str) -> str:
    """The start of the quarter of an hour, as the API writes it."""
    moment = at(text)
    return f"{moment - timedelta(minutes=moment.minute % 15):%Y-%m-%dT%H:%M}:00Z"


def recount(expected: dict[str, Any]) -> tuple[Sums, dict[str | None, Sums]]:
    """The sums of the partner, and of each agent by the vendor's id (None: nobody)."""
    whole, agents = Sums(), defaultdict[str | None, Sums](Sums)
    by_call = defaultdict[str, Events](list)
    by_agent = defaultdict[str, Events](list)
    for event in expected["events"]:
        if event["kind"] == "AgentStateChanged":
            by_agent[event["agent"]].append(event)
        else:
            by_call[event["call"]].append(event)
    for call in expected["calls"]:
        _call(call, by_call[call["call"]], whole, agents)
    for agent, states in by_agent.items():
        _time(states, whole, agents[agent])
    return whole, dict(agents)


def _call(call: dict[str, Any], events: Events, whole: Sums, agents: dict[str | None, Sums]) -> None:
    starts = [e for e in events if e["kind"] == "CallStarted"]
    queued = any(e["data"]["phase"] == "queued" for e in starts)
    began = call["started_at"] or call["answered_at"] or call["ended_at"]
    human = call["outcome"] == "answered"
    if call["direction"] == "inbound" or (call["direction"] == "unknown" and queued):
        whole.n["offered"] += 1
        whole.offered_at[quarter(began)] += 1
        _waited(call, human, whole)
    if call["direction"] == "outbound":
        whole.n["dials"] += 1
        whole.n["connects"] += human or call["outcome"] == "machine"
        named = [e["agent"] for kinds in (("CallStarted",), ("CallAnswered",), None) for e in events
                 if e["agent"] and (kinds is None or e["kind"] in kinds)]  # fmt: skip
        agents[named[0] if named else None].n["dials"] += 1
    whole.n["contacts"] += human
    legs = legs_of(call, events)
    for agent in legs:
        whole.n["handled"] += 1
        agents[agent].n["handled"] += 1
    if legs:
        for name in ("talk_ms", "hold_ms"):
            whole.n[name] += call[name] or 0
    whole.n["wrap_ms"] += call["wrap_ms"] or 0
    whole.n["transfers"] += call["transfers"]
    _results(events, legs, whole, agents)


def _waited(call: dict[str, Any], human: bool, whole: Sums) -> None:
    if human:
        whole.n["answered"] += 1
        whole.n["answered_wait_ms"] += call["wait_ms"] or 0
        whole.n["answered_in_20"] += call["wait_ms"] is not None and call["wait_ms"] <= 20_000
    elif call["outcome"] == "abandoned":
        whole.n["abandoned"] += 1
        whole.n["abandoned_wait_ms"] += call["wait_ms"] or 0
        whole.n["short_abandoned"] += call["wait_ms"] is not None and call["wait_ms"] <= 5_000
    elif call["ended_at"]:
        whole.n["flowed_out"] += 1


def legs_of(call: dict[str, Any], events: Events) -> list[str | None]:
    """Who handled a part of the call that is over: each human answer that names a leg or an agent once, and nobody,
    where the last transfer was answered by nobody while the call went on."""
    answers = [e for e in events if e["kind"] == "CallAnswered" and e["data"].get("answered_by") != "machine"]
    named = [e for e in answers if e["leg"] or e["agent"]]
    first: dict[str, dict[str, Any]] = {}
    for e in named or answers:
        first.setdefault(e["leg"] or e["agent"] or "", e)
    if not first or not call["ended_at"]:
        return []
    legs = [_credited(e, events, alone=len(first) == 1) for e in first.values()]
    last = list(first.values())[-1]
    handed = [
        e
        for e in events
        if e["kind"] == "CallTransferred" and (e["leg"] or e["agent"]) in (last["leg"], legs[-1], None)
    ]
    away = [e["at"] for e in handed if e["at"] > last["at"]]
    ends = [e for e in events if e["kind"] == "CallEnded"]
    mine = ends if len(first) == 1 else [e for e in ends if (e["leg"] or e["agent"]) in (last["leg"], last["agent"])]
    measured = any(e["data"]["talk_ms"] is not None for e in mine)
    return [*legs, None] if away and away[-1] < call["ended_at"] and not measured else legs


def _credited(answer: dict[str, Any], events: Events, alone: bool) -> str | None:
    same_leg = [e["agent"] for e in events if e["agent"] and (alone or (e["leg"] and e["leg"] == answer["leg"]))]
    return answer["agent"] or (same_leg[0] if same_leg else None)


def _results(events: Events, legs: list[str | None], whole: Sums, agents: dict[str | None, Sums]) -> None:
    last: dict[str, dict[str, Any]] = {}
    sales: dict[str, dict[str, Any]] = {}
    for e in events:
        if e["kind"] == "CallDispositioned":
            last[e["leg"] or e["agent"] or ""] = e
        elif e["kind"] == "SaleRecorded":
            sales[e["data"]["order_ref"] or e["leg"] or e["agent"] or ""] = e
    for e in last.values():
        whole.dispositions[e["data"]["canonical"]] += 1
        whole.n["decision_contacts"] += e["data"]["canonical"] in SPOKE_TO_THE_DECIDER
    for e in sales.values():
        agent = e["agent"] or (legs[0] if len(legs) == 1 else None)
        data = e["data"]
        for sums in (whole, agents[agent]):
            sums.n["sales"] += 1
            sums.n["units"] += 1 if data["quantity"] is None else data["quantity"]
            sums.sold_at[quarter(e["at"])] += 1
            if data["amount_minor"] is not None and data["currency"]:
                sums.revenue[data["currency"]] += data["amount_minor"]


def _time(states: Events, whole: Sums, agent: Sums) -> None:
    """Each state lasts until the next observation of the same day; the last one is not over."""
    for one, following in pairwise(states):
        state = one["data"]["state"]
        if one["at"][:10] != following["at"][:10] or state == "offline":
            continue
        lasted = round((at(following["at"]) - at(one["at"])) / timedelta(milliseconds=1))
        for sums in (whole, agent):
            sums.n["logged_in_ms"] += lasted
            sums.n["productive_ms"] += lasted if state in PRODUCTIVE else 0
