"""The evaluation forms: what does each version ask?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.forms import FormContent, FormEvent, FormPublished
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownForm(msgspec.Struct, kw_only=True):
    """A form's versions, oldest first."""

    form: str
    versions: list[FormPublished] = []

    def content(self, version: int) -> FormContent | None:
        """What a version asks; None where there is no such version."""
        return next((one.content for one in self.versions if one.version == version), None)


def by_form(event: FormEvent) -> Iterable[tuple[str, FormEvent]]:
    """One document a form."""
    return [(event.form, event)]


def fold(doc: KnownForm | None, event: FormEvent, sign: int) -> KnownForm:
    """A command's events are never reversed."""
    doc = doc or KnownForm(form=event.form)
    doc.versions.append(event)
    return doc


def newer(one: KnownForm, other: KnownForm) -> KnownForm:
    """A form is in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.versions) >= len(other.versions) else other


forms = View("forms", 1, TOPIC, FormEvent, KnownForm, by_form, fold, newer)
