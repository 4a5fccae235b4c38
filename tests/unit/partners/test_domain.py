"""Deciders and process manager of the partners service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from services.partners.domain.agent import RegisterAgent, agent
from services.partners.domain.integration import (
    ConfigureSource,
    Integration,
    IssueCredential,
    LimitCredential,
    MapCodes,
    NoteCheck,
    RevokeCredential,
    integration,
)
from services.partners.domain.partner import RegisterPartner, partner
from services.partners.domain.process_managers.agents import register_agents_on_first_sight
from shared.contracts.calls import AgentStateChanged, CallAnswered, CallDispositioned, CallEnded, CallStarted
from shared.contracts.conformance import CHECKS
from shared.contracts.partners import (
    AgentRegistered,
    CredentialIssued,
    CredentialRevoked,
    PartnerRegistered,
    SourceConfigured,
    SourceSettings,
)
from shared.kernel import Rejected, Send
from tests.spec import evolved, given, published

AT, LATER = datetime(2026, 3, 2, 9, 31, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
SETTINGS = SourceSettings(connector="twilio", partner="acme", dispositions={"S": "sale"})
OTHER = msgspec.structs.replace(SETTINGS, day_zone="Europe/Sarajevo")
CONFIGURED = SourceConfigured(source_id="tw-1", revision=1, settings=SETTINGS)
ISSUED = CredentialIssued(source_id="tw-1", credential_id="c1", scheme="bearer", partner_id="acme")
REVOKED = CredentialRevoked(source_id="tw-1", credential_id="c1", partner_id="acme")

# Partner

REGISTER = RegisterPartner(partner_id="acme", name="Acme BPO", country="BA", time_zone="Europe/Sarajevo")
REGISTERED = PartnerRegistered(partner_id="acme", name="Acme BPO", country="BA", time_zone="Europe/Sarajevo")


def test_a_partner_is_registered_once() -> None:
    given(partner).when(REGISTER).then(REGISTERED)
    given(partner, REGISTERED).when(REGISTER).then()


def test_an_id_that_is_taken_is_not_given_to_another_partner() -> None:
    given(partner, REGISTERED).when(msgspec.structs.replace(REGISTER, name="Globex")).then_rejected("partner_exists")


# Integration


def test_the_settings_of_a_source_count_their_revisions() -> None:
    configure = ConfigureSource(source_id="tw-1", settings=OTHER)
    given(integration).when(ConfigureSource(source_id="tw-1", settings=SETTINGS)).then(CONFIGURED)
    given(integration, CONFIGURED).when(configure).then(SourceConfigured(source_id="tw-1", revision=2, settings=OTHER))


def test_the_same_settings_again_are_no_new_revision() -> None:
    given(integration, CONFIGURED).when(ConfigureSource(source_id="tw-1", settings=SETTINGS)).then()


def test_going_back_to_earlier_settings_is_a_new_revision() -> None:
    second = SourceConfigured(source_id="tw-1", revision=2, settings=OTHER)
    given(integration, CONFIGURED, second).when(ConfigureSource(source_id="tw-1", settings=SETTINGS)).then(
        SourceConfigured(source_id="tw-1", revision=3, settings=SETTINGS)
    )


def test_a_source_never_changes_its_partner() -> None:
    moved = ConfigureSource(source_id="tw-1", settings=msgspec.structs.replace(SETTINGS, partner="globex"))
    given(integration, CONFIGURED).when(moved).then_rejected("source_of_another_partner")


def test_a_credential_is_issued_once_and_beside_others() -> None:
    command = IssueCredential(source_id="tw-1", credential_id="c1", scheme="bearer")
    given(integration, CONFIGURED).when(command).then(ISSUED)
    given(integration, CONFIGURED, ISSUED).when(command).then()
    second = given(integration, CONFIGURED, ISSUED).when(msgspec.structs.replace(command, credential_id="c2"))
    second.then(CredentialIssued(source_id="tw-1", credential_id="c2", scheme="bearer", partner_id="acme"))
    assert second.state.active.keys() == {"c1", "c2"}


def test_a_source_that_is_not_there_gets_no_credential() -> None:
    command = IssueCredential(source_id="tw-1", credential_id="c1", scheme="bearer")
    given(integration).when(command).then_rejected("unknown_source")


def test_a_credential_is_revoked_once_and_for_ever() -> None:
    command = RevokeCredential(source_id="tw-1", credential_id="c1")
    given(integration, CONFIGURED, ISSUED).when(command).then(REVOKED)
    given(integration, CONFIGURED, ISSUED, REVOKED).when(command).then()
    again = IssueCredential(source_id="tw-1", credential_id="c1", scheme="bearer")
    given(integration, CONFIGURED, ISSUED, REVOKED).when(again).then_rejected("credential_revoked")


def test_a_credential_that_was_never_issued_is_not_revoked() -> None:
    command = RevokeCredential(source_id="tw-1", credential_id="c9")
    given(integration, CONFIGURED, ISSUED).when(command).then_rejected("unknown_credential")


COMMANDS = st.one_of(
    st.builds(
        ConfigureSource,
        source_id=st.just("s"),
        settings=st.builds(SourceSettings, connector=st.just("native"), partner=st.sampled_from(["acme", "globex"])),
    ),
    st.builds(IssueCredential, source_id=st.just("s"), credential_id=st.sampled_from("abc"), scheme=st.just("bearer")),
    st.builds(RevokeCredential, source_id=st.just("s"), credential_id=st.sampled_from("abc")),
    st.builds(
        LimitCredential,
        source_id=st.just("s"),
        credential_id=st.sampled_from("abc"),
        until=st.sampled_from([AT, LATER]),
    ),
    st.builds(
        MapCodes,
        source_id=st.just("s"),
        map=st.sampled_from(["dispositions", "agents"]),
        codes=st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), min_size=1),
    ),
    st.builds(NoteCheck, source_id=st.just("s"), check=st.sampled_from(sorted(CHECKS)), at=st.just(AT)),
)


@settings(max_examples=60)
@over(st.lists(COMMANDS, max_size=12))
def test_whatever_is_asked_revisions_have_no_gap_and_what_is_revoked_stays_so(commands: list[Any]) -> None:
    state: Integration = integration.initial
    events: list[Any] = []
    for command in commands:
        try:
            new = integration.decide(command, state)
        except Rejected:
            continue
        state = evolved(integration, state, new)
        assert integration.decide(command, state) == []
        events += new
    configured = [event for event in events if isinstance(event, SourceConfigured)]
    assert [event.revision for event in configured] == list(range(1, len(configured) + 1))
    assert len({event.settings.partner for event in configured}) <= 1
    assert not state.active.keys() & state.revoked
    issued = [event.credential_id for event in events if isinstance(event, CredentialIssued)]
    assert len(issued) == len(set(issued))
    assert state == evolved(integration, integration.initial, events)


# Agent

SIGHT = RegisterAgent(partner_id="acme", agent="7")
SEEN = AgentRegistered(partner_id="acme", agent="7")
NAMED = AgentRegistered(partner_id="acme", agent="7", name="Ana", team="Blue", languages=("bs", "de"))


def test_first_sight_registers_an_agent_without_name_and_team() -> None:
    given(agent).when(SIGHT).then(SEEN)
    given(agent, SEEN).when(SIGHT).then()


def test_a_name_is_added_later() -> None:
    command = RegisterAgent(partner_id="acme", agent="7", name="Ana", team="Blue", languages=("bs", "de"))
    given(agent, SEEN).when(command).then(NAMED)
    given(agent, SEEN, NAMED).when(command).then()


def test_being_seen_again_never_overwrites_what_is_known() -> None:
    given(agent, SEEN, NAMED).when(SIGHT).then()


def test_a_new_team_leaves_the_name_as_it_was() -> None:
    command = RegisterAgent(partner_id="acme", agent="7", team="Red")
    given(agent, NAMED).when(command).then(msgspec.structs.replace(NAMED, team="Red"))


# First sight

FACT: dict[str, Any] = {
    "call": "tw-1:CA1",
    "source": "tw-1",
    "partner": "acme",
    "direction": "inbound",
    "at": AT,
    "interval": AT.replace(minute=30),
    "day": "2026-03-02",
}
FACTS: list[Any] = [
    CallAnswered(**FACT, agent="7", answered_by="human", first=True, offered=True, dialed=False),
    CallEnded(**FACT, agent="7", scope="leg", reason="hangup", ended_by="customer"),
    CallDispositioned(**FACT, agent="7", native="S", canonical="sale"),
    AgentStateChanged(
        partner="acme", source="tw-1", agent="7", state="available", native="Ready", since=AT, until=AT, day_zone="UTC"
    ),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_an_agent_that_a_fact_names_is_registered(fact: Any) -> None:
    assert register_agents_on_first_sight.handle(published(fact)) == [Send(agent, "acme:7", SIGHT)]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_taking_a_fact_back_registers_nobody(fact: Any) -> None:
    reversal = published(fact, 2, reverses=published(fact))
    assert register_agents_on_first_sight.handle(reversal) == []


@pytest.mark.parametrize("fact", FACTS[:3], ids=lambda fact: type(fact).__name__)
def test_a_fact_of_nobody_registers_nobody(fact: Any) -> None:
    assert register_agents_on_first_sight.handle(published(msgspec.structs.replace(fact, agent=None))) == []


def test_the_start_of_a_call_is_not_even_read() -> None:
    assert CallStarted not in register_agents_on_first_sight.events.__args__
