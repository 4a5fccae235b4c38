"""A simulated company: complete, of the size asked for, and the same for the same seed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.simulate.company import company
from shared.contracts.codes import AGENT_STATES, DISPOSITIONS


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), partners=st.integers(1, 24), more=st.integers(0, 80))
def test_a_company_has_the_partners_and_agents_that_were_asked_for(seed: int, partners: int, more: int) -> None:
    found = company(seed, partners, partners + more)
    assert len({partner.id for partner in found.partners}) == partners
    assert len({partner.source for partner in found.partners}) == partners
    assert sum(len(partner.agents) for partner in found.partners) == partners + more
    for partner in found.partners:
        assert len({agent.id for agent in partner.agents}) == len(partner.agents)
        assert partner.agents
        assert partner.campaigns


def test_the_same_seed_gives_the_same_company_and_another_seed_another() -> None:
    assert company(3) == company(3)
    assert company(3) != company(4)


def test_a_company_without_an_agent_for_each_partner_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one agent"):
        company(1, partners=6, agents=5)


def test_sources_are_replayed_ones_with_a_secret_of_their_platforms_scheme() -> None:
    schemes = {"native": "standard-webhooks", "twilio": "twilio-signature"}
    for partner in company(5).partners:
        assert partner.settings.clock == "replay"
        assert partner.settings.counts == "production"
        assert partner.settings.public_url.endswith(f"/v1/in/{partner.source}")
        assert set(partner.secrets) == {schemes.get(partner.settings.connector, "bearer"), "replay"}
        assert all(all(keys) for keys in partner.secrets.values())


def test_every_code_of_a_source_means_something_that_we_know() -> None:
    for partner in company(5).partners:
        assert set(partner.settings.dispositions.values()) <= set(DISPOSITIONS)
        assert set(partner.settings.agent_states.values()) <= set(AGENT_STATES)


def test_partners_lie_in_different_countries_and_zones_and_no_two_sources_share_a_secret() -> None:
    partners = company(5).partners
    assert len({partner.country for partner in partners}) == 6
    assert len({partner.time_zone for partner in partners}) == 6
    secrets = [key for partner in partners for keys in partner.secrets.values() for key in keys]
    assert len(set(secrets)) == len(secrets)
