"""No text with a line's end behind it passes for one without: not an id, not an address, not a month, nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway.identity.users import NAME

ROOT = Path(__file__).parents[3]
END = r"$(?!\n)"


def written() -> set[str]:
    """Every pattern in our code that ends as it should; that no other one is there is a rule of `test_rules.py`."""
    sources = [path.read_text() for room in ("services", "shared") for path in (ROOT / room).rglob("*.py")]
    texts = {
        node.value
        for source in sources
        if "$(?!" in source
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(END)
    }
    # Nothing can make texts for one that looks ahead, the address of a mail: `test_alert_mails.py` has its own.
    return {f"^{NAME}{END}" if text == END else text for text in texts if "(?=" not in text}


PATTERNS = sorted(written())


def test_there_are_many() -> None:
    assert len(PATTERNS) > 50


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_right_is_wrong_with_a_lines_end_behind_it(pattern: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(pattern).filter(lambda text: re.fullmatch(pattern, text) is not None))
    kind: Any = Annotated[str, msgspec.Meta(pattern=pattern)]
    assert msgspec.convert(text, kind) == text
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(f"{text}\n", kind)
    assert msgspec.json.schema(kind)["pattern"] == pattern
