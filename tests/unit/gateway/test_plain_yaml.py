"""Content as YAML: what is written is read again as it was, and what can't be read is named by its line."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views.plain_yaml import from_yaml, to_yaml
from tests.unit.training.quality import CONTENT


@given(st.text(), st.sampled_from(["yes", "no", "on", "~", "null", "1", "1e3", "2026-01-01", "true", "=", "<<"]))
def test_a_text_is_read_as_it_was_written(text: str, short: str) -> None:
    content: dict[str, Any] = {"title": text, "questions": [{"id": short, "weight": 3, "fatal": True}]}
    assert from_yaml(to_yaml(content)) == content


def test_a_form_is_read_as_it_was_written() -> None:
    content = msgspec.json.decode(msgspec.json.encode(CONTENT))
    assert from_yaml(to_yaml(content)) == content


def test_an_answer_may_be_called_yes() -> None:
    assert from_yaml("a: yes\nb: true\nc: 07\nd: 7\ne: 2026-01-01") == {
        "a": "yes",
        "b": True,
        "c": "07",
        "d": 7,
        "e": "2026-01-01",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: a\ntitle: b", "Line 2: a name stands twice"),
        ("title: a\nquestions: [", "Line "),
        ("a: &x 1\nb: *x", "Line 1: anchors"),
        ("a: !!python/none 1", "Line 1: anchors"),
        ("[[[[[[[[[1]]]]]]]]]", "Line 1 is nested"),
        ("- a", "It has to be lines"),
        ("", "It has to be lines"),
        ("a: \x00", "signs"),
    ],
)
def test_what_is_no_form_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_yaml(text)
