"""What no module may do, read from its syntax; each rule is shown to find what it is for."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for room in ("services", "shared") for path in (ROOT / room).rglob("*.py"))
PURE = re.compile(r"services/\w+/(domain|views|events)(/|\.py)|shared/(contracts/|kernel\.py)")
IMPURE = frozenset(
    {"asyncio", "httpx", "logging", "os", "pathlib", "random", "secrets", "socket", "sqlite3", "subprocess",
     "tempfile", "threading", "time", "urllib.request", "uuid", "shared.clock", "shared.ports", "shared.adapters"}
)  # fmt: skip
CLOCKS = frozenset({"now", "utcnow", "today", "monotonic", "perf_counter", "uuid4", "uuid1", "urandom"})
IN_PURE_IO = frozenset({"open", "print", "input", "exec", "eval"})
MONEY = re.compile(r"(^|_)(amount|price|minor|cost|fee|fees|gross|revenue|pay|paid|refund|commission)(_|$)")
PERSONAL = re.compile(
    r"^(number|phone|msisdn|callee|customer|customer_number|our_number|email|street|address|city|postal_code|"
    r"notes|profile|payload|body|content|plaintext|raw|iban|text)$"
)
RUNNERS = frozenset({("pickle", "loads"), ("pickle", "load"), ("yaml", "unsafe_load"), ("marshal", "loads")})
"""What makes of a document whatever the document says."""
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})

Rule = Callable[[ast.Module], Iterator[tuple[int, str]]]


def pure(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Rules and views get time, names and chance as values, and touch nothing outside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            modules = [start, *(f"{start}.{alias.name}".lstrip(".") for alias in node.names)]
            for module in modules:
                if any(module == one or module.startswith(f"{one}.") for one in IMPURE):
                    yield node.lineno, f"imports {module}"
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in CLOCKS:
                yield node.lineno, f"calls {called.attr}"
            if isinstance(called, ast.Name) and called.id in IN_PURE_IO:
                yield node.lineno, f"calls {called.id}"


def exact(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Money is counted in whole minor units: no field of it is a float, and none is made of minor units."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            target = node.target if isinstance(node, ast.AnnAssign) else node
            name = target.id if isinstance(target, ast.Name) else getattr(target, "arg", getattr(target, "attr", ""))
            said = {part.id for part in ast.walk(node.annotation) if isinstance(part, ast.Name)}
            if MONEY.search(name) and "float" in said:
                yield node.lineno, f"{name} is a float"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield from ((node.lineno, f"a float of {unit}") for one in node.args for unit in _minor(one))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            for side in (node.left, node.right):
                if isinstance(side, ast.Attribute | ast.Name):
                    yield from ((node.lineno, f"{unit} divided into a float") for unit in _minor(side))


def _minor(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name == "minor" or name.endswith("_minor"):
            yield name


def explicit(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Whoever reads a broker says when it has done with what it read: nothing acknowledges by itself."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        said = {word.arg: word.value for word in node.keywords}
        if name == "AIOKafkaConsumer":
            automatic = said.get("enable_auto_commit")
            if not (isinstance(automatic, ast.Constant) and automatic.value is False):
                yield node.lineno, "a consumer that commits by itself"
        if name == "subscriber":
            policy = said.get("ack_policy")
            if not (isinstance(policy, ast.Attribute) and policy.attr == "MANUAL"):
                yield node.lineno, "a subscriber without ack_policy=AckPolicy.MANUAL"


def discreet(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What is logged is an id, a count, a name of ours or the class of an error: nothing that a customer told us."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in LEVELS:
            continue
        owner = node.func.value
        if not (isinstance(owner, ast.Name) and owner.id in ("log", "_log", "logger", "logging")):
            continue
        for argument in [*node.args, *(word.value for word in node.keywords)]:
            for part in ast.walk(argument):
                name = part.attr if isinstance(part, ast.Attribute) else part.id if isinstance(part, ast.Name) else ""
                if PERSONAL.match(name):
                    yield node.lineno, f"logs {name}"
            if isinstance(argument, ast.JoinedStr):
                yield node.lineno, "formats before it logs"


def guarded(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Whoever writes rows for a spreadsheet calls what keeps texts from becoming formulas."""
    called = [(node.lineno, ast.unparse(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    guards = any(name.rpartition(".")[2] in ("guarded", "neutral") for _, name in called)
    # Cells that come in guarded are guarded by whoever hands on the guard.
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for line, name in called:
        if name in ("csv.writer", "csv.DictWriter") and not guards and "guarded" not in names:
            yield line, "writes rows whose texts may be formulas"


def sheltered(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Documents of others are read by parsers that load nothing and expand nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            if any(name.startswith(("xml.etree", "xml.dom", "xml.sax")) for name in names):
                yield node.lineno, "a parser of XML that expands entities"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "XMLParser":
            said = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
            if said.get("resolve_entities") is not False or said.get("no_network") is not True:
                yield node.lineno, "an XMLParser that may load or expand"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = getattr(node.func.value, "id", "")
            loader = next((ast.unparse(word.value) for word in node.keywords if word.arg == "Loader"), "")
            if (owner, node.func.attr) == ("yaml", "load") and not re.search(r"Plain|Safe|Base", loader):
                yield node.lineno, "yaml.load that makes objects"
            if (owner, node.func.attr) in RUNNERS:
                yield node.lineno, f"{owner}.{node.func.attr} runs what it reads"


OPEN_END = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$\(\?!\\n\)")
"""What of a pattern is no open end: escapes, classes, and an end of the text."""


def closed(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """`$` lets a line's end follow. A pattern ends with `$(?!\\n)`, which readers of published schemas know too."""
    texts = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Meta":
            for given in (word.value for word in node.keywords if word.arg == "pattern"):
                text = texts.get(given.id) if isinstance(given, ast.Name) else given
                parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                said = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
                if not said:
                    yield given.lineno, "a pattern that is not written in this module"
                elif "$" in OPEN_END.sub("", "".join(said)):
                    yield given.lineno, "a pattern that lets a line's end follow"


RULES: dict[str, tuple[Rule, Callable[[str], bool]]] = {
    "pure": (pure, lambda path: PURE.match(path) is not None),
    "exact": (exact, lambda path: PURE.match(path) is not None or "/invoices/" in path or "/rating/" in path),
    "explicit": (explicit, lambda path: True),
    "discreet": (discreet, lambda path: True),
    # What a simulated partner writes is as partners write it.
    "guarded": (guarded, lambda path: not path.startswith("services/simulate/")),
    "sheltered": (sheltered, lambda path: True),
    # What public events are promised to look like stays as it was promised (`tests/contract/public_events.json`).
    "closed": (closed, lambda path: not path.startswith("shared/contracts/")),
}
PLANTED: list[tuple[str, str]] = [
    ("pure", "from datetime import datetime\ndef fold(doc): return datetime.now()"),
    ("pure", "import random"),
    ("pure", "from shared import clock"),
    ("pure", "from shared.ports import Documents"),
    ("pure", "import logging"),
    ("pure", "def decide(): return open('x').read()"),
    ("pure", "import uuid"),
    ("exact", "class Line:\n    amount: float"),
    ("exact", "class Line:\n    unit_price: float | None = None"),
    ("exact", "def total(cost: float): ..."),
    ("exact", "def share(money): return float(money.minor) * 2"),
    ("exact", "def half(money): return money.minor / 2"),
    ("explicit", "AIOKafkaConsumer('t', group_id='g')"),
    ("explicit", "AIOKafkaConsumer('t', enable_auto_commit=True)"),
    ("explicit", "broker.subscriber('t')"),
    ("explicit", "broker.subscriber('t', ack_policy=AckPolicy.ACK)"),
    ("discreet", "log.info('called %s', call.number)"),
    ("discreet", "log.warning('can not read %s', payload)"),
    ("discreet", "log.exception('no such customer: %s', said.customer)"),
    ("discreet", "log.info(f'the mail of {who}')"),
    ("guarded", "import csv\ncsv.writer(out).writerow([name])"),
    ("sheltered", "import xml.etree.ElementTree"),
    ("sheltered", "etree.XMLParser(no_network=True)"),
    ("sheltered", "pickle.loads(body)"),
    ("sheltered", "yaml.load(body, Loader=yaml.Loader)"),
    ("closed", "Id = msgspec.Meta(pattern='^[a-z]+$')"),
    ("closed", "Id = Meta(pattern=f'^{NAME}$')"),
    ("closed", "ID = '^[a-z]+$'\nId = Meta(pattern=ID)"),
    ("closed", "Id = Meta(pattern=elsewhere.ID)"),
    ("closed", r"Clock = Meta(pattern=r'^[0-9]+$|^24$(?!\n)')"),
]


@cache
def looked_at() -> tuple[Counter[str], dict[str, list[str]]]:
    """Of each rule how many modules it concerns, and what breaks it: each module is parsed once for all of them."""
    concerned, broken = Counter[str](), defaultdict[str, list[str]](list)
    for path in MODULES:
        place, tree = str(path.relative_to(ROOT)), ast.parse(path.read_text())
        for name, (rule, concerns) in RULES.items():
            if concerns(place):
                concerned[name] += 1
                broken[name] += [f"{place}:{line} {what}" for line, what in rule(tree)]
    return concerned, broken


@pytest.mark.parametrize("name", RULES)
def test_no_module_breaks_the_rule(name: str) -> None:
    concerned, broken = looked_at()
    assert concerned[name] > 50
    assert broken[name] == []


@pytest.mark.parametrize(("name", "source"), PLANTED)
def test_the_rule_finds_what_is_planted(name: str, source: str) -> None:
    rule, _ = RULES[name]
    assert list(rule(ast.parse(source)))
