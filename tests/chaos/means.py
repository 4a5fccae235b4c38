"""What some kinds of harm need of the machine: a library that bends the clock, a disk of our own that can be filled."""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

LIBRARY = "libfaketimeMT.so.1"
PLACES = ("/usr/lib", "/usr/local/lib")
DISK_BYTES = 16 << 20


class Lacking(Exception):
    """The machine does not have it, in words."""


@dataclass(frozen=True)
class Clocks:
    """The clocks of processes, in files in `home`. Only what shows the time of day jumps, never what measures."""

    home: Path
    library: Path

    @classmethod
    def found(cls, home: Path) -> Clocks:
        """Lacking without the library."""
        for place in PLACES:
            for library in sorted(Path(place).glob(f"**/{LIBRARY}")):
                return cls(home, library)
        raise Lacking(f"{LIBRARY} is not installed (Debian: faketime)")

    def environment(self, name: str) -> dict[str, str]:
        """What a process is started with whose clock may jump; it starts at the offset that stands in its file."""
        if not self._file(name).exists():
            self.set(name, 0)
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file(name)),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, name: str, seconds: int) -> None:
        """The clock of a process is off by so much, a second from now at the latest."""
        new = self._file(name).with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n", encoding="ascii")
        new.replace(self._file(name))

    def _file(self, name: str) -> Path:
        return self.home / f"{name}.clock"


class Disk:
    """A small disk at `path`, in memory, which can be filled up."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def mount(self) -> None:
        """Lacking where mounting is not allowed."""
        self.path.mkdir(mode=0o700)
        options = f"size={DISK_BYTES},mode=0700,uid={os.getuid()},gid={os.getgid()}"
        done = _as_root("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path))
        if done.returncode:
            raise Lacking(f"a disk can't be mounted here (only root can): {done.stderr.strip()}")

    def fill(self) -> int:
        """Not a byte is left; how many there were."""
        taken = 0
        with self._filler.open("ab", buffering=0) as filler:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        taken += filler.write(bytes(size))
        return taken

    def free(self) -> None:
        """There is room again."""
        self._filler.unlink(missing_ok=True)

    def unmount(self) -> None:
        """The disk is gone, with all that is on it."""
        if os.path.ismount(self.path):
            _as_root("umount", "-l", str(self.path)).check_returncode()


def _as_root(*command: str) -> subprocess.CompletedProcess[str]:
    before = [] if os.geteuid() == 0 else ["sudo", "-n"]
    return subprocess.run([*before, *command], capture_output=True, text=True)
