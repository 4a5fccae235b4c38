"""Numbers, lengths of time and amounts as a partner writes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import polars as pl

from services.reconciliation.matching.durations import seconds
from services.reconciliation.matching.phones import Plan, e164
from services.reconciliation.matching.profile import Profile

_SAMPLE = 2_000


class Phones:
    """Writes telephone numbers as a column does. `texts` are its cells that were read whole."""

    def __init__(self, texts: Sequence[str], plan: Plan | None, form: str) -> None:
        shapes: Counter[str] = Counter()
        example: dict[str, str] = {}
        for text in texts[:_SAMPLE]:
            shape = re.sub(r"\d", "9", text)
            shapes[shape] += 1
            example.setdefault(shape, text)
        self._templates = [example[shape] for shape, _ in shapes.most_common()]
        self._plan = plan
        self._form = "national" if form == "bare" and plan is not None and plan.trunk.startswith("0") else form
        self._chosen: dict[tuple[int, bool], tuple[str, str] | None] = {}

    def written(self, number: str) -> str:
        """A number in E.164 as the column writes numbers."""
        digits = number.removeprefix("+")
        home = self._plan is not None and digits.startswith(self._plan.code)
        key = (len(digits), home)
        if key not in self._chosen:
            self._chosen[key] = self._choose(number, home)
        chosen = self._chosen[key]
        if chosen is None:
            return self._plain(digits, home)
        name, template = chosen
        return _filled(template, self._variants(digits, home)[name])

    def _variants(self, digits: str, home: bool) -> dict[str, str]:
        """The ways in which the digits of a number may be given."""
        found = {"intl00": "00" + digits, "e164": digits, "e164_noplus": digits}
        if home and self._plan is not None:
            national = digits[len(self._plan.code) :]
            found |= {
                "national": self._plan.trunk + national,
                "bare": national,
                "both": self._plan.code + self._plan.trunk + national,
            }
        return found

    def _choose(self, number: str, home: bool) -> tuple[str, str] | None:
        variants = self._variants(number.removeprefix("+"), home)
        for template in self._templates[:50]:
            figures = re.sub(r"\D", "", template)
            plus = template.lstrip(" '(").startswith("+")
            for name in (self._form, *variants):
                digits = variants.get(name)
                if digits is None or len(digits) != len(figures) or plus != (name in ("e164", "both")):
                    continue
                text = _filled(template, digits)
                read = e164(pl.Series([text]), self._plan, self._form)
                if read["phone"][0] == number and read["phone_damage"][0] is None:
                    return name, template
        return None

    def _plain(self, digits: str, home: bool) -> str:
        variants = self._variants(digits, home)
        name = self._form if self._form in variants else "e164"
        return ("+" if name == "e164" else "") + variants[name]


def _filled(template: str, digits: str) -> str:
    left = iter(digits)
    return re.sub(r"\d", lambda _: next(left), template)


class Lengths:
    """Writes lengths of time as a column does, from whole seconds."""

    def __init__(self, texts: Sequence[str], profile: Profile) -> None:
        sample = [text.strip() for text in texts[:_SAMPLE] if text and text.strip()]
        self._unit = profile.duration_unit
        self._decimal = profile.decimal
        behind = [found[2] for text in sample if (found := re.search(r"\d([.,])(\d+)$", text))]
        marks = Counter(found[1] for text in sample if (found := re.search(r"\d([.,])\d+$", text)))
        self._mark = marks.most_common(1)[0][0] if marks else profile.decimal
        self._digits = max((len(one) for one in behind), default=2)
        self._padded = not any(re.match(r"\d:", text) for text in sample) and bool(sample)
        self._threefold = any(text.count(":") == 2 for text in sample)
        self._words = self._learned(sample)
        self._longest = max(sample, key=lambda text: len(re.findall(r"\d+", text)), default="")
        self._upper = not any("pt" in text for text in sample)

    @staticmethod
    def _learned(sample: Sequence[str]) -> dict[int, str]:
        """What stands behind the figures of hours, minutes and seconds, by their length in seconds."""
        found: dict[int, str] = {}
        for text in sample[:500]:
            for piece in re.finditer(r"\d+(\s*[^\d\s]+)", text):
                if piece[1] in found.values():
                    continue
                length = seconds(pl.Series([f"1{piece[1]}"]), "words")["duration_s"][0]
                if length in (1, 60, 3600):
                    found.setdefault(length, piece[1])
        return found

    def written(self, length: int) -> str:
        """So many seconds as the column writes them."""
        h, m, s = length // 3600, length // 60 % 60, length % 60
        match self._unit:
            case "s":
                return str(length)
            case "ms":
                return str(length * 1000)
            case "min" | "h" | "days":
                share = {"min": 60, "h": 3600, "days": 86_400}[self._unit]
                digits = max(self._digits, 8) if self._unit == "days" else self._digits
                return f"{length / share:.{digits}f}".replace(".", self._mark)
            case "m:ss":
                if self._threefold and h:
                    return f"{h}:{m:02d}:{s:02d}"
                return f"{length // 60:0{2 if self._padded else 1}d}:{s:02d}"
            case "h:mm:ss":
                return f"{h:0{2 if self._padded else 1}d}:{m:02d}:{s:02d}"
            case "h:mm":
                return f"{h:0{2 if self._padded else 1}d}:{m:02d}"
            case "iso":
                text = f"PT{h}H{m}M{s}S" if "H" in self._longest.upper() and h else f"PT{length // 60}M{s}S"
                return text if self._upper else text.lower()
            case _:
                return self._in_words(h, m, s)

    def _in_words(self, h: int, m: int, s: int) -> str:
        if 3600 not in self._words:
            h, m = 0, h * 60 + m
        parts = [(h, self._words.get(3600, "h"))] if h else []
        parts += [(m, self._words.get(60, "m")), (s, self._words.get(1, "s"))]
        return " ".join(f"{count}{word}" for count, word in parts)


class Amounts:
    """Writes amounts as a column does, from minor units; `digits` is how many of them there are behind the mark."""

    def __init__(self, texts: Sequence[str], native: bool, profile: Profile, digits: int) -> None:
        self._native = native
        self._digits = digits
        self._mark, self._group = profile.decimal, ""
        around: Counter[tuple[str, str]] = Counter()
        groups: Counter[str] = Counter()
        for text in texts[:_SAMPLE]:
            found = re.fullmatch(r"(\D*?-?)(\d.*\d|\d)(\D*)", text.strip())
            if found is None:
                continue
            around[(found[1].rstrip("-"), found[3])] += 1
            grouped = re.match(r"\d{1,3}(\D)\d{3}(?!\d)", found[2])
            if grouped and grouped[1] != profile.decimal:
                groups[grouped[1]] += 1
        self._before, self._behind = around.most_common(1)[0][0] if around else ("", "")
        self._group = groups.most_common(1)[0][0] if groups else ""

    def written(self, minor: int) -> str:
        """So many minor units as the column writes them; a cell that is a number has a point and nothing else."""
        whole, rest = divmod(abs(minor), 10**self._digits)
        sign = "-" if minor < 0 else ""
        if self._native:
            text = f"{whole}.{rest:0{self._digits}d}".rstrip("0").rstrip(".") if self._digits else str(whole)
            return sign + text
        text = f"{whole:,}".replace(",", self._group)
        if self._digits:
            text += f"{self._mark}{rest:0{self._digits}d}"
        return (
            f"{sign}{self._before}{text}{self._behind}"
            if not self._before
            else f"{self._before}{sign}{text}{self._behind}"
        )
