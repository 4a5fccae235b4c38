"""Records as they stand in our topics, whoever wrote them."""

from __future__ import annotations

from typing import Any

from shared.ports import Record


def record_of(found: Any) -> Record:
    """Ours have a key and a value. Of others either may be missing, or the key no text: they stop no reader here, and
    what they are worth is for him to say."""
    return Record(found.offset, (found.key or b"").decode(errors="replace"), found.value or b"")
