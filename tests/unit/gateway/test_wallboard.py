"""What stands on the wallboard, and what it says when it does not know."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views.inputs import AgentToday, History, LiveCall, Total
from services.gateway.views.snapshot import Scope
from services.gateway.views.wallboard import row_link, state_id
from shared.contracts.codes import AGENT_STATES
from tests.unit.gateway.boards import AT, ago, board, figure, now, source, state, today, waiting

SALES = Total(value=3, n=3, numerator_of="sales_reported")


def test_a_figure_of_a_company_that_was_never_heard_of_is_unknown_and_not_nought() -> None:
    silent = board(now(sources=[source(silent_s=None)]))
    assert [figure(silent, key).value for key in ("in_progress", "waiting", "longest_wait")] == [None] * 3
    assert figure(silent, "waiting").text == "–"


def test_an_idle_queue_is_nought() -> None:
    idle = board()
    assert [figure(idle, key).text for key in ("in_progress", "waiting", "longest_wait")] == ["0", "0", "0:00"]


def test_without_the_figures_of_the_day_everything_of_the_day_is_unknown() -> None:
    bare = board(now(agents=[state("a1", "available", 5)]), None)
    assert [figure(bare, key).text for key in ("service_level", "abandoned", "sales", "conversion")] == ["–"] * 4
    row = bare.rows[0]
    assert (row.calls, row.sales, row.aht_s, row.conversion) == (None, None, None, None)


def test_an_agent_without_a_call_today_has_none_and_no_average() -> None:
    row = board(now(agents=[state("a1", "available", 5)]), today()).rows[0]
    assert (row.calls, row.sales, row.aht_s, row.conversion) == (0, 0, None, None)


def test_the_longest_wait_is_that_of_the_oldest_call_and_leads_to_it() -> None:
    calls = [waiting("adria-1:new", 4), waiting("adria-1:old/1", 41), waiting("adria-1:mid", 20)]
    longest = figure(board(now(calls=calls)), "longest_wait")
    assert (longest.value, longest.text, longest.tone, longest.n) == (41, "0:41", "warn", 3)
    assert longest.href == "/calls/adria-1:old%2F1"


def test_a_wait_within_its_target_is_no_warning() -> None:
    longest = figure(board(now(calls=[waiting("adria-1:x", 30)])), "longest_wait")
    assert (longest.text, longest.tone, longest.note) == ("0:30", "", "target 0:30")


def test_a_call_of_another_campaign_is_not_in_the_scope_of_one() -> None:
    calls = [waiting("adria-1:a", 4, campaign="de"), waiting("adria-1:b", 4, campaign=None)]
    scope = Scope(campaign="de")
    assert figure(board(now(calls=calls), scope=scope), "waiting").value == 1
    assert figure(board(now(calls=calls)), "waiting").value == 2


@pytest.mark.parametrize(("value", "tone"), [(0.799, "bad"), (0.8, ""), (None, "")])
def test_a_service_level_below_its_target_says_so_in_words_too(value: float | None, tone: str) -> None:
    level = figure(board(figures=today(service_level=Total(value=value, n=10))), "service_level")
    assert level.tone == tone
    assert level.note.startswith("▼") == (tone == "bad")
    assert level.note.endswith("n\u00a010")


def test_the_limits_of_a_contract_replace_the_defaults() -> None:
    strict = today(abandoned=Total(value=0.04, n=100, target=0.03), service_level=Total(value=0.85, n=9, target=0.9))
    shown = board(figures=strict)
    assert [figure(shown, key).tone for key in ("abandoned", "service_level")] == ["bad", "bad"]


def test_every_figure_leads_to_its_calls_within_the_scope() -> None:
    totals = {
        "sales": SALES,
        "conversion": Total(value=0.5, n=6, numerator_of="sales_reported", denominator_of="contacts"),
    }
    shown = board(figures=today(**totals), scope=Scope("adria", "de"))
    assert all(kpi.href for kpi in shown.kpis)
    assert figure(shown, "conversion").href == (
        "/evidence?measure=sales_reported&over=contacts&partner=adria&campaign=de&day=2026-03-02"
    )
    assert figure(shown, "in_progress").href == "/calls?partner=adria&campaign=de&state=in_progress"


def test_confirmed_sales_stand_beside_reported_ones_with_evidence_of_their_own() -> None:
    placed = Total(value=2, n=2, numerator_of="sales_confirmed.numerator")
    worked = AgentToday(partner="adria", agent="a1", handled=9, sales=3, confirmed=2)
    shown = board(figures=today(worked, sales=SALES, confirmed=placed))
    assert [figure(shown, key).text for key in ("sales", "confirmed")] == ["3", "2"]
    (row,) = shown.rows
    assert (row.sales, row.confirmed) == (3, 2)
    assert shown.links["confirmed"].startswith("/evidence?measure=sales_confirmed.numerator&")
    assert figure(shown, "confirmed").href.startswith("/evidence?measure=sales_confirmed.numerator")


def test_the_links_of_a_row_name_its_agent_whatever_the_ids_are_made_of() -> None:
    template = board(figures=today(sales=SALES)).links["calls"]
    assert row_link(template, "a&b/x/ y?").endswith("&partner=a%26b&agent=x%2F%20y%3F")


def test_equal_sales_share_a_place() -> None:
    rows = [
        AgentToday(partner="adria", agent=agent, handled=9, sales=sales)
        for agent, sales in (("a1", 5), ("a2", 5), ("a3", 4), ("a4", 0))
    ]
    top = board(figures=today(*rows)).top
    assert [(seller.place, seller.sales) for seller in top] == [(1, 5), (1, 5), (3, 4)]
    assert top[0].name == "Amina Diallo"


def test_every_agent_is_in_one_group() -> None:
    agents = [state(code, code, 1) for code in AGENT_STATES]
    only_figures = AgentToday(partner="sahel", agent="a1", handled=1, sales=0)
    shown = board(now(agents=agents), today(only_figures))
    counts = {count.group: count.n for count in shown.groups}
    assert sum(counts.values()) == len(shown.rows) == len(AGENT_STATES) + 1
    assert counts["unknown"] == 1


def test_in_the_scope_of_a_campaign_only_those_stand_who_worked_for_it_today() -> None:
    agents = [state("a1", "available", 1), state("a2", "available", 1)]
    worked = today(AgentToday(partner="adria", agent="a2", handled=1, sales=0))
    assert [row.key for row in board(now(agents=agents), worked, scope=Scope(campaign="de")).rows] == ["adria/a2"]


@pytest.mark.parametrize(
    ("live", "silent_s", "named"), [(True, 91, True), (True, 90, False), (False, 9999, False), (True, None, True)]
)
def test_a_live_source_that_is_silent_for_90_seconds_needs_attention(
    live: bool, silent_s: float | None, named: bool
) -> None:
    shown = board(now(sources=[source("sahel-1", "sahel", silent_s, live), source()]))
    assert [matter.key for matter in shown.attention] == (["silent:sahel-1"] if named else [])
    assert set(shown.sources.silent) == ({"sahel"} if named else set())
    assert (shown.sources.sending, shown.sources.total) == (1 if named else 2, 2)


def test_a_partner_is_silent_only_when_all_its_sources_are() -> None:
    shown = board(now(sources=[source("a", silent_s=1), source("b", silent_s=200)]))
    assert shown.sources.silent == {}
    assert [matter.text for matter in shown.attention] == ["Adria Voice: no events since 09:01 UTC"]


def test_long_wrap_up_long_waits_and_calls_without_an_end_need_attention() -> None:
    calls = [waiting("a:1", 61), waiting("a:2", 60), LiveCall(call="a:3", partner="adria", state="no_end")]
    agents = [state("a1", "wrap_up", 301), state("a2", "wrap_up", 300), state("a3", "break", 999)]
    shown = board(now(calls=calls, agents=agents))
    assert [(matter.key, matter.n) for matter in shown.attention] == [("waiting", 1), ("wrap_up", 1), ("no_end", 1)]
    assert shown.attention[0].text == "1 call waits longer than 60 s"
    assert all(matter.href for matter in shown.attention)


@pytest.mark.parametrize(("n", "named"), [(20, ["figure:service_level", "figure:abandoned"]), (19, [])])
def test_a_figure_beyond_its_target_needs_attention_where_it_is_of_enough_calls(n: int, named: list[str]) -> None:
    shown = board(figures=today(service_level=Total(value=0.7, n=n), abandoned=Total(value=0.06, n=n)))
    assert [matter.key for matter in shown.attention] == named
    if named:
        assert shown.attention[0].text == "Answered in 20\u00a0s: 70.0 %, ▼ target 80\u00a0%, n\u00a020"
        assert [matter.href for matter in shown.attention] == [figure(shown, one[7:]).href for one in named]
        assert {matter.tone for matter in shown.attention} == {"warn"}


def test_the_history_is_shown_until_it_is_full() -> None:
    assert board(now(history=History(3, 14))).history == History(3, 14)
    assert board(now(history=History(14, 14))).history is None


def test_a_state_has_one_name_wherever_it_was_read() -> None:
    one = now(as_of={"calls/1": 4, "calls/0": 9})
    other = now(as_of={"calls/0": 9, "calls/1": 4}, calls=[waiting("a:1", 5)])
    assert state_id(one, today()) == state_id(other, today())
    assert state_id(one, today()) != state_id(now(as_of={"calls/0": 9, "calls/1": 5}), today())
    assert state_id(one, today()) != state_id(one, None)


@given(st.integers(0, 10**6))
def test_the_name_of_a_state_fits_into_a_header_and_a_line(offset: int) -> None:
    name = state_id(now(as_of={"calls/0": offset}), today())
    assert name.isascii()
    assert not set(name) & set(" \r\n")


def test_the_snapshot_is_json_and_a_row_is_an_array() -> None:
    shown = board(now(agents=[state("a1", "on_call", 8)]), today(), at=AT + timedelta(seconds=1))
    read = msgspec.json.decode(msgspec.json.encode(shown))
    since = int(ago(8).timestamp())
    assert read["rows"] == [["adria/a1", "Amina Diallo", "Adria Voice", "on_call", since, 0, None, 0, 0, None, 0, ""]]


def test_who_is_in_a_call_without_its_certificate_is_named_and_counted() -> None:
    def talking(agent: str, *lacks: str, campaign: str = "de") -> LiveCall:
        call = f"adria-1:{agent}-{campaign}"
        return LiveCall(call=call, partner="adria", state="in_progress", campaign=campaign, agent=agent, lacks=lacks)

    calls = [talking("a1", "de-in"), talking("a1", "fr-in", campaign="fr"), talking("a2"), talking("a3", "de-in")]
    live = now(calls=calls, agents=[state("a1", "on_call", 8), state("a2", "on_call", 8)])
    shown = board(live, today())
    assert {row.key: row.lacks for row in shown.rows} == {
        "adria/a1": "de-in, fr-in",
        "adria/a2": "",
        "adria/a3": "de-in",
    }
    (matter,) = [one for one in shown.attention if one.key == "uncertified"]
    assert (matter.n, matter.tone) == (3, "bad")
    assert matter.text == "3 calls with agents who are not certified for them"
    of_one = board(live, today(), scope=Scope(campaign="fr"))
    assert {row.key: row.lacks for row in of_one.rows} == {"adria/a1": "fr-in"}
    assert not [one for one in board(now(calls=[talking("a2")])).attention if one.key == "uncertified"]
