"""How words are compared: without case, accents, script or the way an umlaut is written out."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CYRILLIC = dict(
    zip(
        "абвгдђежзијклљмнњопрстћуфхцчџшъыьэюящ",
        "a b v g d dj e z z i j k l lj m n nj o p r s t c u f h c c dz s _ y _ e ju ja sc".replace("_", "").split(" "),
        strict=True,
    )
)
_SPECIAL = str.maketrans({**_CYRILLIC, "đ": "dj", "ł": "l", "ı": "i", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WRITTEN_OUT = re.compile(r"([aou])e")


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """The words of a text, one space between them: `Gesprächs-Dauer`, `gesprächsDauer` and
    `GESPRAECHS DAUER` become the same."""
    text = _CAMEL.sub(" ", text).lower().translate(_SPECIAL)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WRITTEN_OUT.sub(r"\1", " ".join(re.findall(r"[a-z0-9#]+", text)))
