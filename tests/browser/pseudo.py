"""The program with one language more, that nobody speaks: `python -m tests.browser.pseudo run --demo`.

Each of its messages is the English one with accents, longer by half, between brackets. What is cut off by it would be
cut off in some language too, and what stands there without brackets went past the one door.
"""

from __future__ import annotations

import gettext
import re

from services.cli import main
from services.gateway.api import languages
from services.gateway.api.languages import Language

PSEUDO = "en-XA"
OPENS, CLOSES = "⟦", "⟧"
_ACCENTS = str.maketrans("aceinostuyACEINOSTUY", "àçéîñöšţüýÀÇÉÎÑÖŠŢÜÝ")
_PLACE = re.compile(r"(%\(\w+\)s|\{\w*\})")


class Pseudo(gettext.NullTranslations):
    """Its messages, made when they are asked for."""

    def gettext(self, message: str) -> str:
        """The message as somebody would see it who reads English with difficulty."""
        parts = _PLACE.split(message)
        said = "".join(part if _PLACE.fullmatch(part) else part.translate(_ACCENTS) for part in parts)
        more = " éé" * (len(message) // 6) if " " in message else "é" * max(2, len(message) // 2)
        return f"{OPENS}{said}{more}{CLOSES}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The same of one of the two."""
        return self.gettext(msgid1 if n == 1 else msgid2)


if __name__ == "__main__":
    known = languages.catalogue
    languages.LANGUAGES[PSEUDO] = Language("Pseudo", ",", ".")
    languages.catalogue = lambda language: Pseudo() if language == PSEUDO else known(language)  # type: ignore[assignment]
    main()
