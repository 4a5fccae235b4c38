"""Drawing of calls by a plan, so that the same talks give the same sample, whoever draws and in whatever order.

Each talk gets a mark, the SHA-256 of the seed, the part of the plan and the talk's name; the lowest marks of a stratum
are drawn. Marks are as good as independent random numbers, so every subset of a size is as likely as every other: this
is simple random sampling by random sort keys (Sunter, 1977), with keys that anybody can compute again. A talk that
comes late changes the draw by no more than itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from services.training.events.samples import DrawnCall, Risk, SamplePlan, Why

_RISKS: tuple[Risk, ...] = ("very_short", "very_long", "cancelled_sale")


@dataclass(frozen=True)
class Candidate:
    """A talk that may be drawn: an agent's whole part in a call. `cancelled`: an order of the call was taken back."""

    call: str
    agent: str
    day: str
    campaign: str | None
    disposition: str | None
    talk_ms: int
    cancelled: bool = False


@dataclass(frozen=True)
class Draw:
    """What was drawn, by mark-free order: day, call, agent; and of how many."""

    population: int
    calls: tuple[DrawnCall, ...]


def draw(plan: SamplePlan, talks: Iterable[Candidate]) -> Draw:
    """The talks that the plan draws. Each call is drawn once at most, for the agent who talked longest in it: it is one
    evaluation."""
    of_call: dict[str, Candidate] = {}
    for talk in talks:
        if plan.campaign in (None, talk.campaign) and plan.since.isoformat() <= talk.day <= plan.until.isoformat():
            of_call[talk.call] = _longer(of_call.get(talk.call), talk)
    everyone = list(of_call.values())
    why: dict[str, list[Why]] = {}
    for talk in _lowest(everyone, plan.random, f"{plan.seed}\nrandom"):
        why.setdefault(talk.call, []).append("random")
    strata: dict[tuple[str, str], list[Candidate]] = {}
    for talk in everyone:
        strata.setdefault((talk.agent, talk.disposition or ""), []).append(talk)
    for members in strata.values():
        for talk in _lowest(members, plan.per_stratum, f"{plan.seed}\nstratum"):
            why.setdefault(talk.call, []).append("stratum")
    for kind in _RISKS:
        risky = [talk for talk in everyone if _at_risk(talk, kind, plan)]
        for talk in _lowest(risky, plan.risk.get(kind, 0), f"{plan.seed}\n{kind}"):
            why.setdefault(talk.call, []).append(kind)
    drawn = sorted((of_call[call] for call in why), key=lambda talk: (talk.day, talk.call))
    return Draw(len(everyone), tuple(_drawn(talk, tuple(why[talk.call])) for talk in drawn))


def _longer(known: Candidate | None, talk: Candidate) -> Candidate:
    if known is None:
        return talk
    return min(known, talk, key=lambda one: (-one.talk_ms, one.agent))


def _lowest(talks: list[Candidate], count: int, salt: str) -> list[Candidate]:
    return sorted(talks, key=lambda talk: hashlib.sha256(f"{salt}\n{talk.call}".encode()).digest())[:count]


def _at_risk(talk: Candidate, kind: Risk, plan: SamplePlan) -> bool:
    match kind:
        case "very_short":
            return talk.talk_ms < plan.short_below_s * 1000
        case "very_long":
            return talk.talk_ms > plan.long_above_s * 1000
        case "cancelled_sale":
            return talk.cancelled


def _drawn(talk: Candidate, why: tuple[Why, ...]) -> DrawnCall:
    return DrawnCall(
        call=talk.call,
        agent=talk.agent,
        day=talk.day,
        campaign=talk.campaign,
        disposition=talk.disposition,
        talk_ms=talk.talk_ms,
        why=why,
    )
