"""What changed from one version of a script to another."""

from __future__ import annotations

import msgspec

from services.calls.domain.script_graph import edges_of
from services.calls.events.scripts import Content, Entry, Node


class Edge(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A way from a node by an answer to another node."""

    node: str
    answer: str
    to: str


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """Names of nodes, or of a list's entries, in order; `about`: the fields of the whole that differ. A node of which
    only the ways changed stands under `changed` too."""

    added: list[str]
    removed: list[str]
    changed: list[str]
    edges_added: list[Edge]
    edges_removed: list[Edge]
    about: list[str]


def diff(old: Content, new: Content) -> Diff:
    """From the old to the new; all empty where both say the same, apart from the order of nodes."""
    before, after = _parts(old), _parts(new)
    gone, come = _edges(old), _edges(new)
    return Diff(
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        changed=sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
        edges_added=sorted(come - gone),
        edges_removed=sorted(gone - come),
        about=[name for name in ("kind", "title", "languages", "start") if getattr(old, name) != getattr(new, name)],
    )


def _parts(content: Content) -> dict[str, Node | Entry]:
    return {part.id: part for part in (*content.nodes, *content.entries)}


def _edges(content: Content) -> set[Edge]:
    return {Edge(node=node.id, answer=answer, to=to) for node in content.nodes for answer, to in edges_of(node)}
