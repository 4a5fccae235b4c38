"""How brokers are reached, in the words of aiokafka and of FastStream."""

from __future__ import annotations

import ssl
from typing import Any

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.engine.streams import Access

SASL: dict[str, type[SASLPlaintext | SASLScram256 | SASLScram512]] = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


def arguments(access: Access) -> dict[str, Any]:
    """For each of aiokafka's clients. ValueError when a certificate or a key can't be used."""
    protocol = ("SASL_" if access.mechanism else "") + ("SSL" if access.tls else "PLAINTEXT")
    given: dict[str, Any] = {"security_protocol": protocol}
    if access.tls:
        given["ssl_context"] = _context(access)
    if access.mechanism:
        given["sasl_mechanism"] = access.mechanism
        given["sasl_plain_username"] = access.user
        given["sasl_plain_password"] = access.password
    return given


def security(access: Access) -> BaseSecurity:
    """The same for FastStream."""
    context = _context(access) if access.tls else None
    if not access.mechanism:
        return BaseSecurity(context)
    return SASL[access.mechanism](access.user, access.password, context)


def _context(access: Access) -> ssl.SSLContext:
    """The broker's certificate is always checked, also whether it is for the name that we went to."""
    try:
        context = ssl.create_default_context(cadata=access.ca or None)
        if access.certificate:
            context.load_cert_chain(access.certificate, access.key or None)
    except (OSError, ValueError) as wrong:  # an SSLError is an OSError
        raise ValueError(f"the certificates for Kafka can't be used: {type(wrong).__name__}") from None
    return context
