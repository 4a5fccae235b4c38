"""How the credentials of a source come about: secrets into the vault first, then the commands that let them count."""

from __future__ import annotations

import base64
import hashlib
import secrets as chance
from collections.abc import Mapping, Sequence

import msgspec

from services.partners.domain.integration import ConfigureSource, IssueCredential, OpenSandbox, integration
from services.partners.views.sources import KnownSource
from shared.contracts.partners import kept
from shared.http import Deps, invalid
from shared.kernel import Rejected
from shared.vault import Vault

BEARER, REPLAY = "bearer", "replay"
MADE = "made"


class Credential(msgspec.Struct, frozen=True):
    """A credential to be issued. `made`: the secret is ours, so that somebody must be told it. Without a `secret`, the
    vault holds it already."""

    id: str
    scheme: str
    secret: str | None
    made: bool = False


class Issued(msgspec.Struct, frozen=True, omit_defaults=True):
    """A credential that counts now. `key` is the secret that we made: it is shown here and never again, not even when
    the request comes a second time."""

    id: str
    scheme: str
    key: str | None = None


async def of_source(
    vault: Vault, by: str, source_id: str, replayed: bool, given: Mapping[str, Sequence[str]], known: KnownSource | None
) -> list[Credential]:
    """The credentials that a source is to have by the command `by`: those given, and the keys that it lacks.

    A source without a secret of its platform is proved by its transport, with a `bearer` key; a replay source tells
    the recorded times with a `replay` key. A secret that counts already keeps its credential.
    """
    active = known.credentials if known else {}
    wanted: list[Credential] = []
    for scheme, texts in given.items():
        names = {Vault.credential_name(source_id, credential): credential for credential in active.get(scheme, ())}
        held = {secret: names[name] for name, secret in (await vault.get_secrets(list(names))).items()}
        for index, text in enumerate(texts):
            credential_id = held.get(kept(scheme, text)) or id_of(by, source_id, scheme, str(index))
            wanted.append(Credential(credential_id, scheme, text))
    schemes = {scheme for scheme, texts in given.items() if texts} | set(active)
    lacks = {BEARER: schemes <= {REPLAY}, REPLAY: replayed and REPLAY not in schemes}
    for scheme, lacking in lacks.items():
        name = Vault.credential_name(source_id, id_of(by, source_id, scheme, MADE))
        if lacking or await vault.get_secret(name) is not None:
            wanted.append(await made(vault, by, source_id, scheme))
    return wanted


async def made(vault: Vault, by: str, source_id: str, scheme: str) -> Credential:
    """A credential with a secret of ours; when the command `by` is repeated, the same one, without its secret, which
    nobody can read any more. 422 for a scheme whose secret the platform makes.
    """
    credential_id = id_of(by, source_id, scheme, MADE)
    known = await vault.get_secret(Vault.credential_name(source_id, credential_id)) is not None
    return Credential(credential_id, scheme, None if known else _new_secret(scheme), made=True)


def id_of(by: str, source_id: str, scheme: str, which: str) -> str:
    """The id of a credential follows from the command, so that a repeated command issues nothing twice."""
    return "crd_" + hashlib.sha256("\n".join((by, source_id, scheme, which)).encode()).hexdigest()[:24]


async def issue(
    deps: Deps,
    source_id: str,
    credentials: Sequence[Credential],
    *,
    by: str,
    actor: str,
    first: ConfigureSource | OpenSandbox | None = None,
) -> tuple[int, list[Issued]]:
    """Let the credentials count, after the command `first` where there is one: the stream's version, and what to show.

    The secrets go into the vault before: an event never names a credential that the vault does not hold. What the
    rules refuse leaves none behind.
    """
    vault = deps.vault
    secrets = {Vault.credential_name(source_id, c.id): kept(c.scheme, c.secret) for c in credentials if c.secret}
    held = await vault.get_secrets(list(secrets))
    for name, secret in secrets.items():
        if held.get(name) != secret:
            await vault.put_secret(name, secret)
    unsettled = [name for name in secrets if name not in held]
    version = 0
    try:
        if first is not None:
            accepted = await deps.door.handle(integration, source_id, first, command_id=by, actor=actor)
            version = accepted.version
        for credential in credentials:
            command = IssueCredential(source_id=source_id, credential_id=credential.id, scheme=credential.scheme)
            accepted = await deps.door.handle(
                integration, source_id, command, command_id=f"issue:{credential.id}", actor=actor
            )
            version = accepted.version
            name = Vault.credential_name(source_id, credential.id)
            unsettled = [other for other in unsettled if other != name]
    except Rejected:
        for name in unsettled:
            await vault.delete_secret(name)
        raise
    return version, [Issued(c.id, c.scheme, c.secret if c.made else None) for c in credentials]


def _new_secret(scheme: str) -> str:
    match scheme:
        case "bearer" | "replay" | "api-key-header" | "header-token" | "query-key" | "hmac-sha256":
            return "tls_" + chance.token_urlsafe(32)
        case "standard-webhooks":
            return "whsec_" + base64.b64encode(chance.token_bytes(32)).decode()
        case _:
            raise invalid("secret", f"the platform makes the secret of {scheme}: give it here")
