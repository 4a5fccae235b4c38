"""What holds for the whole project: the lock is complete, files are small and say what they are for, pages are true."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
MODULES = sorted(path for room in ("services", "shared", "tests") for path in (ROOT / room).rglob("*.py"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def locked(name: str) -> dict[str, Version]:
    """The versions in a lock file, after checking that each line is a version with its hashes."""
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    versions = {}
    for line in text.splitlines():
        found = re.fullmatch(r"([a-z0-9-]+)==(\S+)( ; [^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+", line.strip())
        assert found, f"{name}: not a version with hashes: {line[:80]}"
        versions[found[1]] = Version(found[2])
    return versions


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("build.txt", SETTINGS["build-system"]["requires"]),
        ("run.txt", PROJECT["dependencies"]),
        ("traces.txt", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["traces"]),
        ("dev.txt", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
    ],
)
def test_each_requirement_of_the_project_is_locked(name: str, wanted: list[str]) -> None:
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {name}: make lock"
        assert version in requirement.specifier, f"{requirement} is locked at {version}: make lock"


def test_the_locks_agree_on_what_they_share() -> None:
    run, traces, dev = locked("run.txt"), locked("traces.txt"), locked("dev.txt")
    assert run.items() <= traces.items() <= dev.items()
    assert locked("build.txt").items() <= dev.items()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_opens_with_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 500
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "no opening sentence"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_each_class_in_the_glossary_exists() -> None:
    code = "\n".join(path.read_text() for path in MODULES)
    defined = set(re.findall(r"^(?:class )?([A-Z]\w+)(?= =|\(|:)", code, re.MULTILINE))
    cells = re.findall(r"\| ([^|]*) \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    named = {word for cell in cells for word in re.findall(r"`(?:[a-z_.]+\.)?([A-Z]\w+)", cell)}
    assert named, "the glossary names no class"
    assert named <= defined, f"not in the code: {sorted(named - defined)}"
