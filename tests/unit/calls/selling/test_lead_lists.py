"""Lists of leads: begun once, their rules make sense, and what is known of them adds up over shards."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from services.calls.domain.do_not_call import Barred, Ground, is_scope, scopes, with_ground, without_ground
from services.calls.domain.lead_list import (
    CloseLeadList,
    CreateLeadList,
    EndImport,
    MeetZones,
    ReopenLeadList,
    SetRecallRules,
    lead_list,
)
from services.calls.events.leads import (
    LeadImportEnded,
    LeadListClosed,
    LeadListCreated,
    LeadListReopened,
    LeadStateChanged,
    LeadZonesMet,
    RecallRule,
    RecallRules,
    RecallRulesSet,
)
from services.calls.views.leads import KnownLeadList, lead_lists, merge_lists
from tests.spec import given, seen
from tests.unit.calls.selling.memory import AT

ID = "adria:spring"
WHO: dict[str, Any] = {"list_id": ID, "at": AT, "by": "ana"}
SAID: dict[str, Any] = {"name": "Spring", "country": "HR", "zone": "Europe/Zagreb", **WHO}
CREATE = CreateLeadList(**SAID)
CREATED = LeadListCreated(partner="adria", rules=RecallRules(), **SAID)
ENDED = LeadImportEnded(import_id="i", new=3, known=0, duplicates=0, rejected=1, **WHO)


def test_a_list_is_begun_once() -> None:
    given(lead_list).when(CREATE).then(CREATED)
    given(lead_list, CREATED).when(CREATE).then()
    given(lead_list, CREATED).when(CreateLeadList(**SAID | {"name": "Other"})).then_rejected("list_exists")


@pytest.mark.parametrize(
    "command",
    [
        SetRecallRules(rules=RecallRules(), **WHO),
        CloseLeadList(reason="over", **WHO),
        ReopenLeadList(**WHO),
        MeetZones(list_id=ID, zones=("UTC",), countries=("HR",)),
    ],
)
def test_nothing_is_said_of_a_list_that_is_not_there(command: Any) -> None:
    given(lead_list).when(command).then_rejected("unknown_list")


@pytest.mark.parametrize(
    "rules",
    [
        RecallRules(from_minute=600, until_minute=600),
        RecallRules(weekdays=()),
        RecallRules(rules=(RecallRule(after="luck", wait_minutes=1),)),
        RecallRules(rules=(RecallRule(after="busy", wait_minutes=1), RecallRule(after="busy", wait_minutes=2))),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: RecallRules) -> None:
    given(lead_list, CREATED).when(SetRecallRules(rules=rules, **WHO)).then_rejected("rules_wrong")
    given(lead_list).when(CreateLeadList(**SAID, rules=rules)).then_rejected("rules_wrong")


def test_rules_have_versions_and_the_same_ones_are_no_new_version() -> None:
    quick = RecallRules(rules=(RecallRule(after="*", wait_minutes=5),))
    given(lead_list, CREATED).when(SetRecallRules(rules=quick, **WHO)).then(
        RecallRulesSet(version=2, rules=quick, **WHO)
    )
    given(lead_list, CREATED).when(SetRecallRules(rules=RecallRules(), **WHO)).then()


def test_a_list_is_closed_and_reopened_and_counts_an_import_once() -> None:
    closed = LeadListClosed(reason="over", **WHO)
    given(lead_list, CREATED).when(CloseLeadList(reason="over", **WHO)).then(closed)
    given(lead_list, CREATED, closed).when(ReopenLeadList(**WHO)).then(LeadListReopened(**WHO))
    given(lead_list, CREATED).when(ReopenLeadList(**WHO)).then()
    end = EndImport(import_id="i", new=3, known=0, duplicates=0, rejected=1, **WHO)
    given(lead_list, CREATED).when(end).then(ENDED)
    met = MeetZones(list_id=ID, zones=("UTC", "Europe/Zagreb"), countries=("HR", "SI"))
    given(lead_list, CREATED).when(met).then(LeadZonesMet(list_id=ID, zones=("UTC",), countries=("SI",)))


def moved(before: Any, after: Any) -> LeadStateChanged:
    return LeadStateChanged(
        lead=f"{ID}:1", list_id=ID, partner="adria", customer_ref="cus_1", before=before, after=after, attempts=1, at=AT
    )


STATES = st.sampled_from(["fresh", "recall", "done", "barred"])


@examples(st.lists(st.tuples(STATES, STATES), max_size=8), st.integers(0, 8))
def test_shards_of_a_list_add_up_to_the_list(moves: list[tuple[str, str]], cut: int) -> None:
    events = [moved(*move) for move in moves]
    whole = seen(lead_lists, CREATED, ENDED, *events)[ID]
    one = seen(lead_lists, CREATED, ENDED, *events[:cut])[ID]
    other = seen(lead_lists, *events[cut:]).get(ID, KnownLeadList(list_id=ID))
    for merged in (merge_lists(one, other), merge_lists(other, one)):
        assert {state: n for state, n in merged.counts.items() if n} == {s: n for s, n in whole.counts.items() if n}
        assert (merged.created, merged.imports, merged.changes) == (whole.created, whole.imports, whole.changes)
    assert sum(whole.counts.values()) == 3


# Those who may not be called


GROUND = Ground(reason="letter", at=AT, by="ana")


@examples(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12))
def test_a_number_stands_on_a_list_as_long_as_one_ground_does(words: list[tuple[str, bool]]) -> None:
    known: Barred | None = None
    grounds: set[str] = set()
    for name, more in words:
        if more:
            known = with_ground(known, "HR", name, GROUND)
            grounds.add(name)
        elif known is not None:
            known = without_ground(known, name)
            grounds.discard(name)
        assert (set(known.grounds) if known else set()) == grounds


def test_scopes_are_countries_and_everywhere() -> None:
    assert [is_scope(text) for text in ("*", "HR", "hr", "HRV", "", "H*")] == [True, True, False, False, False, False]
    assert scopes((None, "HR", "HR", "AT")) == ("*", "AT", "HR")
    first = with_ground(None, "HR", "a", GROUND)
    assert with_ground(first, "HR", "a", msgspec.structs.replace(GROUND, reason="other")) == first
