"""A partner's monthly review: the actions agreed in it, which are done or carried over to the next month's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.partners.domain.partner import Name, Said
from services.partners.events.support import ActionAgreed, ActionCarried, ActionDone, ReviewEvent
from shared.contracts.rating import months_later
from shared.kernel import Command, Decider, Rejected
from shared.masking import masked
from shared.names import PartnerId

Month = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$(?!\n)")]


class AgreeAction(Command, frozen=True, kw_only=True):
    """Agree in the review of a month what one person does until when. `carried_from`: the month it comes from."""

    partner_id: PartnerId
    month: Month
    action_id: str
    text: Said
    owner: Name
    due: date
    at: datetime
    by: str
    carried_from: Month | None = None


class FinishAction(Command, frozen=True, kw_only=True):
    """Say that an action is done. 409 `unknown_action`, `action_carried`."""

    partner_id: PartnerId
    month: Month
    action_id: str
    outcome: Said
    at: datetime
    by: str


class CarryAction(Command, frozen=True, kw_only=True):
    """Take an action over into the next month's review, with a new due date. 409 `unknown_action`, `action_done`."""

    partner_id: PartnerId
    month: Month
    action_id: str
    due: date
    reason: Said
    at: datetime
    by: str


ReviewCommand = AgreeAction | FinishAction | CarryAction


@dataclass(frozen=True)
class Review:
    """The actions by id, and how each ended that did."""

    agreed: Mapping[str, ActionAgreed] = field(default_factory=dict)
    ended: Mapping[str, ActionDone | ActionCarried] = field(default_factory=dict)


def stream_id(partner_id: str, month: str) -> str:
    """Of one review."""
    return f"{partner_id}:{month}"


def decide(command: ReviewCommand, state: Review) -> list[ReviewEvent]:
    """An action is agreed once, and ends once."""
    match command:
        case AgreeAction():
            return _agree(command, state)
        case FinishAction():
            agreed = _known(command, state)
            if isinstance(ended := state.ended.get(command.action_id), ActionCarried):
                raise Rejected("action_carried", f"It goes on in the review of {months_later(ended.month, 1)}.")
            if ended is not None:
                return []
            return [
                ActionDone(
                    partner_id=agreed.partner_id,
                    month=agreed.month,
                    action_id=agreed.action_id,
                    outcome=masked(command.outcome),
                    at=command.at,
                    by=command.by,
                )
            ]
        case CarryAction():
            agreed = _known(command, state)
            if isinstance(ended := state.ended.get(command.action_id), ActionDone):
                raise Rejected("action_done", "The action is done.")
            if ended is not None:
                return []
            return [
                ActionCarried(
                    partner_id=agreed.partner_id,
                    month=agreed.month,
                    action_id=agreed.action_id,
                    text=agreed.text,
                    owner=agreed.owner,
                    due=command.due,
                    reason=masked(command.reason),
                    at=command.at,
                    by=command.by,
                )
            ]


def _agree(command: AgreeAction, state: Review) -> list[ReviewEvent]:
    agreed = ActionAgreed(
        partner_id=command.partner_id,
        month=command.month,
        action_id=command.action_id,
        text=masked(command.text),
        owner=command.owner,
        due=command.due,
        at=command.at,
        by=command.by,
        carried_from=command.carried_from,
    )
    known = state.agreed.get(command.action_id)
    if known not in (None, agreed):
        raise Rejected("action_exists", "Another action was agreed under this id.")
    return [] if known else [agreed]


def _known(command: FinishAction | CarryAction, state: Review) -> ActionAgreed:
    agreed = state.agreed.get(command.action_id)
    if agreed is None:
        raise Rejected("unknown_action", f"No action {command.action_id} was agreed in the review of {command.month}.")
    return agreed


def evolve(state: Review, event: ReviewEvent) -> Review:
    """Agreed, then done or carried over."""
    match event:
        case ActionAgreed(action_id=action_id):
            return Review({**state.agreed, action_id: event}, state.ended)
        case ActionDone(action_id=action_id) | ActionCarried(action_id=action_id):
            return Review(state.agreed, {**state.ended, action_id: event})


review = Decider("review", ReviewEvent, Review(), decide, evolve)
