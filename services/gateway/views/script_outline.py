"""A script's graph as lines to read: from the start on, each node once, deeper where a way branches off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

DEEPEST = 8
"""Deeper lines are drawn no further in: a page is only so wide."""


class Line(NamedTuple):
    """A node at its depth, reached by an answer of another node. `again`: it stands further up with its ways; `node`
    None: there is none of that name."""

    depth: int
    answer: str
    name: str
    node: Mapping[str, Any] | None
    again: bool


def ways_of(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The answers of a node with the nodes that they lead to."""
    match node["type"]:
        case "question":
            return [(answer["id"], answer["to"]) for answer in node.get("answers", ())]
        case "offer":
            return [("accepted", node["accepted"]), ("declined", node["declined"])]
        case "disposition":
            return []
        case _:
            return [("", node["to"])]


def outline(content: Mapping[str, Any]) -> list[Line]:
    """The lines, depth first; then the nodes to which no way leads. A chain of single ways stays at one depth."""
    nodes = {node["id"]: node for node in content.get("nodes", ())}
    lines: list[Line] = []
    seen: set[str] = set()

    def follow(start: str) -> None:
        left = [(0, "", start)]
        while left:
            depth, answer, name = left.pop()
            node = nodes.get(name)
            lines.append(Line(min(depth, DEEPEST), answer, name, node, name in seen))
            if node is None or name in seen:
                continue
            seen.add(name)
            ways = ways_of(node)
            deeper = depth + (len(ways) > 1)
            left += [(deeper, way, to) for way, to in reversed(ways)]

    if content.get("start"):
        follow(content["start"])
    for name in nodes:
        if name not in seen:
            follow(name)
    return lines
