"""Whatever the product stands on may be given out with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply import licences
from tests.supply.licences import EXCEPTIONS, Component, is_allowed, licence_of, locked, refused


def test_every_requirement_has_a_licence_that_is_allowed() -> None:
    names = [one.name for one in locked()]
    assert len(names) > 50
    assert refused(names) == {}


def test_every_exception_is_still_needed() -> None:
    names = {one.name for one in locked()}
    assert {name: licence_of(name) for name in EXCEPTIONS if name in names} == {
        name: licence for name, (licence, _) in EXCEPTIONS.items()
    }


def test_a_licence_that_is_not_on_the_list_is_found() -> None:
    # A tool of the tests, which is given to nobody.
    assert refused(["krippendorff", "msgspec"]) == {"krippendorff": "GPL-3.0-or-later"}


def test_a_licence_that_nobody_has_looked_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "SAID_ELSEWHERE", {})
    with pytest.raises(KeyError, match="saxonche"):
        licence_of("saxonche")


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("BSD-3-Clause AND MIT", True),
        ("BSD-3-Clause AND GPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("", False),
    ],
)
def test_expressions_are_read(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) == allowed


def test_the_lock_is_read_with_its_hashes(tmp_path: Path) -> None:
    lock = tmp_path / "run.txt"
    one, two = "a" * 64, "b" * 64
    lock.write_text(f"""here==1.2 \\
    --hash=sha256:{one} \\
    --hash=sha256:{two}
elsewhere==3 ; sys_platform == 'win32' \\
    --hash=sha256:{one}
""")
    assert locked(lock) == [Component("here", "1.2", (one, two))]
