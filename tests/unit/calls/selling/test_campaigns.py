"""Campaigns and the numbers that customers call: what is said holds, and each number stands for one campaign."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.calls.domain.campaign import (
    AskedShare,
    DescribeCampaign,
    EndCampaign,
    PauseCampaign,
    StartCampaign,
    campaign,
)
from services.calls.domain.number import AssignNumber, ReleaseNumber, number
from services.calls.events.campaigns import (
    CampaignDescribed,
    CampaignEnded,
    CampaignEvent,
    CampaignPaused,
    CampaignStarted,
    NumberAssigned,
    NumberReleased,
    PartnerShare,
)
from services.calls.views.campaigns import campaigns
from services.calls.views.numbers import numbers
from shared.kernel import Rejected
from tests.spec import evolved, given, seen
from tests.unit.calls.selling.catalogue import AT, WHO

FIELDS: dict[str, Any] = {
    "campaign": "lamps",
    "name": "Lamps",
    "countries": ("HR",),
    "languages": ("hr",),
    "scripts": {"hr": "lamps-in"},
    "starts": date(2026, 3, 1),
    **WHO,
}
described = CampaignDescribed(**FIELDS)
started = CampaignStarted(campaign="lamps", **WHO)
paused = CampaignPaused(campaign="lamps", reason="no stock", **WHO)
ended = CampaignEnded(campaign="lamps", reason="sold out", **WHO)
START, PAUSE = StartCampaign(campaign="lamps", **WHO), PauseCampaign(campaign="lamps", reason="no stock", **WHO)
END = EndCampaign(campaign="lamps", reason="sold out", **WHO)


def describe(**more: Any) -> DescribeCampaign:
    return DescribeCampaign(**FIELDS | more)


def shares(*percents: str) -> tuple[AskedShare, ...]:
    return tuple(AskedShare(partner=f"p{place}", percent=percent) for place, percent in enumerate(percents))


def test_a_campaign_is_made_by_what_is_said_of_it() -> None:
    given(campaign).when(describe()).then(described)
    given(campaign, described).when(describe(at=AT + timedelta(days=1))).then()
    other = describe(name="Lights", partners=shares("33.3", "66.7"))
    partners = (PartnerShare(partner="p0", percent="33.3"), PartnerShare(partner="p1", percent="66.7"))
    given(campaign, described).when(other).then(CampaignDescribed(**FIELDS | {"name": "Lights", "partners": partners}))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"campaign": "company"}, "name_taken"),
        ({"ends": date(2026, 2, 28)}, "ends_before"),
        ({"partners": (*shares("50"), *shares("50"))}, "partner_twice"),
        ({"partners": shares("60", "40.1")}, "shares_wrong"),
        ({"partners": shares("60", "39.9")}, "shares_wrong"),
        ({"scripts": {"sl": "lamps-in"}}, "script_language"),
        ({"surveys": {"sl": "lamps-why"}}, "script_language"),
    ],
)
def test_a_wrong_description_is_refused(more: dict[str, Any], code: str) -> None:
    given(campaign).when(describe(**more)).then_rejected(code)


def test_a_campaign_runs_stands_still_and_ends_for_good() -> None:
    given(campaign, described).when(START).then(started)
    given(campaign, described).when(PAUSE).then_rejected("not_running")
    given(campaign, described, started).when(PAUSE).then(paused)
    given(campaign, described, started, paused).when(START).then(started)
    given(campaign, described, started).when(END).then(ended)
    over = given(campaign, described, started, ended)
    over.when(END).then()
    over.when(START).then_rejected("campaign_ended")
    over.when(describe(name="Lights")).then_rejected("campaign_ended")
    over.when(describe()).then()


@pytest.mark.parametrize("command", [START, PAUSE, END])
def test_nothing_is_said_of_a_campaign_that_is_none(command: Any) -> None:
    given(campaign).when(command).then_rejected("unknown_campaign")


def test_a_campaign_is_shown_with_how_it_came_into_its_state() -> None:
    doc = seen(campaigns, described, started, paused, ended)["lamps"]
    assert (doc.described, doc.state, doc.changes) == (described, "ended", 4)
    assert [(turn.state, turn.reason) for turn in doc.turns] == [
        ("running", ""),
        ("paused", "no stock"),
        ("ended", "sold out"),
    ]
    assert campaigns.merge(doc, seen(campaigns, described)["lamps"]) is doc


@drawn(st.lists(st.sampled_from([START, PAUSE, END, describe(), describe(name="Lights")]), max_size=8))
def test_what_is_shown_is_what_the_rules_go_by(commands: list[Any]) -> None:
    state, events = campaign.initial, list[CampaignEvent]()
    for command in [describe(), *commands]:
        try:
            said = campaign.decide(command, state)
        except Rejected:
            continue
        state, events = evolved(campaign, state, said), events + said
    doc = seen(campaigns, *events)["lamps"]
    assert (doc.state, doc.described) == (state.state, state.described)


# Numbers

DNIS = "+38514000100"
assigned = NumberAssigned(number=DNIS, campaign="lamps", country="HR", media="nova-tv", **WHO)
released = NumberReleased(number=DNIS, reason="given back", **WHO)


def assign(**more: Any) -> AssignNumber:
    fields: dict[str, Any] = {"number": DNIS, "campaign": "lamps", "country": "HR", "media": "nova-tv", **WHO}
    return AssignNumber(**fields | more)


def test_a_number_stands_for_what_was_said_last() -> None:
    other = msgspec.structs.replace(assigned, campaign="oils")
    given(number).when(assign()).then(assigned)
    given(number, assigned).when(assign(at=AT + timedelta(days=1))).then()
    given(number, assigned).when(assign(campaign="oils")).then(other)
    release = ReleaseNumber(number=DNIS, reason="given back", **WHO)
    given(number).when(release).then_rejected("unknown_number")
    given(number, assigned).when(release).then(released)
    given(number, assigned, released).when(release).then()
    given(number, assigned, released).when(assign()).then(assigned)


def test_a_number_is_found_in_one_look_with_all_that_was_said_of_it() -> None:
    doc = seen(numbers, assigned, released)[DNIS]
    assert (doc.assigned, doc.history) == (None, [assigned, released])
    assert numbers.fields(doc) == {"campaign": "", "media": "", "number": DNIS}
    held = seen(numbers, assigned)[DNIS]
    assert numbers.fields(held) == {"campaign": "lamps", "media": "nova-tv", "number": DNIS}
    assert numbers.merge(held, doc) is doc


@pytest.mark.parametrize("text", ["38514000100", "+0385140001", "+385 1 4000", "+12", "+1234567890123456"])
def test_only_e164_is_a_number(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"number": text, "campaign": "lamps", "country": "HR", **WHO}, AssignNumber)
