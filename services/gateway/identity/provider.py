"""An OpenID provider: what it says of itself, its keys, and its word on who somebody is.

Authorisation code with PKCE (RFC 7636, S256), OpenID Connect Core 1.0 and Discovery 1.0, the issuer's name in the
answer (RFC 9207), Back-Channel Logout 1.0. No token of the provider is kept: a session here is ours alone.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import httpx

from services.gateway.domain.claims import ClaimRules, Granted, claim, granted
from shared.clock import Clock
from shared.kernel import Rejected
from shared.ports import StoreUnavailable
from shared.security import There

if TYPE_CHECKING:
    from joserfc.jwk import KeySet  # loaded where there is a provider

log = logging.getLogger(__name__)
T = TypeVar("T")

KNOWN_S = 3600.0
"""What the provider says of itself and its keys are asked for again so often."""
BELIEVED_S = 24 * 3600.0
"""So old both may be while it does not answer: what it signed is good all the same."""
AWAY_S = 5.0
"""So long it is not asked again that did not answer: whoever comes in between does not wait for it too."""
KEYS_AGAIN_S = 10.0
"""For a key that nobody knows they are asked for at once, but no more often than this."""
LEEWAY_S = 60
"""By so much clocks may differ."""
TIMEOUT_S = 10.0
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with public keys alone: none by a shared secret, and never none at all."""

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPES = frozenset({"jwt", "logout+jwt", "application/logout+jwt"})
LOGOUT_LIFE = timedelta(minutes=10)
"""So long after it was issued a logout token is believed, and remembered: it is good once."""


class Party(NamedTuple):
    """What we are at a provider. `secret` None: a public client. `audience`: of the tokens that services show us."""

    issuer: str
    client_id: str
    secret: str | None = None
    scopes: str = "openid profile email"
    audience: str = ""
    claims: ClaimRules = ClaimRules()


class Begun(NamedTuple):
    """Where the browser is sent, and what the answer has to fit."""

    url: str
    state: str
    nonce: str
    verifier: str


class Arrived(NamedTuple):
    """Who came back from the provider, and from which session there."""

    who: Granted
    there: There


class Ending(NamedTuple):
    """The provider's word that a session there is over, or all of somebody's. `token`: a name that no other word has;
    `expires`: from then on nobody believes this one any more."""

    there: There
    token: str
    expires: datetime


class Provider:
    """One provider, by its issuer. StoreUnavailable where it does not answer, or not as it should; Rejected where it
    answers, and the answer lets nobody in."""

    def __init__(
        self,
        party: Party,
        clock: Clock,
        client: Callable[[], httpx.AsyncClient] = lambda: httpx.AsyncClient(timeout=TIMEOUT_S),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.party = party
        self._clock = clock
        self._client = client
        self._ticks = ticks
        self._told: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._away: float | None = None
        self._asking = asyncio.Lock()

    async def begin(self, back: str) -> Begun:
        """Send somebody to the provider; `back` is where it sends them to."""
        told = await self._discovered()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        query = {
            "response_type": "code",
            "client_id": self.party.client_id,
            "redirect_uri": back,
            "scope": self.party.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return Begun(_with(told["authorization_endpoint"], query), state, nonce, verifier)

    async def finish(self, answer: Mapping[str, str], begun: Begun, back: str) -> Arrived:
        """Who came back with this answer. Rejected with `wrong_state`, `wrong_issuer`, `refused`, `wrong_token`,
        `no_role` or `wrong_claims`."""
        told = await self._discovered()
        if not secrets.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise Rejected("wrong_state", "This answer does not belong to your sign-in.")
        named = answer.get("iss")
        if named != self.party.issuer and (named or told.get("authorization_response_iss_parameter_supported")):
            raise Rejected("wrong_issuer", "This answer is of another provider.")
        if "code" not in answer:
            log.info("the provider refused a sign-in: %s", _short(answer.get("error")))
            raise Rejected("refused", "The provider did not let you in.")
        tokens = await self._exchanged(told, answer["code"], begun.verifier, back)
        said = await self.verified(tokens.get("id_token"), self.party.client_id)
        if not secrets.compare_digest(str(said.get("nonce", "")).encode(), begun.nonce.encode()):
            raise Rejected("wrong_token", "What the provider says does not belong to your sign-in.")
        several = isinstance(said["aud"], list) and len(said["aud"]) > 1
        if (several or "azp" in said) and said.get("azp") != self.party.client_id:
            raise Rejected("wrong_token", "What the provider says is meant for another program.")
        if claim(said, self.party.claims.role) is None and "userinfo_endpoint" in told:
            said = await self._completed(told, tokens, said)
        sid = said.get("sid")
        return Arrived(granted(said, self.party.claims), There(said["sub"], sid if isinstance(sid, str) else None))

    async def bearer(self, token: str) -> Granted:
        """Whom a service's token stands for. Rejected with `wrong_token` where it is not for us, `no_role` where it
        gives no role."""
        if not self.party.audience:
            raise Rejected("wrong_token", "Tokens of the provider are not taken here.")
        return granted(await self.verified(token, self.party.audience), self.party.claims)

    async def leaving(self, back: str) -> str | None:
        """Where the browser signs out of the provider too, and is then sent `back`; None where the provider has no
        such place. It asks the person first: we keep no token that would prove who they are."""
        told = await self._discovered()
        if "end_session_endpoint" not in told:
            return None
        query = {"client_id": self.party.client_id, "post_logout_redirect_uri": back}
        return _with(told["end_session_endpoint"], query)

    async def ending(self, token: Any) -> Ending:
        """What a logout token says (OpenID Connect Back-Channel Logout 1.0, 2.6). Rejected with `wrong_token`."""
        said = await self.verified(token, self.party.client_id, ("events", "jti"), LOGOUT_TYPES)
        named = {name: said[name] for name in ("jti", "sub", "sid") if name in said}
        if not all(isinstance(text, str) and text for text in named.values()) or len(named) < 2:
            raise Rejected("wrong_token", "The token names neither somebody nor a session, or not itself.")
        events = said["events"]
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in said:
            raise Rejected("wrong_token", "The token is not one for signing out.")
        if not self._clock().timestamp() - said["iat"] <= LOGOUT_LIFE.total_seconds():  # nor what is no number
            raise Rejected("wrong_token", "The token is too old.")
        until = datetime.fromtimestamp(said["iat"], UTC) + LOGOUT_LIFE
        return Ending(There(said.get("sub"), said.get("sid")), said["jti"], until)

    async def verified(
        self,
        token: Any,
        audience: str,
        needs: Sequence[str] = ("sub",),
        types: Collection[str] = (),
    ) -> dict[str, Any]:
        """The claims of a token that the provider signed for this audience, and that holds now. It `needs` these claims
        too, and says to be of one of these `types`, or of none in particular. Rejected with `wrong_token`."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        if not isinstance(token, str):
            raise Rejected("wrong_token", "The provider gave no token.")
        needed: dict[str, Any] = {name: {"essential": True} for name in needs}
        try:
            try:
                found = jwt.decode(token, await self._keyset(), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                # Its keys have changed since we asked: those that we have say nothing of this one.
                keys = await self._keyset(KEYS_AGAIN_S, KEYS_AGAIN_S)
                found = jwt.decode(token, keys, algorithms=ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(self._clock().timestamp()),
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self.party.issuer},
                aud={"essential": True, "value": audience},
                exp={"essential": True},
                iat={"essential": True},
                **needed,
            ).validate(found.claims)
        except (JoseError, ValueError) as wrong:
            log.info("a token was refused: %s", type(wrong).__name__)
            raise Rejected("wrong_token", "The token is not valid here, or not any more.") from None
        if types and str(found.header.get("typ", "jwt")).lower() not in types:
            raise Rejected("wrong_token", "The token is of another kind.")
        return dict(found.claims)

    async def _exchanged(self, told: Mapping[str, Any], code: str, verifier: str, back: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        auth = None
        ways = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self.party.secret is None:
            form["client_id"] = self.party.client_id
        elif "client_secret_basic" in ways:
            # Encoded first, as RFC 6749 (2.3.1) has it: a secret may hold a colon.
            auth = httpx.BasicAuth(quote(self.party.client_id, safe=""), quote(self.party.secret, safe=""))
        else:
            form |= {"client_id": self.party.client_id, "client_secret": self.party.secret}
        answer = await self._asked("POST", told["token_endpoint"], data=form, auth=auth)
        if answer.status_code >= 400:
            log.info("the provider refused a code: %s", _short(_read(answer).get("error")))
            raise Rejected("refused", "The provider did not confirm the sign-in.")
        return _read(answer)

    async def _completed(
        self, told: Mapping[str, Any], tokens: Mapping[str, Any], said: dict[str, Any]
    ) -> dict[str, Any]:
        """The claims with those that the provider tells on a further question only."""
        if not isinstance(tokens.get("access_token"), str):
            return said
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        answer = await self._asked("GET", told["userinfo_endpoint"], headers=headers)
        more = _read(answer) if answer.status_code < 400 else {}
        if more and more.get("sub") != said["sub"]:
            raise Rejected("wrong_token", "The provider speaks of somebody else.")
        return {**more, **said}

    async def _discovered(self) -> dict[str, Any]:
        async with self._asking:
            self._told = await self._fresh(self._told, KNOWN_S, BELIEVED_S, self._discover)
            return self._told[1]

    async def _discover(self) -> dict[str, Any]:
        issuer = self.party.issuer
        told = _read(await self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
        if told.get("issuer") != issuer:
            raise StoreUnavailable("the provider calls itself otherwise than the setting does")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(isinstance(told.get(name), str) for name in needed):
            raise StoreUnavailable("the provider does not say where it is asked")
        return told

    async def _fresh(
        self, known: tuple[float, T] | None, at_most: float, believed: float, ask: Callable[[], Awaitable[T]]
    ) -> tuple[float, T]:
        """What is known and when it was asked for, asked for again when it is older than `at_most` seconds; where the
        provider does not answer, what is not older than `believed`."""
        now = self._ticks()
        if known is not None and now - known[0] <= at_most:
            return known
        try:
            if self._away is not None and now - self._away < AWAY_S:
                raise StoreUnavailable("the provider did not answer just now")
            try:
                found = await ask()
            except StoreUnavailable:
                self._away = self._ticks()
                raise
        except StoreUnavailable as away:
            if known is None or now - known[0] > believed:
                raise
            log.warning("the provider can't be asked: %s", away)
            return known
        self._away = None
        return self._ticks(), found

    async def _keyset(self, at_most: float = KNOWN_S, believed: float = BELIEVED_S) -> KeySet:
        """Its keys, asked for again when what we have is older than `at_most` seconds; see `_fresh`."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        told = await self._discovered()

        async def listed() -> KeySet:
            found = _read(await self._asked("GET", told["jwks_uri"])).get("keys", [])
            signing: Any = [key for key in found if isinstance(key, dict) and key.get("use", "sig") == "sig"]
            try:
                return KeySet.import_key_set({"keys": signing})
            except (JoseError, ValueError) as wrong:
                raise StoreUnavailable("the provider's keys can't be read") from wrong

        async with self._asking:
            self._keys = await self._fresh(self._keys, at_most, believed, listed)
            return self._keys[1]

    async def _asked(self, method: str, url: str, **more: Any) -> httpx.Response:
        try:
            async with self._client() as client:
                answer = await client.request(method, url, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise StoreUnavailable(f"the provider: {type(cause).__name__}") from cause
        if answer.status_code >= 500 or answer.is_redirect:
            raise StoreUnavailable(f"the provider: {answer.status_code}")
        return answer


def challenge_of(verifier: str) -> str:
    """RFC 7636, 4.2: the base64url of the SHA-256, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _with(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        read = answer.json()
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise StoreUnavailable("the provider does not answer in JSON")
    return read


def _short(code: Any) -> str:
    """An error code as it may stand in a log: a short word and nothing else."""
    text = str(code)
    return text if text.isascii() and text.replace("_", "").isalnum() and len(text) < 60 else "unknown"
