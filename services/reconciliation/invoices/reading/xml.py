"""XML from strangers: no DTD, no entities, no network, bounded; and a typed view of its elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from services.reconciliation.invoices.amounts import decimal
from services.reconciliation.invoices.invoice import Unreadable

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of a document at most: attachments are in it, as text."""


class Node:
    """An element, with paths in the namespaces of its format. `place` is its path from the root, for people."""

    def __init__(self, element: Any, names: Mapping[str, str], place: str) -> None:
        self._element = element
        self._names = names
        self.place = place

    @property
    def tag(self) -> str:
        """`{namespace}name`."""
        return str(self._element.tag)

    def attribute(self, name: str) -> str:
        """The value of an attribute, or an empty text."""
        return str(self._element.get(name) or "").strip()

    def all(self, path: str) -> Iterator[Node]:
        """The elements at a path, in order."""
        for number, element in enumerate(self._element.iterfind(path, namespaces=self._names), 1):
            yield Node(element, self._names, f"{self.place}/{path}[{number}]")

    def first(self, path: str) -> Node | None:
        """The first element at a path."""
        return next(self.all(path), None)

    def section(self, path: str) -> Node:
        """The first element at a path. Unreadable where there is none."""
        found = self.first(path)
        if found is None:
            raise Unreadable("missing", "this part must stand here", f"{self.place}/{path}")
        return found

    @property
    def value(self) -> str:
        """The text of the element itself."""
        return str(self._element.text or "").strip()

    def text(self, *paths: str) -> str:
        """The text at the first of the paths that has one, or an empty text."""
        return next((node.value for path in paths for node in self.all(path) if node.value), "")

    def texts(self, path: str) -> str:
        """All texts at a path, a line each."""
        return "\n".join(node.value for node in self.all(path) if node.value)

    def number(self, path: str) -> Decimal | None:
        """The number at a path; None where there is nothing."""
        text = self.text(path)
        return decimal(text, f"{self.place}/{path}") if text else None

    def needed(self, path: str) -> Decimal:
        """The number at a path. Unreadable where there is nothing."""
        found = self.number(path)
        if found is None:
            raise Unreadable("missing", "a number must stand here", f"{self.place}/{path}")
        return found


def parsed(document: bytes) -> Any:
    """The root element.

    Unreadable: `too_large`, `not_xml`, `doctype` for any document type declaration, whatever it declares.
    """
    from lxml import etree

    if len(document) > MOST_BYTES:
        raise Unreadable("too_large", f"more than {MOST_BYTES} bytes")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as wrong:
        if b"<!DOCTYPE" in document:
            raise Unreadable("doctype", "document type declarations are refused") from None
        raise Unreadable("not_xml", str(wrong)[:200]) from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("doctype", "document type declarations are refused")
    return root


def day(text: str, place: str) -> date | None:
    """A day as `2026-03-31` or `20260331`; a zone behind it is nothing to a day. None for an empty text."""
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10] if "-" in text[:8] else text[:8])
    except ValueError:
        raise Unreadable("not_a_day", f"{text[:40]!r} is not a day", place) from None


def needed_day(text: str, place: str) -> date:
    """A day that must be there."""
    found = day(text, place)
    if found is None:
        raise Unreadable("missing", "a day must stand here", place)
    return found


def needed_text(text: str, place: str) -> str:
    """A text that must be there."""
    if not text:
        raise Unreadable("missing", "a text must stand here", place)
    return text


def in_currency(amounts: Iterable[Node], currency: str) -> Decimal:
    """The first of the amounts that is in this currency, as the total tax may stand in the accounting currency too;
    zero where there is none."""
    own = [node for node in amounts if node.attribute("currencyID") in ("", currency)]
    return decimal(own[0].value, own[0].place) if own else Decimal(0)
