"""Protocols are what the tables say: a change of a table changes the page, and nothing stands there without words."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services.partners.domain.ending import CLOSING, step_names, steps
from services.partners.domain.lifecycle import CONDITIONS, MEANING, MOVES, STAGES, Move
from services.partners.domain.sla import POLICY, Policy
from services.partners.papers import words
from services.partners.papers.html import POLICY as CONTENT_POLICY
from services.partners.papers.html import as_html
from services.partners.papers.paper import Diagram, Paper, Part, Steps, Table, Text, as_markdown, plain
from services.partners.papers.protocols import PROTOCOLS, rule_of, way_to
from shared.contracts.calls import Outcome
from shared.contracts.codes import AGENT_STATES, DISPOSITIONS, Disposition
from tests.unit.partners.service import world

# Words for everything


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_gate_has_its_text_as_a_sentence(name: str) -> None:
    assert CONDITIONS[name].text.strip()
    assert CONDITIONS[name].text.endswith(".")


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda move: f"{move.source}-{move.target}")
def test_every_move_has_a_rule(move: Move) -> None:
    assert rule_of(move).endswith(".")


def test_every_stage_code_outcome_and_state_is_explained_in_a_sentence() -> None:
    for table, wanted in (
        (MEANING, set(STAGES)),
        (words.DISPOSITIONS, set(DISPOSITIONS)),
        (words.OUTCOMES, set(get_args(Outcome))),
        (words.AGENT_STATES, set(AGENT_STATES)),
        (words.FREE_MOVES, {key for key, move in MOVES.items() if not move.conditions and not move.back}),
    ):
        assert set(table) == wanted
        assert all(text.strip().endswith(".") for text in table.values())


def test_every_step_of_an_ending_says_who_closes_it_and_how() -> None:
    assert set(CLOSING) == set(step_names())
    assert all(closing.who and closing.how for closing in CLOSING.values())
    found = {step.step: step for step in steps("acme", {"open_month": {"2026-02": "late"}, "archive": {"d": ""}})}
    assert found["months_agreed"].open == {"2026-02": "late"}
    assert not found["months_agreed"].done
    assert "2026-02" in (found["months_agreed"].says or "")
    assert (found["archived"].done, found["archived"].known) == (True, {"d": ""})
    assert found["tickets_closed"].done
    assert "/partners/acme/" in found["archived"].how


# Written from the tables


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_is_a_page_with_headings_and_tables(name: str) -> None:
    text = as_markdown(PROTOCOLS[name]())
    assert text.startswith("# ")
    assert "| --- |" in text
    page = as_html(PROTOCOLS[name]())
    assert "<table>" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_changed_transition_changes_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: as_markdown(write()) for name, write in PROTOCOLS.items()}
    added = Move("paused", "rejected", back=True)
    monkeypatch.setitem(MOVES, ("paused", "rejected"), added)
    assert "paused --> rejected" in as_markdown(PROTOCOLS["general"]())
    assert "| paused | rejected | A reason is given. |" in as_markdown(PROTOCOLS["general"]())
    less = replace(MOVES[("ending", "ended")], conditions=("archived",))
    monkeypatch.setitem(MOVES, ("ending", "ended"), less)
    ending = as_markdown(PROTOCOLS["end"]())
    assert "No ticket is open." in before["end"]
    assert "No ticket is open." not in ending
    shorter = Move("negotiating", "live")
    monkeypatch.setitem(MOVES, ("negotiating", "live"), shorter)
    with pytest.raises(KeyError):
        rule_of(shorter)
    monkeypatch.setitem(words.FREE_MOVES, ("negotiating", "live"), "At once.")
    assert "negotiating to live: At once." in as_markdown(PROTOCOLS["start"]())


def test_a_changed_gate_code_or_promise_changes_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = replace(CONDITIONS["months_agreed"], text="All months are agreed to the cent.")
    monkeypatch.setitem(CONDITIONS, "months_agreed", gate)
    for name in ("general", "end", "reconciliation"):
        assert gate.text in as_markdown(PROTOCOLS[name]())
    monkeypatch.setitem(POLICY, "urgent", Policy(2, 9, "Fire."))
    assert "| urgent | 2 h | 9 h | Fire. |" in as_markdown(PROTOCOLS["general"]())
    monkeypatch.setitem(DISPOSITIONS, "new_code", Disposition("new_code", "sale", "brand_new"))
    with pytest.raises(KeyError):
        PROTOCOLS["call-statuses"]()
    monkeypatch.setitem(words.DISPOSITIONS, "new_code", "A new result.")
    assert "| sale.brand_new | new_code | A new result. |" in as_markdown(PROTOCOLS["inbound-panel"]())


def test_the_way_to_live_passes_every_gate_that_no_one_may_miss() -> None:
    way = way_to("live")
    assert [way[0].source, *(move.target for move in way)] == [
        "found", "contacted", "evaluating", "negotiating", "contracted", "integrating", "testing", "ramping", "live",
    ]  # fmt: skip
    assert "test_calls_passed" in {name for move in way for name in move.conditions}
    with pytest.raises(ValueError, match="rejected"):
        way_to("rejected")


def test_what_the_system_does_not_hold_to_yet_is_said() -> None:
    for name in ("reconciliation", "inbound-panel", "outbound-panel"):
        text = as_markdown(PROTOCOLS[name]())
        assert "| not yet |" in text
        assert "| yes |" in text


# Text is text


@over(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_whatever_is_written_is_read_as_it_is_and_never_as_markup(text: str) -> None:
    paper = Paper(text, text, (Part(text, (Steps((text,)), Table(("a",), ((text,),)), Text(text))),))
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(as_markdown(paper))
    kinds = {token.type for token in tokens} | {c.type for token in tokens for c in token.children or ()}
    assert not kinds & {"link_open", "image", "em_open", "strong_open", "code_inline", "html_block", "html_inline"}
    assert not kinds & {"fence", "code_block", "blockquote_open", "bullet_list_open", "hr"}
    read = ["".join(child.content for child in token.children or ()) for token in tokens if token.type == "inline"]
    written = " ".join(text.split())
    assert [piece for piece in read if piece] == ([written] * 4 + ["a"] + [written] * 2 if written else ["a"])


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "a | b",
        "1. one",
        "- one",
        "# one",
        "`x`",
        "*x* _y_ &amp;",
    ],
)
def test_known_ways_to_make_markup_of_text_fail(text: str) -> None:
    page = as_html(Paper("T", text, (Part("P", (Table(("a", "b"), ((text, "end"),)), Steps((text,)))),)))
    body = page.partition("<main>")[2]
    assert not [tag for tag in ("<script", "<a ", "<em", "<strong", "<code", "<ul", "<ol start") if tag in body]
    assert body.count("<h1>") == 1
    assert body.count("<td>") == 2
    assert plain(plain("a_b c")) == "a_b c"


def test_the_arrows_of_a_diagram_stay_one_line_each() -> None:
    paper = Paper("T", "I", (Part("P", (Diagram((("a b", "c", "x: y;\n z --> q"),)),)),))
    line = next(line for line in as_markdown(paper).splitlines() if "-->" in line)
    assert line == "    a_b --> c : x y z --> q"


# Over HTTP


async def test_protocols_are_markdown_or_a_page_as_the_reader_likes() -> None:
    async with world() as at:
        listed = (await at.http.get("/api/v1/protocols")).json()["items"]
        assert [row["name"] for row in listed] == list(PROTOCOLS)
        for accept, kind in (
            (None, "text/markdown"),
            ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"),
            ("text/markdown;q=0.5, text/*;q=0.4", "text/markdown"),
            ("text/markdown;q=nonsense, text/html;q=0.1", "text/html"),
        ):
            answer = await at.http.get("/api/v1/protocols/end", headers={"accept": accept} if accept else {})
            assert answer.headers["content-type"].startswith(kind), accept
        page = await at.http.get("/api/v1/protocols/start.html")
        assert page.headers["content-security-policy"] == CONTENT_POLICY
        assert page.text == as_html(PROTOCOLS["start"]())
        assert (await at.http.get("/api/v1/protocols/none")).status_code == 404
        viewer = await at.as_role("partner", "acme")
        assert (await at.http.get("/api/v1/protocols/general", headers=viewer)).status_code == 200
        assert msgspec.json.encode(listed)
