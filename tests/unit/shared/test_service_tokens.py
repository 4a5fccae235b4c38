"""Service tokens: who asks, for whom, for a minute, and nobody can make one up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.api.forward import service_of
from shared.security import SERVICE_TOKEN_LIFE, Principal, ServiceAccess, ServiceTokens

KEY = bytes(range(32))
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LEAD = Principal("lead", "partner", frozenset({"acme"}), "session")


def test_a_token_says_for_whom_it_was_issued_until_it_is_over() -> None:
    token = ServiceTokens(KEY, lambda: AT).issue(LEAD)
    last = AT + SERVICE_TOKEN_LIFE - timedelta(microseconds=1)
    assert ServiceTokens(KEY, lambda: last).of(token) == LEAD
    assert ServiceTokens(KEY, lambda: AT + SERVICE_TOKEN_LIFE).of(token) is None


def test_a_token_of_another_master_key_is_nobodys() -> None:
    token = ServiceTokens(bytes(32), lambda: AT).issue(LEAD)
    assert ServiceTokens(KEY, lambda: AT).of(token) is None


@given(st.text(max_size=80), st.integers(0, 200))
def test_a_changed_token_is_nobodys(put: str, at: int) -> None:
    token = ServiceTokens(KEY, lambda: AT).issue(LEAD)
    changed = token[: at % len(token)] + put + token[at % len(token) + len(put) :]
    found = ServiceTokens(KEY, lambda: AT).of(changed)
    assert found is None if changed != token else found == LEAD
    assert ServiceTokens(KEY, lambda: AT).of(put) is None


async def test_a_service_knows_other_services_and_no_session() -> None:
    tokens = ServiceTokens(KEY, lambda: AT)
    access = ServiceAccess(tokens)
    assert await access.of_key(tokens.issue(LEAD)) == LEAD
    assert await access.of_key("tlk_x_y") is None
    assert await access.of_session("anything") is None


def test_each_public_path_has_one_service() -> None:
    assert service_of("/api/v1/sources") == "partners"
    assert service_of("/api/v1/sources/s1/credentials") == "partners"
    assert service_of("/api/v1/sources/s1/intake") == "calls"
    assert service_of("/api/v1/performance/agents") == "calls"
    assert service_of("/api/v1/callsign") is None
    assert service_of("/internal/calls/now") == "calls"
    assert service_of("/api/v1/wallboard") is None
