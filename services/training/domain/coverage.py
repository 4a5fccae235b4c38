"""Coverage: how many agents of a partner hold a certificate, against what its contract asks for, and how many soon will
not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from shared.contracts.training import AgentCertified

SOON = timedelta(days=30)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is agreed: so many agents who take calls with the certificate, and so many back-ups besides."""

    certificate: str
    agents: int
    backups: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Of a partner and a certificate. `registered`: the partner's agents; `certified`: those who hold it; `backups`:
    those of them beyond the agents that the contract asks for; `missing`, `missing_backups`: how many fewer there are
    than it asks; `lapsing`: those of the certified whose certificate ends within 30 days, so that they count no more
    unless it is renewed; `asked_agents`, `asked_backups` None: no contract says."""

    partner: str
    certificate: str
    products: tuple[str, ...]
    registered: int
    certified: int
    backups: int
    lapsing: int
    asked_agents: int | None
    asked_backups: int | None
    missing: int
    missing_backups: int


def coverage_of(
    partner: str,
    certificate: str,
    products: Sequence[str],
    registered: int,
    held: Iterable[AgentCertified],
    asked: Sequence[Asked],
    day: date,
) -> Coverage:
    """An agent who holds the certificate of several courses counts once, and until the last of them ends. Several
    contracts that ask for the same one add up."""
    until: dict[str, date] = defaultdict(lambda: date.min)
    for one in held:
        if one.valid_until > day:
            until[one.agent] = max(until[one.agent], one.valid_until)
    mine = [one for one in asked if one.certificate == certificate]
    agents, wanted = sum(one.agents for one in mine), sum(one.backups for one in mine)
    certified = len(until)
    backups = max(0, certified - agents)
    return Coverage(
        partner=partner,
        certificate=certificate,
        products=tuple(products),
        registered=registered,
        certified=certified,
        backups=backups,
        lapsing=sum(1 for ends in until.values() if ends <= day + SOON),
        asked_agents=agents if mine else None,
        asked_backups=wanted if mine else None,
        missing=max(0, agents - certified),
        missing_backups=max(0, wanted - backups),
    )
