"""Scripts as the tests of selling use them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from services.calls.events.scripts import (
    Answer,
    Choice,
    Content,
    Disposition,
    Entry,
    Input,
    Node,
    Offer,
    Question,
    Text,
)

HELLO = Text(id="hello", texts={"en": "Hello {customer.name}."}, to="ask")
ASK = Question(
    id="ask",
    texts={"en": "Did you read of it?"},
    answers=(
        Answer(id="yes", texts={"en": "Yes"}, to="offer"),
        Answer(id="again", texts={"en": "What?"}, to="hello"),
        Answer(id="no", texts={"en": "No"}, to="why"),
    ),
)
OFFER = Offer(id="offer", texts={"en": "{product.name}?"}, sku="KOL-30", accepted="sold", declined="why")
WHY = Input(
    id="why",
    texts={"en": "Why not?"},
    field="why",
    form="choice",
    to="bye",
    choices=(Choice(id="price", texts={"en": "Too dear"}), Choice(id="other", texts={"en": "Other"})),
)
SOLD = Disposition(id="sold", code="sale")
BYE = Disposition(id="bye", code="not_interested")
NODES: tuple[Node, ...] = (HELLO, ASK, OFFER, WHY, SOLD, BYE)


def content(*nodes: Node, **more: Any) -> Content:
    """A script with a branch, a loop and two ends, where nothing else is said."""
    fields: dict[str, Any] = {"kind": "script", "title": "Collagen", "languages": ("en",), "start": "hello"}
    return Content(**{**fields, "nodes": nodes or NODES, **more})


_names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)
_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
_texts = st.dictionaries(st.sampled_from(["en", "no", "hr"]), _words, max_size=3)
_answers = st.lists(st.builds(Answer, id=_names, texts=_texts, to=_names), max_size=3).map(tuple)
_choices = st.lists(st.builds(Choice, id=_names, texts=_texts), max_size=3).map(tuple)
_nodes = st.one_of(
    st.builds(Text, id=_names, texts=_texts, to=_names),
    st.builds(Question, id=_names, texts=_texts, answers=_answers),
    st.builds(Offer, id=_names, texts=_texts, sku=_names, accepted=_names, declined=_names),
    st.builds(
        Input,
        id=_names,
        texts=_texts,
        field=_names,
        form=st.sampled_from(["choice", "number", "text"]),
        to=_names,
        choices=_choices,
    ),
    st.builds(Disposition, id=_names, texts=_texts, code=_names),
)
contents = st.builds(
    Content,
    kind=st.sampled_from(["script", "survey", "answers"]),
    title=_words.filter(bool),
    languages=st.lists(st.sampled_from(["en", "no", "hr"]), max_size=3).map(tuple),
    start=_names,
    nodes=st.lists(_nodes, max_size=5).map(tuple),
    entries=st.lists(st.builds(Entry, id=_names, question=_texts, answer=_texts), max_size=3).map(tuple),
)
"""Any script at all, whole or not."""
