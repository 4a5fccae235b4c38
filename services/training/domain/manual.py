"""A course's manual: versions that follow each other, each in force from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.training.domain.course import Id
from shared.contracts.training import ManualPublished
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked
from shared.names import Digest

VersionNumber = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,3}\.(0|[1-9][0-9]{0,3})$(?!\n)")]
FIRST = "1.0"


class PublishManual(Command, frozen=True, kw_only=True):
    """Put a version of the manual in force from a day on. `version`: a new major one where agents have to be certified
    anew, else a new minor one; `changed`: what is new, which every version but the first has to say.

    409 `version_not_next`, `nothing_changed`, `changes_not_told`, `starts_before` where an older version is in force
    only later, `starts_in_the_past`.
    """

    course: Id
    version: VersionNumber
    digest: Digest
    images: tuple[Digest, ...] = ()
    changed: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    valid_from: date
    at: datetime
    by: str


@dataclass(frozen=True)
class Manual:
    """Its versions, oldest first."""

    versions: tuple[ManualPublished, ...] = ()


def major(version: str) -> int:
    """Of `<major>.<minor>`."""
    return int(version.partition(".")[0])


def following(version: str | None) -> tuple[str, str]:
    """The next minor and the next major version."""
    if version is None:
        return FIRST, FIRST
    high, _, low = version.partition(".")
    return f"{high}.{int(low) + 1}", f"{int(high) + 1}.0"


def in_force(versions: Sequence[ManualPublished], day: date) -> ManualPublished | None:
    """The version that holds on a day; None before the first. Versions come in order, and none starts before an older
    one."""
    return next((one for one in reversed(versions) if one.valid_from <= day), None)


def decide(command: PublishManual, state: Manual) -> list[ManualPublished]:
    """What each command leads to."""
    event = said(ManualPublished, command, changed=masked(command.changed))
    if any(msgspec.structs.replace(one, at=event.at, by=event.by) == event for one in state.versions):
        return []
    last = state.versions[-1] if state.versions else None
    following_ones = following(last.version if last is not None else None)
    if command.version not in following_ones:
        raise Rejected("version_not_next", f"The next version is {' or '.join(dict.fromkeys(following_ones))}.")
    if command.valid_from < command.at.date():
        raise Rejected("starts_in_the_past", "What agents had to know in the past does not change.")
    if last is not None:
        if last.digest == command.digest:
            raise Rejected("nothing_changed", f"It is the text of version {last.version}.")
        if not command.changed.strip():
            raise Rejected("changes_not_told", "A new version says what is new in it.")
        if command.valid_from < last.valid_from:
            raise Rejected("starts_before", f"Version {last.version} is in force only from {last.valid_from} on.")
    return [event]


def evolve(state: Manual, event: ManualPublished) -> Manual:
    """One more."""
    return replace(state, versions=(*state.versions, event))


manual: Decider[PublishManual, ManualPublished, Manual] = Decider("manual", ManualPublished, Manual(), decide, evolve)
