"""Views of the partners service."""

from __future__ import annotations

import msgspec

from services.partners.views.agents import KnownAgent, agents
from services.partners.views.partners import KnownPartner, partners
from services.partners.views.sources import sources
from shared.contracts.partners import (
    AgentRegistered,
    CredentialIssued,
    CredentialRevoked,
    PartnerRegistered,
    SourceConfigured,
    SourceSettings,
)
from tests.spec import seen

FIRST = SourceSettings(connector="twilio", partner="acme")
SECOND = msgspec.structs.replace(FIRST, day_zone="Europe/Sarajevo")


def test_a_partner_is_found_by_its_id() -> None:
    docs = seen(
        partners,
        PartnerRegistered(partner_id="acme", name="Acme BPO", country="BA", time_zone="Europe/Sarajevo"),
        PartnerRegistered(partner_id="globex", name="Globex"),
    )
    assert docs == {
        "acme": KnownPartner(partner_id="acme", name="Acme BPO", country="BA", time_zone="Europe/Sarajevo", changes=1),
        "globex": KnownPartner(partner_id="globex", name="Globex", country=None, time_zone="UTC", changes=1),
    }


def test_an_agent_is_what_was_last_said_of_it() -> None:
    docs = seen(
        agents,
        AgentRegistered(partner_id="acme", agent="7"),
        AgentRegistered(partner_id="globex", agent="7"),
        AgentRegistered(partner_id="acme", agent="7", name="Ana", team="Blue", languages=("bs",)),
    )
    ana = KnownAgent(partner_id="acme", agent="7", name="Ana", team="Blue", languages=("bs",), changes=2)
    assert docs["acme:7"] == ana
    assert agents.fields(ana) == {"partner": "acme", "team": "Blue"}
    assert agents.fields(docs["globex:7"]) == {"partner": "globex", "team": None}


def test_a_source_keeps_every_revision_and_the_credentials_that_count() -> None:
    docs = seen(
        sources,
        SourceConfigured(source_id="tw-1", revision=1, settings=FIRST),
        CredentialIssued(source_id="tw-1", credential_id="c1", scheme="twilio-signature"),
        CredentialIssued(source_id="tw-1", credential_id="c2", scheme="twilio-signature"),
        CredentialIssued(source_id="tw-1", credential_id="c3", scheme="replay"),
        SourceConfigured(source_id="tw-1", revision=2, settings=SECOND),
        CredentialRevoked(source_id="tw-1", credential_id="c1"),
        CredentialRevoked(source_id="tw-1", credential_id="c3"),
    )
    doc = docs["tw-1"]
    assert doc.revisions == {1: FIRST, 2: SECOND}
    assert (doc.partner, doc.revision, doc.settings) == ("acme", 2, SECOND)
    assert doc.credentials == {"twilio-signature": ["c2"]}
    assert sources.fields(doc) == {"partner": "acme"}


def test_of_two_shards_the_one_with_more_behind_it_counts() -> None:
    events = [SourceConfigured(source_id="tw-1", revision=n, settings=s) for n, s in ((1, FIRST), (2, SECOND))]
    older, newer = seen(sources, events[0])["tw-1"], seen(sources, *events)["tw-1"]
    assert sources.merge(older, newer) == sources.merge(newer, older) == newer
    named = AgentRegistered(partner_id="acme", agent="7", name="Ana")
    first = seen(agents, AgentRegistered(partner_id="acme", agent="7"))["acme:7"]
    second = seen(agents, AgentRegistered(partner_id="acme", agent="7"), named)["acme:7"]
    assert agents.merge(first, second) == agents.merge(second, first) == second
    one = seen(partners, PartnerRegistered(partner_id="acme", name="Acme"))["acme"]
    two = msgspec.structs.replace(one, name="Acme BPO", changes=2)
    assert partners.merge(one, two) == partners.merge(two, one) == two
