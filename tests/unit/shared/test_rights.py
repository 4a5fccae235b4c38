"""Who may do what: the table itself, by the sentences that people would say of it."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from shared.http import Problem, require
from shared.rights import RIGHTS, ROLES, Right, Role, named
from shared.security import Principal

MONEY: tuple[Right, ...] = ("reconciliation.run", "invoices.run", "pay.close")
OTHERS_SECRETS: tuple[Right, ...] = ("pipeline.read", "economics.read", "operations.run", "providers.read")


def asked(who: Principal | None) -> Request:
    state = {} if who is None else {"principal": who}
    return Request({"type": "http", "method": "GET", "path": "/", "headers": [], "state": state})


def test_every_right_is_granted_or_kept_from_all_on_purpose() -> None:
    assert set(RIGHTS) == set(get_args(Right))
    assert {role for roles in RIGHTS.values() for role in roles} == set(ROLES)
    assert RIGHTS["administration"] == {"admin"}
    assert RIGHTS["here"] == set(ROLES)


def test_administrators_have_all_rights_but_that_of_being_an_agent() -> None:
    assert [right for right in RIGHTS if "admin" not in RIGHTS[right]] == ["panel"]


def test_who_checks_a_bill_is_not_who_says_what_was_done() -> None:
    assert not RIGHTS["invoices.run"] & RIGHTS["reconciliation.run"] - {"admin"}
    for right in MONEY:
        assert not RIGHTS[right] & {"agent", "partner", "trainer", "sre", "supervisor"}


def test_a_partner_sees_nothing_that_is_about_other_partners_or_about_what_the_company_earns() -> None:
    for right in OTHERS_SECRETS:
        assert "partner" not in RIGHTS[right]


def test_an_agent_has_what_a_call_needs_and_their_own_pay() -> None:
    assert {right for right in RIGHTS if "agent" in RIGHTS[right]} == {
        "here", "panel", "selling.call", "selling.sell", "pay.own", "training.own",
    }  # fmt: skip


@given(role=st.sampled_from(ROLES), right=st.sampled_from(sorted(RIGHTS)), partners=st.sets(st.sampled_from("abc")))
async def test_a_role_gets_in_by_the_table_and_a_narrow_sight_never_reaches_the_company(
    role: Role, right: Right, partners: set[str]
) -> None:
    narrow, wide = Principal("x", role, frozenset(partners)), Principal("x", role)
    for who in (narrow, wide):
        if who.may(right):
            assert await require(right)(asked(who)) is who
        else:
            with pytest.raises(Problem) as refused:
                await require(right)(asked(who))
            assert refused.value.status == 403
            assert named(RIGHTS[right]) in refused.value.detail
    with pytest.raises(Problem):
        await require(right, "company")(asked(narrow))


async def test_nobody_gets_in_by_a_route_that_the_gate_left_open() -> None:
    with pytest.raises(Problem) as refused:
        await require("here")(asked(None))
    assert refused.value.status == 401


def test_a_right_that_there_is_none_of_is_found_when_the_route_is_declared() -> None:
    with pytest.raises(KeyError):
        require("admin")  # type: ignore[arg-type]
