"""The door of payment and shipping providers: a signed message in, the state of an order moved, nothing lost."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.calls.connectors.base import Delivery, NotAuthentic, Secrets, Unreadable
from services.calls.connectors.fields import check_nesting
from services.calls.connectors.signatures import body_hmac, standard_webhooks
from services.calls.domain.order import MoveFulfilment, MovePayment, order
from services.calls.domain.provider import Word, word_of
from services.calls.events.providers import ProviderConfigured
from services.calls.views.providers import KnownProvider, providers
from shared.contracts.partners import SourceSettings
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.http import Deps, Problem, content_of, json_response, problem_for
from shared.http.problems import Problems
from shared.kernel import Rejected

PREFIX = "/v1/hooks/"
KIND = "notice"
SEALED_FOR = "_providers"
"""In the place of a partner's id: the month keys under which messages wait that could not be handled."""
CHECKS = {"standard-webhooks": standard_webhooks, "hmac-sha256": body_hmac}
STATUS = {"unreadable": 400, "unknown_state": 422, "unknown_order": 404}
"""Of the answer, by what the rules say; 409 for all others. Providers send again what is answered so."""


def secret_name(provider: str, direction: str) -> str:
    """Under which name the vault holds a provider's secret; `incoming` signs its messages, `outgoing` ours."""
    return f"provider/{provider}/{direction}"


class Hooks:
    """The ASGI application behind `/v1/hooks/{provider}`."""

    def __init__(self, deps: Deps, letters: DeadLetters, limit: int) -> None:
        self._deps = deps
        self._letters = letters
        self._limit = limit
        self._app: ASGIApp = Problems(self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """202 when it was taken, also where it changes nothing. 401 `unauthenticated`; 400, 404, 409, 422 for what is
        authentic and can't be handled: it waits with the dead letters too, and is sent again after the fix."""
        if request.method != "POST":
            raise Problem(405, "method_not_allowed", "Messages are posted.", headers={"allow": "POST"})
        body = await content_of(request, self._limit)
        now = self._deps.clock()
        name = request.scope["path"].removeprefix(PREFIX)
        headers = {key.lower(): value for key, value in request.headers.items()}
        configured = await self._authentic(name, Delivery("POST", "", headers, body, now))
        message = message_id(configured, headers, body)
        try:
            word = await self._taken(configured, body, message, now)
        except Rejected as refused:
            await self._keep(configured, body, message, now, refused)
            problem = problem_for(refused)
            raise Problem(STATUS.get(refused.code, problem.status), refused.code, refused.detail) from None
        return json_response({"message": word.message, "order": word.order, "state": word.state or None}, status=202)

    async def _authentic(self, name: str, delivery: Delivery) -> ProviderConfigured:
        """The provider that the message comes from; whether there is one of the name is nobody else's to know."""
        known = await self._known(name)
        secret = await self._deps.vault.get_secret(secret_name(name, "incoming")) if known else None
        if known is None or secret is None:
            raise _unauthenticated()
        settings = SourceSettings(connector="native", partner="", options={"header": known.header})
        try:
            CHECKS[known.signing](delivery, settings, Secrets({known.signing: (secret,)}))
        except NotAuthentic:
            raise _unauthenticated() from None
        return known

    async def _known(self, name: str) -> ProviderConfigured | None:
        doc: KnownProvider | None = (await self._deps.reads.get(providers, [name])).get(name)
        return doc.configured if doc is not None and doc.retired is None else None

    async def _taken(self, configured: ProviderConfigured, body: bytes, message: str, came_at: datetime) -> Word:
        """What the message says, carried out. Rejected."""
        try:
            check_nesting(body)
            document = msgspec.json.decode(body)
        except (Unreadable, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Rejected("unreadable", "The body is not JSON.") from None
        word = word_of(configured.mapping, document, message, came_at)
        if word.state:
            command = command_of(configured, word)
            by = f"{configured.provider}:{configured.matter}:{hashlib.sha256(word.message.encode()).hexdigest()[:32]}"
            actor = f"provider {configured.provider}"
            await self._deps.door.handle(order, word.order, command, command_id=by, actor=actor)
        return word

    async def _keep(
        self, configured: ProviderConfigured, body: bytes, message: str, at: datetime, refused: Rejected
    ) -> None:
        digest = hashlib.sha256(message.encode() + b"\n" + body).hexdigest()[:32]
        id_ = f"{KIND}:{configured.provider}:{digest}"
        key = await self._deps.vault.month_key(SEALED_FOR, f"{at:%Y-%m}")
        letter = DeadLetter(
            id=id_,
            kind=KIND,
            source=configured.provider,
            at=at,
            cause=refused.code,
            payload=key.seal(body, id_.encode()),
            context={"message": message},
        )
        await self._letters.add([letter])

    async def opened(self, letter: DeadLetter) -> bytes:
        """The body of a message that waits. KeyDestroyed or Unopenable when it can't be had."""
        keyring = await self._deps.vault.keyring([letter.payload])
        return keyring.open(letter.payload, letter.id.encode())

    async def send(self, letter: DeadLetter) -> int:
        """Read a message that waits once more, by the mapping of today. Rejected when it still can't be handled."""
        configured = await self._known(letter.source)
        if configured is None:
            raise Rejected("unknown_provider", f"There is no provider {letter.source}.")
        await self._taken(configured, await self.opened(letter), letter.context["message"], letter.at)
        return 1


def message_id(configured: ProviderConfigured, headers: dict[str, str], body: bytes) -> str:
    """The id of a message whose body tells none: that of the signed header, else the hash of the body."""
    signed = headers.get("webhook-id", "") if configured.signing == "standard-webhooks" else ""
    return signed[:200] or hashlib.sha256(body).hexdigest()


def command_of(configured: ProviderConfigured, word: Word) -> MovePayment | MoveFulfilment:
    """The command that a word of this provider means."""
    said: dict[str, Any] = {
        "order": word.order,
        "state": word.state,
        "message": word.message,
        "reference": word.reference,
    }
    said |= {"provider": configured.provider, "at": word.at}
    if configured.matter == "payment":
        return msgspec.convert(said, MovePayment)
    return msgspec.convert(said, MoveFulfilment)


def _unauthenticated() -> Problem:
    return Problem(401, "unauthenticated", "No signature matches.", headers={"www-authenticate": "Signature"})
