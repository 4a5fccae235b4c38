"""Ending a co-operation step by step: what is still open of each step, who may close it, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from services.partners.domain.lifecycle import CONDITIONS, MOVES, WORKING, Facts
from shared.contracts.partners import Stage

ENDING: Stage = "ending"
ENDED: Stage = "ended"


class Closing(NamedTuple):
    """Who closes a step, and by which request; `{partner_id}` stands for the partner's id."""

    who: str
    how: str


_BY_HAND = "POST /api/v1/partners/{partner_id}/facts"
CLOSING: Mapping[str, Closing] = {
    "notice_given": Closing("The partner's owner", "POST /api/v1/contracts/{contract_id}/termination"),
    "campaigns_stopped": Closing("The partner's owner", f'{_BY_HAND} with fact "running_campaign", holds false'),
    "credentials_revoked": Closing("An administrator", "POST /api/v1/partners/{partner_id}/credentials/revoke-all"),
    "months_agreed": Closing("Whoever agrees the months", f'{_BY_HAND} with fact "open_month", holds false'),
    "invoices_settled": Closing("Accounting", f'{_BY_HAND} with fact "open_invoice", holds false'),
    "hot_leads_closed": Closing("The partner's owner", f'{_BY_HAND} with fact "open_hot_lead", holds false'),
    "tickets_closed": Closing("Either side", "POST /api/v1/tickets/{ticket_id}/resolution"),
    "data_settled": Closing(
        "The partner's owner, with the data protection officer",
        f'{_BY_HAND} with fact "settled_data" and the document\'s content hash as proof',
    ),
    "archived": Closing("The partner's owner, last", "POST /api/v1/partners/{partner_id}/archive"),
}
"""How each step is closed, by the name of its condition."""


class EndingStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the ending: the rule, whether it holds, what is open (or known, with what is said of it), and how it is
    closed by whom."""

    step: str
    text: str
    done: bool
    open: dict[str, str]
    known: dict[str, str]
    says: str | None
    who: str
    how: str


def step_names() -> tuple[str, ...]:
    """The conditions of an ending in order: those by which it begins, then those by which it is over."""
    begins = MOVES[(WORKING[0], ENDING)].conditions
    return (*begins, *(name for name in MOVES[(ENDING, ENDED)].conditions if name not in begins))


def steps(partner_id: str, facts: Facts) -> list[EndingStep]:
    """Every step as it stands."""
    found = []
    for name in step_names():
        condition, closing = CONDITIONS[name], CLOSING[name]
        held = dict(facts.get(condition.fact, {}))
        says = condition.unmet(facts)
        found.append(
            EndingStep(
                step=name,
                text=condition.text,
                done=says is None,
                open=dict(condition.open(facts)),
                known=held if condition.wants == "some" else {},
                says=says,
                who=closing.who,
                how=closing.how.replace("{partner_id}", partner_id),
            )
        )
    return found
