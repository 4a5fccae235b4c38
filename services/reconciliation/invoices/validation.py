"""What a validator says of a document: which rules it breaks, and whether any rule was seen to run."""

from __future__ import annotations

from typing import Literal

import msgspec

Failure = Literal["", "timeout", "died", "nothing_fired", "no_rules"]
"""Why there is no verdict. `nothing_fired`: the rules ran and none applied, so that no finding would mean nothing."""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is broken: `rule`: its id, `BR-CO-15`, or `XSD`; `place`: path or line; `fatal`: not a warning."""

    rule: str
    text: str
    place: str
    fatal: bool = True


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """`schema`, `rules`: the files that it was held against; `fired`: how many rules applied to something in it."""

    schema: str = ""
    rules: str = ""
    fired: int = 0
    violations: tuple[Violation, ...] = ()
    failure: Failure = ""
