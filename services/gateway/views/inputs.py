"""What the wallboard is made of: live calls, agents, sources and names at one moment, and the day's figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is not over, or whose end never came. `call` is our id; `campaign` None where nobody said; `lacks`:
    the campaign's certificates that its `agent` does not hold."""

    call: str
    partner: str
    state: Literal["waiting", "in_progress", "no_end"]
    campaign: str | None = None
    started_at: datetime | None = None
    agent: str | None = None
    lacks: tuple[str, ...] = ()


class AgentState(msgspec.Struct, frozen=True, kw_only=True):
    """The last known state of an agent, by its canonical code (`shared.contracts.codes`)."""

    partner: str
    agent: str
    state: str
    since: datetime


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A telephony source. `live`: it runs on the real clock, so silence means something. None: never heard of."""

    source: str
    partner: str
    live: bool
    last_event_at: datetime | None = None


class History(msgspec.Struct, frozen=True):
    """How far the filling of past days has come."""

    days_done: int
    days_total: int


class OpenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert whose episode goes on. `partner`, `campaign` None: it is about all; `acknowledged_by` is empty while
    nobody took it on."""

    alert: str
    name: str
    since: datetime
    partner: str | None = None
    campaign: str | None = None
    acknowledged_by: str = ""


def key_of(partner: str, agent: str) -> str:
    """By which an agent stands among those of all partners."""
    return f"{partner}/{agent}"


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Display names by id; agents' by `key_of`. Who is not in it is shown by id. `meant`: for which partners a campaign
    is; one that isn't there is for all."""

    partners: dict[str, str] = {}
    campaigns: dict[str, str] = {}
    agents: dict[str, str] = {}
    meant: dict[str, tuple[str, ...]] = {}

    def partner(self, partner: str) -> str:
        """What people call a partner."""
        return self.partners.get(partner, partner)

    def campaign(self, campaign: str) -> str:
        """What people call a campaign."""
        return self.campaigns.get(campaign, campaign)

    def agent(self, partner: str, agent: str) -> str:
        """What people call an agent."""
        return self.agents.get(key_of(partner, agent), agent)

    def of_partners(self, sees: Callable[[str], bool]) -> Names:
        """Those of the partners that somebody sees, of their agents, and of the campaigns that are for them."""
        return Names(
            partners={id_: name for id_, name in self.partners.items() if sees(id_)},
            campaigns={id_: name for id_, name in self.campaigns.items() if self._is_for(id_, sees)},
            agents={id_: name for id_, name in self.agents.items() if sees(id_.partition("/")[0])},
            meant=self.meant,
        )

    def _is_for(self, campaign: str, sees: Callable[[str], bool]) -> bool:
        meant = self.meant.get(campaign)
        return not meant or any(map(sees, meant))

    def choice(self, sees: Callable[[str], bool], *chosen: str | None) -> dict[str, str]:
        """The partners among which somebody chooses, by id: those that they see. What is chosen is among them also
        where nobody has named it: else a form would show, and send, another one."""
        ids = {*self.partners, *(id_ for id_ in chosen if id_)}
        return {id_: self.partner(id_) for id_ in sorted(ids) if sees(id_)}


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a scope at one moment.

    `generation` changes when offsets start anew; `as_of` says for each log partition how far it was read when this
    was put together. Two readers that give the same pair give the same content.
    """

    generation: str
    as_of: dict[str, int]
    calls: list[LiveCall]
    agents: list[AgentState]
    sources: list[Source]
    names: Names = Names()
    alerts: list[OpenAlert] = []
    history: History | None = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the day. `value` is None when the denominator is nought; ratios are between 0 and 1.

    `numerator_of` and `denominator_of` name the measures under which the evidence of each can be asked for.
    `variant` names the definition that was used, `formula` says it; `target` comes from the contract.
    """

    value: float | None
    n: int
    numerator: float | None = None
    denominator: float | None = None
    numerator_of: str = ""
    denominator_of: str = ""
    variant: str = ""
    formula: str = ""
    target: float | None = None


class AgentToday(msgspec.Struct, frozen=True, kw_only=True):
    """The day's figures of one agent. `sales` are those that the telephony reports, `confirmed` orders. `contacts` is
    what conversion is counted over; `aht_s` is in seconds."""

    partner: str
    agent: str
    handled: int
    sales: int
    confirmed: int = 0
    contacts: int = 0
    aht_s: float | None = None
    conversion: float | None = None


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a day, cut in `zone`; None: each partner's own day.

    `totals` by key: `service_level`, `abandoned`, `sales`, `confirmed`, `conversion`; more are passed over.
    """

    day: str
    zone: str | None = None
    service_seconds: int = 20
    totals: dict[str, Total] = {}
    rows: list[AgentToday] = []
