"""Claims of a provider: which role and which partners they give."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.claims import ClaimRules, Granted, claim, granted
from shared.kernel import Rejected
from shared.rights import ROLES, unfit

RULES = ClaimRules(role="groups", roles=(("it", "admin"), ("floor", "supervisor"), ("outside", "partner")))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"groups": ["floor", "it"]}, Granted("mira", "admin", None, None)),
        ({"groups": "floor, cooks"}, Granted("mira", "supervisor", None, None)),
        ({"groups": ["floor"], "tallyline_partners": []}, Granted("mira", "supervisor", frozenset(), None)),
        (
            {"groups": ["outside"], "tallyline_partners": ["adria"]},
            Granted("mira", "partner", frozenset({"adria"}), None),
        ),
    ],
)
def test_the_first_role_of_the_setting_that_fits_counts(claims: dict[str, Any], expected: Granted) -> None:
    assert granted({"preferred_username": "mira", "sub": "1", **claims}, RULES) == expected


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, "no_role"),
        ({"groups": ["cooks"]}, "no_role"),
        ({"groups": {"it": True}}, "no_role"),
        ({"groups": ["IT"]}, "no_role"),
        ({"groups": ["outside"]}, "wrong_claims"),
        ({"groups": ["it"], "preferred_username": " ", "sub": ""}, "wrong_claims"),
    ],
)
def test_who_has_no_role_or_claims_that_do_not_fit_is_refused(claims: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        granted({"preferred_username": "mira", "sub": "1", **claims}, RULES)
    assert refused.value.code == code


def test_without_a_mapping_the_values_are_roles_and_an_agent_is_one_at_one_partner() -> None:
    claims = {"sub": "7", "tallyline_role": "agent", "tallyline_partners": "adria", "tallyline_agent": "a7"}
    assert granted(claims, ClaimRules()) == Granted("7", "agent", frozenset({"adria"}), "a7")
    for wrong in ({"tallyline_agent": None}, {"tallyline_partners": "adria,kosava"}):
        with pytest.raises(Rejected, match="wrong_claims"):
            granted(claims | wrong, ClaimRules())


def test_a_claim_may_lie_inside_of_others() -> None:
    claims = {"realm_access": {"roles": ["it"]}, "a.b": 1, "a": {"b": 2}}
    assert claim(claims, "realm_access.roles") == ["it"]
    assert claim(claims, "a.b") == 1
    assert claim(claims, "realm_access.roles.more") is None
    assert claim(claims, "nothing.there") is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([*ROLES, "adria"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    ["sub", "email", "preferred_username", "tallyline_role", "tallyline_partners", "tallyline_agent"]
)


@given(st.dictionaries(_NAMES, _JSON))
def test_whatever_a_provider_says_nobody_gets_more_than_a_role_and_what_goes_with_it(claims: dict[str, Any]) -> None:
    try:
        found = granted(claims, ClaimRules())
    except Rejected:
        return
    assert found.role in ROLES
    assert found.name
    assert unfit(found.role, found.partners, found.agent) is None
