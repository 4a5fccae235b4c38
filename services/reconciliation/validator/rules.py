"""Schema and rules on one document. Runs in the worker's process only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from saxonche import PySaxonProcessor

from services.reconciliation.invoices.invoice import Unreadable
from services.reconciliation.invoices.reading import cii, ubl
from services.reconciliation.invoices.reading.xml import Node, parsed
from services.reconciliation.invoices.validation import Validation, Violation
from services.reconciliation.validator.artefacts import artefacts_of, folder

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
NAMESPACES = re.compile(r"\[namespace-uri\(\)='[^']*'\]")
NAME = re.compile(r"\[([A-Z][A-Z0-9-]{2,40})\]")
WARNINGS = frozenset({"warning", "info", "information"})
MOST_VIOLATIONS = 200
"""Violations that are told of one document."""


class Rules:
    """Schemas and stylesheets, compiled once."""

    def __init__(self) -> None:
        self._folder = folder()
        self._saxon: Any = PySaxonProcessor(license=False)
        self._saxon.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
        self._schemas: dict[str, Any] = {}
        self._stylesheets: dict[str, Any] = {}

    def validate(self, document: bytes) -> Validation:
        """All that is wrong with it. Where the schema is broken the rules don't run: they would judge the ruins."""
        try:
            root = parsed(document)
        except Unreadable as wrong:
            return Validation(violations=(Violation(rule=wrong.code, text=wrong.detail, place=wrong.place),))
        found = artefacts_of(root.tag, _profile(root))
        if found is None:
            return Validation(failure="no_rules", rules=f"{root.tag} {_profile(root)}"[:300])
        broken = tuple(self._broken(root, found.schema))
        if broken:
            return Validation(schema=found.schema, violations=broken[:MOST_VIOLATIONS])
        return self._judged(root, found.schema, found.rules)

    def _broken(self, root: Any, schema: str) -> Iterator[Violation]:
        if schema not in self._schemas:
            parser = etree.XMLParser(no_network=True, resolve_entities=False)
            self._schemas[schema] = etree.XMLSchema(etree.parse(str(self._folder / schema), parser))
        held = self._schemas[schema]
        if not held.validate(root):
            for error in held.error_log:
                yield Violation(rule="XSD", text=error.message[:500], place=error.path or f"line {error.line}")

    def _judged(self, root: Any, schema: str, rules: str) -> Validation:
        # What the rules see is what was parsed here, not what another parser makes of the same bytes.
        node = self._saxon.parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
        answer = self._stylesheet(rules).transform_to_string(xdm_node=node)
        report = etree.fromstring(answer.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
        fired = len(report.findall(f"{SVRL}fired-rule"))
        violations = tuple(_violation(one) for one in report.iterfind(f"{SVRL}failed-assert"))
        violations += tuple(_violation(one) for one in report.iterfind(f"{SVRL}successful-report"))
        return Validation(
            schema=schema,
            rules=rules,
            fired=fired,
            violations=violations[:MOST_VIOLATIONS],
            failure="" if fired else "nothing_fired",
        )

    def _stylesheet(self, rules: str) -> Any:
        if rules not in self._stylesheets:
            compiler = self._saxon.new_xslt30_processor()
            self._stylesheets[rules] = compiler.compile_stylesheet(stylesheet_file=str(Path(self._folder / rules)))
        return self._stylesheets[rules]


def _profile(root: Any) -> str:
    if root.tag == cii.INVOICE:
        path = "s:ExchangedDocumentContext/r:GuidelineSpecifiedDocumentContextParameter/r:ID"
        return Node(root, cii.NAMES, "").text(path)
    return Node(root, ubl.NAMES, "").text("b:CustomizationID")


def _violation(one: Any) -> Violation:
    text = " ".join("".join(one.itertext()).split())
    flag = (one.get("flag") or one.get("role") or "fatal").lower()
    # Some files have numbers of their own as ids; the standard's name of the rule is then in its text.
    named = NAME.match(text)
    rule = named[1] if named else one.get("id") or "rule"
    place = NAMESPACES.sub("", one.get("location") or "").replace("*:", "")
    return Violation(rule=rule, text=text[:500], place=place[:500], fatal=flag not in WARNINGS)
