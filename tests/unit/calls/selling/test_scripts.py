"""Scripts: what is published is whole, versions follow each other, and YAML says what the script says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.calls.domain.script import DraftScript, PublishScript, WithdrawScript, script
from services.calls.domain.script_diff import Edge, diff
from services.calls.domain.script_graph import Finding, edges_of, findings_of, unsold
from services.calls.domain.script_preview import walk
from services.calls.domain.script_text import MOST_BYTES, from_yaml, rendered, to_yaml
from services.calls.events.scripts import (
    Content,
    Disposition,
    Entry,
    Node,
    ScriptDrafted,
    ScriptPublished,
    ScriptWithdrawn,
    Text,
)
from services.calls.views.scripts import scripts
from shared.kernel import Rejected
from tests.spec import given, seen
from tests.unit.calls.selling.catalogue import WHO
from tests.unit.calls.selling.scripted import ASK, BYE, HELLO, NODES, OFFER, SOLD, WHY, content, contents

change = msgspec.structs.replace
OTHER = content(title="Collagen, new")
DRAFT = ScriptDrafted(script="c", draft=1, content=content(), **WHO)
OUT = ScriptPublished(script="c", version=1, content=content(), **WHO)
NEXT = ScriptDrafted(script="c", draft=2, content=OTHER, **WHO)
GONE = ScriptWithdrawn(script="c", reason="old", **WHO)
WITHDRAW = WithdrawScript(script="c", reason="old", **WHO)


def codes(found: Content) -> set[tuple[str, str]]:
    return {(one.code, one.node) for one in findings_of(found)}


def publish(draft: int, sold: frozenset[str] = frozenset({"KOL-30"})) -> PublishScript:
    return PublishScript(script="c", draft=draft, sold=sold, **WHO)


def test_a_draft_is_saved_also_when_it_is_not_whole() -> None:
    broken = content(HELLO)
    given(script).when(DraftScript(script="c", content=broken, **WHO)).then(change(DRAFT, content=broken))
    given(script, DRAFT).when(DraftScript(script="c", content=content(), **WHO)).then()
    given(script, DRAFT).when(DraftScript(script="c", content=OTHER, draft=1, **WHO)).then(NEXT)
    given(script, DRAFT, NEXT).when(DraftScript(script="c", content=content(), draft=1, **WHO)).then_rejected(
        "draft_changed"
    )


def test_only_a_whole_draft_that_was_looked_at_is_published() -> None:
    given(script).when(publish(1)).then_rejected("unknown_script")
    given(script, DRAFT).when(publish(1, sold=frozenset({"VIT-60"}))).then_rejected("not_whole")
    given(script, DRAFT).when(publish(1)).then(OUT)
    given(script, DRAFT, OUT).when(publish(1)).then()
    given(script, DRAFT, NEXT).when(publish(1)).then_rejected("draft_changed")
    broken = change(DRAFT, content=content(HELLO))
    given(script, broken).when(publish(1)).then_rejected("not_whole")
    later = ScriptPublished(script="c", version=2, content=OTHER, **WHO)
    given(script, DRAFT, OUT, NEXT).when(publish(2)).then(later)
    doc = seen(scripts, DRAFT, OUT, NEXT, later)["c"]
    assert (doc.content("1"), doc.content("2"), doc.content("current"), doc.content("3")) == (
        content(), OTHER, OTHER, None,
    )  # fmt: skip


def test_a_script_is_withdrawn_and_published_again() -> None:
    given(script, DRAFT).when(WITHDRAW).then_rejected("not_published")
    given(script, DRAFT, OUT).when(WITHDRAW).then(GONE)
    given(script, DRAFT, OUT, GONE).when(WITHDRAW).then()
    given(script, DRAFT, OUT, GONE).when(publish(1)).then(change(OUT, version=2))
    doc = seen(scripts, DRAFT, OUT, GONE)["c"]
    assert (doc.content("current"), doc.content("1")) == (None, content())


def test_a_script_with_a_branch_and_a_loop_that_can_be_left_is_whole() -> None:
    assert findings_of(content()) == []


LOST = Text(id="lost", texts={"en": "?"}, to="lost")
CASES: list[tuple[tuple[Node, ...], set[tuple[str, str]]]] = [
    ((HELLO, ASK, OFFER, WHY, SOLD, BYE, change(BYE, id="far")), {("unreachable", "far")}),
    ((HELLO, ASK, OFFER, WHY, SOLD, BYE, LOST), {("unreachable", "lost"), ("no_way_out", "lost")}),
    (
        (HELLO, change(ASK, answers=()), SOLD),
        {("dead_end", "ask"), ("unreachable", "sold"), ("no_way_out", "hello")},
    ),
    (
        (change(HELLO, to="nowhere"), SOLD),
        {("unknown_node", "hello"), ("unreachable", "sold"), ("no_way_out", "hello")},
    ),
    ((change(HELLO, to="sold", texts={"en": "{customer.shoe}"}), SOLD), {("unknown_variable", "hello")}),
    ((change(HELLO, to="sold", texts={"en": "{customer}"}), SOLD), {("malformed_variable", "hello")}),
    ((change(HELLO, to="sold", texts={"en": " "}), SOLD), {("missing_language", "hello")}),
    ((change(HELLO, to="sold", texts={"en": "a", "hr": "b"}), SOLD), {("unknown_language", "hello")}),
    ((change(HELLO, to="sold"), SOLD, SOLD), {("node_twice", "sold")}),
    ((change(HELLO, to="sold"), change(SOLD, code="hooray")), {("unknown_code", "sold")}),
    ((change(HELLO, to="why"), change(WHY, choices=()), BYE), {("no_choices", "why")}),
    ((change(HELLO, to="why"), change(WHY, form="number"), BYE), {("choices_unused", "why")}),
    ((change(HELLO, to="why"), change(WHY, choices=WHY.choices * 2), BYE), {("answer_twice", "why")}),
    (
        (change(HELLO, to="why"), change(WHY, to="two"), change(WHY, id="two"), BYE),
        {("field_twice", "why")},
    ),
]


@pytest.mark.parametrize(("nodes", "found"), CASES)
def test_what_is_wrong_names_its_node(nodes: tuple[Node, ...], found: set[tuple[str, str]]) -> None:
    assert codes(content(*nodes)) == found
    assert all(one.detail for one in findings_of(content(*nodes)))


def test_what_is_wrong_with_the_whole() -> None:
    assert codes(content(start="x")) == {("no_start", "")}
    assert codes(content(languages=())) >= {("no_language", "")}
    assert codes(Content(kind="survey", title="s", languages=("en",))) == {("no_nodes", "")}
    assert codes(content(entries=(Entry(id="e", question={"en": "q"}, answer={"en": "a"}),))) == {
        ("only_in_answers", "")
    }
    entry = Entry(id="fish", question={"en": "Fish?"}, answer={})
    answers = Content(kind="answers", title="a", languages=("en",), entries=(entry, entry))
    assert codes(answers) == {("entry_twice", "fish"), ("missing_language", "fish")}
    assert codes(change(answers, entries=())) == {("no_entries", "")}
    assert codes(change(answers, entries=(change(entry, answer={"en": "Yes"}),))) == set()
    assert codes(content(languages=("en", "hr"))) == {("missing_language", node.id) for node in NODES[:4]}


def test_offers_are_held_against_what_is_sold() -> None:
    other = change(OFFER, id="other", sku="GONE-1")
    assert unsold(content(), {"KOL-30"}) == []
    assert [(one.code, one.node) for one in unsold(content(OFFER, other), {"KOL-30"})] == [("unknown_product", "other")]
    assert [one.node for one in unsold(content(OFFER, other), set())] == ["offer", "other"]


@drawn(contents)
@settings(max_examples=200)
def test_a_script_without_findings_can_be_walked_to_an_end_from_everywhere(found: Content) -> None:
    """And one with any is told, not crashed on. Shortest ways to an end are looked for here in a way of their own."""
    wrong: list[Finding] = findings_of(found)
    if wrong or found.kind == "answers":
        return
    nodes = {node.id: node for node in found.nodes}
    ends = {name for name, node in nodes.items() if isinstance(node, Disposition)}
    for _ in nodes:
        ends |= {name for name, node in nodes.items() if any(to in ends for _, to in edges_of(node))}
    assert ends == set(nodes)


@drawn(st.integers(2, 30), st.integers(0, 40))
def test_a_chain_is_whole_and_without_its_end_it_is_not(length: int, back: int) -> None:
    chain: list[Node] = [Text(id=f"n{n}", texts={"en": "."}, to=f"n{n + 1}") for n in range(length)]
    end = Disposition(id=f"n{length}", code="sale")
    assert findings_of(content(*chain, end, start="n0")) == []
    circle = [*chain[:-1], Text(id=f"n{length - 1}", texts={"en": "."}, to=f"n{back % length}")]
    assert {one.code for one in findings_of(content(*circle, start="n0"))} == {"no_way_out"}


@drawn(contents)
def test_yaml_round_trips(found: Content) -> None:
    assert from_yaml(to_yaml(found).encode()) == found


@pytest.mark.parametrize(
    "text", ["\x85", "a\u2028b", "\u2029 c", "\ufeff", "a\r\nb", " a\n\n b ", "no", "~", "1_0", "'"]
)
def test_odd_texts_come_back_from_yaml_as_they_were(text: str) -> None:
    found = content(change(HELLO, texts={"en": text, "no": text}), languages=("en", "no"))
    assert from_yaml(to_yaml(found).encode()) == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\nb: *x", "yaml_refused"),
        ("!!python/object/apply:os.system ['true']", "yaml_refused"),
        ("[" * 50 + "]" * 50, "yaml_too_deep"),
        ("[" * 100_000, "yaml_too_deep"),
        ("a: [", "yaml_unreadable"),
        ("a: 1\na: 2", "yaml_unreadable"),
        ("? [a]\n: b", "yaml_unreadable"),
        ("a: \x00", "yaml_unreadable"),
        ("just words", "not_a_script"),
        ("kind: script\ntitle: t\nlanguages: [en]\nsurprise: 1", "not_a_script"),
        ("", "not_a_script"),
        (" " * (MOST_BYTES + 1), "yaml_too_large"),
    ],
)
def test_hostile_yaml_is_refused(text: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        from_yaml(text.encode())
    assert refused.value.code == code


def test_the_documented_examples_are_whole() -> None:
    text = (Path(__file__).parents[4] / "docs" / "scripts.md").read_text()
    examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 2
    for one in examples:
        assert findings_of(from_yaml(one.encode())) == []


def test_yaml_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        from_yaml(b"\xff\xfe\xff")
    assert refused.value.code == "yaml_unreadable"


@drawn(st.binary(max_size=300) | st.text(alphabet="{}[]:,-&*!? \n\t'\"ab#|>%@", max_size=80).map(str.encode))
@settings(max_examples=300)
def test_no_yaml_does_anything_but_be_read_or_refused(text: bytes) -> None:
    code = ""
    try:
        from_yaml(text)
    except Rejected as refused:
        code = refused.code
    assert code in {"", "yaml_unreadable", "yaml_refused", "yaml_too_deep", "not_a_script"}


def test_a_variable_without_a_value_says_so_and_a_value_is_never_a_variable() -> None:
    text = "{customer.name} takes {product.name}"
    assert rendered(text, {"customer.name": "Iva"}) == "Iva takes [no product.name]"
    assert rendered(text, {"customer.name": "{product.name}", "product.name": "<b>"}) == "{product.name} takes <b>"


def test_what_changed_is_told_by_node_and_way() -> None:
    new = content(
        HELLO, change(ASK, answers=ASK.answers[:2]), OFFER, change(WHY, field="reason"), SOLD, change(BYE, id="end")
    )
    found = diff(content(), new)
    assert (found.added, found.removed, found.changed, found.about) == (["end"], ["bye"], ["ask", "why"], [])
    assert found.edges_removed == [Edge(node="ask", answer="no", to="why")]
    assert diff(content(), OTHER).about == ["title"]


@drawn(contents, contents)
def test_what_is_added_one_way_is_removed_the_other(old: Content, new: Content) -> None:
    there, back = diff(old, new), diff(new, old)
    assert (there.added, there.changed, there.about) == (back.removed, back.changed, back.about)
    assert there.edges_added == back.edges_removed
    same: Any = msgspec.to_builtins(diff(old, old))
    assert not any(same.values())


def test_a_script_is_walked_without_a_call() -> None:
    start = walk(content(), (), "en", {"customer.name": "Iva"})
    assert [(one.node, one.text, one.taken) for one in start] == [
        ("hello", "Hello Iva.", ""),
        ("ask", "Did you read of it?", None),
    ]
    assert [one.answer for one in start[-1].answers] == ["yes", "again", "no"]
    end = walk(content(), ("again", "yes", "declined", "price"), "en", {})
    assert [one.node for one in end] == ["hello", "ask", "hello", "ask", "offer", "why", "bye"]
    assert end[-1].code == "not_interested"


@pytest.mark.parametrize(
    ("answers", "language", "code"),
    [
        (("maybe",), "en", "no_such_answer"),
        ((), "hr", "no_such_language"),
        (("yes", "accepted", "yes"), "en", "after_the_end"),
    ],
)
def test_a_walk_that_does_not_go_is_refused(answers: tuple[str, ...], language: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        walk(content(), answers, language, {})
    assert refused.value.code == code


def test_texts_in_a_circle_end_the_walk() -> None:
    with pytest.raises(Rejected) as refused:
        walk(content(LOST, start="lost"), (), "en", {})
    assert refused.value.code == "endless"
