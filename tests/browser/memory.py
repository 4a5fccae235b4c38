"""What a server's process holds, as the system itself tells it."""

from __future__ import annotations

from pathlib import Path


class Memory:
    """Of one process, from now on."""

    def __init__(self, pid: int) -> None:
        self._of = Path(f"/proc/{pid}")
        self._at_first = self._read("VmRSS")
        (self._of / "clear_refs").write_text("5")  # the peak begins anew

    def _read(self, name: str) -> int:
        line = next(line for line in (self._of / "status").read_text().splitlines() if line.startswith(f"{name}:"))
        return int(line.split()[1]) * 1024

    @property
    def grown(self) -> int:
        """By how much at its peak, bytes."""
        return self._read("VmHWM") - self._at_first
