"""Under which licence each requirement of the product stands, by its own metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker

LOCK = Path(__file__).parents[2] / "requirements" / "traces.txt"
ALLOWED = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0",
     "Public-Domain", "Zlib"}
)  # fmt: skip
"""Licences under which something may be given out with ours, changed by nobody, without ours becoming theirs."""
EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "python-stdnum": ("LGPL-2.1-or-later", "it is imported as it came and can be replaced, as its licence asks"),
}
"""Package: its licence, and why it is taken all the same."""
SAID_ELSEWHERE: Mapping[str, str] = {
    "factur-x": "BSD-3-Clause",  # its licence is in its text alone
    "saxonche": "MPL-2.0",  # SaxonC-HE, as its maker says on its pages: the wheel says nothing
}
NAMES: Mapping[str, str] = {
    "apache 2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit": "MIT",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "public domain": "Public-Domain",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.1-or-later",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
}
"""What packages call their licences, as SPDX does."""
_LOCKED = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)(?: ; ([^\\]+?))? ?\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Component(NamedTuple):
    """A requirement as it is locked."""

    name: str
    version: str
    hashes: tuple[str, ...]


def locked(lock: Path = LOCK) -> list[Component]:
    """Those that are installed here: other platforms have some more."""
    found: list[Component] = []
    for line in lock.read_text().splitlines():
        if said := _LOCKED.match(line.strip()):
            wanted = said[3] is None or Marker(said[3]).evaluate()
            if wanted:
                found.append(Component(said[1], said[2], ()))
                continue
            found.append(Component("", "", ()))
        elif (digest := _HASH.search(line)) and found:
            last = found[-1]
            found[-1] = last._replace(hashes=(*last.hashes, digest[1]))
    return [one for one in found if one.name]


def licence_of(package: str) -> str:
    """The licence, as an SPDX expression. KeyError where it has a name that nobody has looked at."""
    if package in SAID_ELSEWHERE:
        return SAID_ELSEWHERE[package]
    said = metadata.metadata(package)
    if "License-Expression" in said:
        return said["License-Expression"]
    classes = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or () if one.startswith("License")]
    text = said["License"].strip() if "License" in said else ""
    for name in (*classes, text):
        if name.lower() in NAMES:
            return NAMES[name.lower()]
    raise KeyError(f"{package}: {classes} {text[:60]!r}")


def is_allowed(expression: str) -> bool:
    """Whether all of an SPDX expression is allowed, or one side of an OR."""
    return any(all(part.strip(" ()") in ALLOWED for part in side.split(" AND ")) for side in expression.split(" OR "))


def refused(packages: Iterable[str]) -> dict[str, str]:
    """Those whose licences are not allowed."""
    found = {package: licence_of(package) for package in packages}
    return {
        package: licence
        for package, licence in found.items()
        if not is_allowed(licence) and EXCEPTIONS.get(package, ("",))[0] != licence
    }
