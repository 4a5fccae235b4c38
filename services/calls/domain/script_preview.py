"""A script walked without a call: what is said, step by step, after these answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from services.calls.domain.script_graph import edges_of
from services.calls.domain.script_text import rendered
from services.calls.events.scripts import Content, Disposition, Input, Node, Question, Text
from shared.kernel import Rejected


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that may be given; `text` is what the agent reads on it."""

    answer: str
    text: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it is shown, the ways on from it, and the one that was taken; None: the walk stands here."""

    node: str
    type: str
    text: str
    answers: list[Open]
    taken: str | None = None
    code: str | None = None


MOST_STEPS = 1_000


def walk(content: Content, answers: Sequence[str], language: str, values: Mapping[str, str]) -> list[Said]:
    """From the start on: a text goes on by itself, every other node takes the next answer (for an input, anything).
    The last one is where the walk stands, or a disposition.

    Rejected: `no_such_language`, `no_such_node` for a script that is not whole, `no_such_answer`, `after_the_end` for
    answers that are left over, `endless` for texts that follow each other in a circle.
    """
    if language not in content.languages:
        raise Rejected("no_such_language", f"The script is not in {language}.")
    nodes = {node.id: node for node in content.nodes}
    said: list[Said] = []
    left = list(answers)
    name = content.start
    for _ in range(MOST_STEPS):
        node = nodes.get(name)
        if node is None:
            raise Rejected("no_such_node", f"There is no node {name}.")
        shown = _shown(node, language, values)
        if isinstance(node, Disposition) or (not left and not isinstance(node, Text)):
            if left:
                raise Rejected("after_the_end", f"The script is over at {name}.")
            return [*said, shown]
        taken = "" if isinstance(node, Text) else left.pop(0)
        said.append(msgspec.structs.replace(shown, taken=taken))
        name = _next(node, taken)
    raise Rejected("endless", f"After {MOST_STEPS} steps there is no end.")


def _next(node: Node, taken: str) -> str:
    ways = dict(edges_of(node))
    if isinstance(node, Text | Input):
        return ways[""]
    if taken not in ways:
        raise Rejected("no_such_answer", f"{node.id} has no answer {taken}.")
    return ways[taken]


def _shown(node: Node, language: str, values: Mapping[str, str]) -> Said:
    def words(texts: Mapping[str, str]) -> str:
        return rendered(texts.get(language, ""), values)

    match node:
        case Question(answers=parts) | Input(choices=parts):
            answers = [Open(answer=part.id, text=words(part.texts)) for part in parts]
        case _:
            answers = [Open(answer=answer, text=answer) for answer, _ in edges_of(node) if answer]
    return Said(
        node=node.id,
        type=str(node.__struct_config__.tag),
        text=words(node.texts),
        answers=answers,
        code=node.code if isinstance(node, Disposition) else None,
    )
