"""Which agents should get a call of a campaign: by language, by how soon they are free, and by how well they sell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Literal

import msgspec

from shared.contracts.codes import agent_state

PRIOR_CONTACTS = 50
"""So many contacts at the campaign's mean everybody is taken to have had already: fewer of their own decide little."""
SOON: dict[str, int] = {"available": 0, "wrap_up": 1, "on_call": 2, "paused": 3, "offline": 4}
"""How soon somebody in a state, by its group, can take a call: the smaller the sooner. Who is offline gets none."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, with contacts and sales in the campaign. `languages` empty: nobody said; `state` None: not known;
    `lacks`: the campaign's certificates that the agent does not hold, None where it asks for none."""

    partner: str
    agent: str
    name: str | None = None
    team: str | None = None
    languages: tuple[str, ...] = ()
    state: str | None = None
    since: datetime | None = None
    contacts: int = 0
    sales: int = 0
    lacks: tuple[str, ...] | None = None


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody has a place: what was looked at, what was found, and what it means."""

    of: Literal["language", "state", "conversion", "skill", "certificate"]
    value: str
    text: str


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """An agent who could be reached and gets no call all the same."""

    candidate: Candidate
    reason: Reason


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """An agent with a place, from 1; `conversion` is the one that counts, in per cent with two decimals."""

    rank: int
    candidate: Candidate
    conversion: str
    reasons: tuple[Reason, ...]


def shrunk(sales: int, contacts: int, mean: Fraction) -> Fraction:
    """The conversion drawn toward the campaign's mean: (sales + k * mean) / (contacts + k), with k = `PRIOR_CONTACTS`.

    This is the mean of the posterior of a binomial with the prior Beta(k * mean, k * (1 - mean)) (Gelman et al.,
    Bayesian Data Analysis, 2.4): without contacts it is the mean, with many it is what the agent did.
    """
    return (sales + PRIOR_CONTACTS * mean) / (contacts + PRIOR_CONTACTS)


def ranked(candidates: Sequence[Candidate], language: str | None, mean: Fraction) -> list[Ranked]:
    """Those who can be asked, best first.

    Who is offline, lacks a certificate, or speaks other languages than the call needs, is left out; where nobody said
    what somebody speaks, they come after all who are known to speak it. Then who is free sooner comes first; among
    those the better conversion, then more contacts, then whoever has been in their state longer, then the id.
    """
    asked = [one for one in candidates if _reachable(one) and not one.lacks and _speaks(one, language) is not False]
    placed = sorted(asked, key=lambda one: _place(one, language, mean))
    return [_ranked(rank, one, language, mean) for rank, one in enumerate(placed, 1)]


def left_out(candidates: Sequence[Candidate]) -> list[LeftOut]:
    """Those who are at work and lack a certificate of the campaign, by partner and id."""
    found = [one for one in candidates if _reachable(one) and one.lacks]
    return [
        LeftOut(candidate=one, reason=_certificate(one)) for one in sorted(found, key=lambda o: (o.partner, o.agent))
    ]


def _certificate(one: Candidate) -> Reason:
    if one.lacks is None:
        return Reason(of="certificate", value="", text="the campaign asks for none")
    if not one.lacks:
        return Reason(of="certificate", value="valid", text="holds every certificate of the campaign")
    return Reason(of="certificate", value=",".join(one.lacks), text=f"lacks {', '.join(one.lacks)}")


def _reachable(one: Candidate) -> bool:
    return one.state is not None and agent_state(one.state).display != "offline"


def _speaks(one: Candidate, language: str | None) -> bool | None:
    """None: nobody said."""
    if language is None:
        return True
    return language in one.languages if one.languages else None


def _place(one: Candidate, language: str | None, mean: Fraction) -> tuple[bool, int, Fraction, int, float, str, str]:
    soon = SOON[agent_state(one.state or "offline").display]
    since = one.since.timestamp() if one.since is not None else 0.0
    known = _speaks(one, language) is True
    conversion = -shrunk(one.sales, one.contacts, mean)
    return (not known, soon, conversion, -one.contacts, since, one.partner, one.agent)


def _ranked(rank: int, one: Candidate, language: str | None, mean: Fraction) -> Ranked:
    conversion = shrunk(one.sales, one.contacts, mean)
    reasons = [
        Reason(of="state", value=one.state or "", text=_STATES[agent_state(one.state or "offline").display]),
        Reason(
            of="conversion",
            value=percent(conversion),
            text=f"{one.sales} of {one.contacts} contacts, drawn toward the campaign's {percent(mean)} %"
            f" as if by {PRIOR_CONTACTS} contacts more",
        ),
        Reason(
            of="skill",
            value=str(one.contacts),
            text="has sold for the campaign" if one.sales else "has talked for it" if one.contacts else "is new to it",
        ),
        _certificate(one),
    ]
    if language is not None:
        text = "speaks it" if one.languages else "nobody said what they speak"
        reasons.insert(0, Reason(of="language", value=language, text=text))
    return Ranked(rank=rank, candidate=one, conversion=percent(conversion), reasons=tuple(reasons))


_STATES = {
    "available": "is free now",
    "wrap_up": "is finishing a call",
    "on_call": "is in a call",
    "paused": "is away for a time",
}


def percent(share: Fraction) -> str:
    """In per cent with two decimals; halves go up."""
    hundredths = int(share * 10_000 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02}"
