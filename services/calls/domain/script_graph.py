"""Is a script whole? Each finding names the node that it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import msgspec

from services.calls.domain.script_text import FORMS, variables_of, without_variables
from services.calls.events.scripts import Answer, Choice, Content, Disposition, Input, Node, Offer, Question, Text
from shared.contracts.codes import DISPOSITIONS

VARIABLES = frozenset(
    {
        "agent.name",
        "campaign.name",
        "customer.city",
        "customer.name",
        "order.total",
        "partner.name",
        "product.name",
        "product.price",
    }
)
"""What a text may name in braces."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that keeps a script from being published. `node` is empty where it is about the whole."""

    code: str
    node: str
    detail: str


def edges_of(node: Node) -> list[tuple[str, str]]:
    """The ways out of a node: the answer, empty where there is one way only, and the node that it leads to."""
    match node:
        case Text(to=to) | Input(to=to):
            return [("", to)]
        case Question(answers=answers):
            return [(answer.id, answer.to) for answer in answers]
        case Offer(accepted=accepted, declined=declined):
            return [("accepted", accepted), ("declined", declined)]
        case Disposition():
            return []


def findings_of(content: Content) -> list[Finding]:
    """Everything that is wrong, in the order of the nodes; none: it may be published."""
    whole = list(_of_languages(content))
    if content.kind == "answers":
        return [*whole, *_of_entries(content)]
    return [*whole, *_of_graph(content)]


def unsold(content: Content, sold: Set[str]) -> list[Finding]:
    """Offers of products that the catalogue does not have, or has no more: apart from the rest, which is wrong or right
    whatever is sold."""
    return [
        _found("unknown_product", node.id, f"{node.id} offers {node.sku}, which is not sold.")
        for node in content.nodes
        if isinstance(node, Offer) and node.sku not in sold
    ]


def _of_languages(content: Content) -> Iterator[Finding]:
    if not content.languages:
        yield _found("no_language", "", "The script has no language.")
    for language in _twice(content.languages):
        yield _found("language_twice", "", f"The language {language} is named twice.")


def _of_entries(content: Content) -> Iterator[Finding]:
    if content.nodes or content.start:
        yield _found("not_in_answers", "", "A list of answers has entries, and no nodes.")
    if not content.entries:
        yield _found("no_entries", "", "There is no question with an answer.")
    for entry in _twice(entry.id for entry in content.entries):
        yield _found("entry_twice", entry, f"There are several entries {entry}.")
    for one in content.entries:
        yield from _of_texts(content, one.id, "the question", one.question)
        yield from _of_texts(content, one.id, "the answer", one.answer)


def _of_graph(content: Content) -> Iterator[Finding]:
    if content.entries:
        yield _found("only_in_answers", "", "Only a list of answers has entries.")
    nodes = {node.id: node for node in content.nodes}
    if not nodes:
        yield _found("no_nodes", "", "There is no node.")
        return
    if content.start not in nodes:
        yield _found("no_start", "", f"It starts at {content.start or 'no node'}, which is not there.")
    for node in _twice(node.id for node in content.nodes):
        yield _found("node_twice", node, f"There are several nodes {node}.")
    for field in _twice(node.field for node in content.nodes if isinstance(node, Input)):
        yield _found("field_twice", _asks(content, field), f"Several nodes ask for the field {field}.")
    reached, ending = reachable(nodes, [content.start]), leading_to_an_end(nodes)
    for one in content.nodes:
        yield from _of_node(content, one, nodes)
        if content.start in nodes and one.id not in reached:
            yield _found("unreachable", one.id, f"No way leads from the start to {one.id}.")
        if one.id not in ending and edges_of(one):
            yield _found("no_way_out", one.id, f"No way leads from {one.id} to a disposition.")


def _of_node(content: Content, node: Node, nodes: Mapping[str, Node]) -> Iterator[Finding]:
    if not isinstance(node, Disposition) or node.texts:
        yield from _of_texts(content, node.id, "the text", node.texts)
    for answer, to in edges_of(node):
        if to not in nodes:
            way = f"The answer {answer}" if answer else node.id
            yield _found("unknown_node", node.id, f"{way} leads to {to}, which is not there.")
    match node:
        case Question(answers=answers):
            if not answers:
                yield _found("dead_end", node.id, f"The question {node.id} has no answer.")
            yield from _of_parts(content, node.id, answers)
        case Input(form="choice", choices=choices):
            if not choices:
                yield _found("no_choices", node.id, f"{node.id} asks for a choice and has none.")
            yield from _of_parts(content, node.id, choices)
        case Input(choices=choices) if choices:
            yield _found("choices_unused", node.id, f"{node.id} has choices, but does not ask for one.")
        case Disposition(code=code) if code not in DISPOSITIONS:
            yield _found("unknown_code", node.id, f"{code} is no result of a call.")


def _of_parts(content: Content, node: str, parts: Sequence[Answer | Choice]) -> Iterator[Finding]:
    for part in _twice(part.id for part in parts):
        yield _found("answer_twice", node, f"{node} has several answers {part}.")
    for one in parts:
        yield from _of_texts(content, node, f"the answer {one.id}", one.texts)


def _of_texts(content: Content, node: str, what: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    for language in dict.fromkeys(content.languages):
        if not texts.get(language, "").strip():
            yield _found("missing_language", node, f"{what} of {node} is missing in {language}.".capitalize())
    for language in texts:
        if language not in content.languages:
            yield _found("unknown_language", node, f"{node} has {language}, which is no language of the script.")
    for text in texts.values():
        for name in sorted(set(variables_of(text)) - VARIABLES):
            yield _found("unknown_variable", node, f"{node} names {{{name}}}, which nobody knows.")
        if FORMS.search(without_variables(text)):
            yield _found("malformed_variable", node, f"{node} has a brace that belongs to no variable.")


def reachable(nodes: Mapping[str, Node], start: Iterable[str]) -> set[str]:
    """The nodes to which a way leads from one of these, with these."""
    found: set[str] = set()
    left = [name for name in start if name in nodes]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [to for _, to in edges_of(nodes[name]) if to in nodes]
    return found


def leading_to_an_end(nodes: Mapping[str, Node]) -> set[str]:
    """The nodes from which a way leads to a disposition, with the dispositions: a loop is among them when it can be
    left."""
    before: dict[str, list[str]] = {}
    for node in nodes.values():
        for _, to in edges_of(node):
            before.setdefault(to, []).append(node.id)
    found: set[str] = set()
    left = [node.id for node in nodes.values() if isinstance(node, Disposition)]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += before.get(name, [])
    return found


def _asks(content: Content, field: str) -> str:
    return next(node.id for node in content.nodes if isinstance(node, Input) and node.field == field)


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _found(code: str, node: str, detail: str) -> Finding:
    return Finding(code=code, node=node, detail=detail)
