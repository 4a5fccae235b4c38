"""Traces, where the settings ask for them: spans of what this process does, and links across the log to its causes.

Off, nothing is loaded and nothing is kept: a span is one comparison. On, a request or a step is a span, and what it
records carries its context (W3C `traceparent`) into the log. Whoever takes up one record goes on in its trace; whoever
takes a batch is a trace of its own, since a batch has many causes, and links to each. So all that came of a delivery is
found by its trace.

A span is named after what is done, never after whom or what it is done to, and holds no content: attributes are names
of ours (topics, workers, routes, classes) and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

Kind = Literal["server", "client", "producer", "consumer", "internal"]
Attributes = Mapping[str, str | int]
HEADER = "traceparent"
_CONTEXT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Span(Protocol):
    """What goes on, while it goes on."""

    def rename(self, name: str) -> None:
        """What it is called became known on the way."""
        ...

    def note(self, name: str, value: str | int) -> None:
        """An attribute more."""
        ...

    def failed(self, why: str) -> None:
        """It went wrong; `why` is a class or a code, never a text that may hold what somebody sent."""
        ...


class Spans(Protocol):
    """Makes spans and gives them away."""

    def span(
        self, name: str, kind: Kind, parent: str | None, links: Sequence[str], attributes: Attributes
    ) -> AbstractContextManager[Span]:
        """A span, current within: in the trace of `parent`, else in that of the current one, else the first of its own.
        An exception that leaves it fails it by its class alone."""
        ...

    def context(self) -> str:
        """That of the current span as a `traceparent`; empty where there is none, or where it is not kept."""
        ...

    def ids(self) -> dict[str, str]:
        """`trace_id` and `span_id` of the current span, kept or not; empty where there is none."""
        ...

    def close(self) -> None:
        """Give away what is left, for a few seconds at the most."""
        ...


class _Unseen:
    """A span where none is wanted."""

    def rename(self, name: str) -> None:
        pass

    def note(self, name: str, value: str | int) -> None:
        pass

    def failed(self, why: str) -> None:
        pass


_NOWHERE: AbstractContextManager[Span] = nullcontext(_Unseen())
_spans: Spans | None = None


def begin(spans: Spans | None) -> None:
    """From now on this process's spans are these; None: no more."""
    global _spans
    _spans = spans


def on() -> bool:
    """Whether spans are made."""
    return _spans is not None


def span(
    name: str,
    kind: Kind = "internal",
    *,
    parent: str | None = None,
    causes: Iterable[str] | None = None,
    attributes: Attributes | None = None,
) -> AbstractContextManager[Span]:
    """A span, current within.

    `parent`: the context that it goes on from; None: from the current one. `causes`: those of a batch, which it links
    to. What was not kept has an empty context, and nothing is kept of what only goes on from that.
    """
    if _spans is None or parent == "":
        return _NOWHERE
    links = () if causes is None else tuple(dict.fromkeys(filter(None, causes)))
    if causes is not None and not links:
        return _NOWHERE
    return _spans.span(name, kind, parent, links, attributes or {})


def context() -> str:
    """What is recorded with what is done now, so that whoever takes it up finds its trace; empty: nothing is."""
    return "" if _spans is None else _spans.context()


def sent() -> dict[str, str]:
    """The headers of a request that we send now."""
    return {HEADER: found} if (found := context()) else {}


def ids() -> dict[str, str]:
    """The names of the trace and the span in which a line is logged."""
    return {} if _spans is None else _spans.ids()


def received(text: str, believed: bool) -> str | None:
    """What a request says of its own trace; None where it says nothing. Whether that is kept is said by those alone
    who are believed: anybody outside could have us keep all that they send."""
    if not _CONTEXT.fullmatch(text):
        return None
    return text if believed else f"{text[:-2]}00"
