"""A provider of OpenID Connect on loopback: people sign in there at once, as whom it is told."""

import asyncio
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import override_settings
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from books.openid import provider as ours
from tests.outside import Outside, knows, refuses

CLIENT, SECRET = "catalogue", "a secret: ü&+"
DISCOVERY, TOKEN, KEYS, USER_INFO = "/.well-known/openid-configuration", "/token", "/keys", "/userinfo"


@cache
def key(name: str) -> RSAKey:
    """One that is the same in all tests: making one takes its time."""
    return RSAKey.generate_key(2048, {"kid": name})


class Provider:
    """`claims` are what it says of who signs in; None leaves one out."""

    def __init__(self, server: Outside) -> None:
        self.server, self.url = server, server.url
        self.claims: dict[str, Any] = {"sub": "1", "preferred_username": "ada"}
        self.signs_with, self.header = key("first"), {"alg": "RS256", "kid": "first"}
        self.codes: dict[str, dict[str, str]] = {}
        self.tells(self.metadata())
        self.publishes("first")
        server.does[TOKEN] = self.exchange

    def metadata(self, **changes: Any) -> dict[str, Any]:
        urls = {"authorization_endpoint": "/authorize?p=1", "token_endpoint": TOKEN, "jwks_uri": KEYS}
        return {"issuer": self.url, **{name: f"{self.url}{path}" for name, path in urls.items()}, **changes}

    def tells(self, metadata: Any) -> None:
        self.server.does[DISCOVERY] = knows(metadata)

    def publishes(self, *names: str) -> None:
        keys = KeySet([key(name) for name in names]).as_dict(private=False)
        self.server.does[KEYS] = knows(keys)

    def signs_in(self, url: str, code: str = "") -> dict[str, str]:
        """Somebody signs in at the URL that they were sent to. The query that they come back with."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert (query["response_type"], query["client_id"], query["p"]) == ("code", CLIENT, "1")
        code = code or f"code {len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"], "iss": self.url}

    async def exchange(self, writer: asyncio.StreamWriter) -> None:
        """A code for a token, once, to whom it was given."""
        form, headers = self.server.forms[-1], self.server.asked[-1][2]
        asked = self.codes.pop(form["code"], None)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        pair = b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode() or form.get("client_secret")
        is_ours = pair in {"catalogue:a+secret%3A+%C3%BC%26%2B", SECRET}
        if not (asked and is_ours and challenge == asked["code_challenge"]):
            await refuses(400)(writer)
            return
        assert form["redirect_uri"] == asked["redirect_uri"]
        token = self.signed(self.token_claims(asked["nonce"]))
        await knows({"access_token": "access", "token_type": "Bearer", "id_token": token})(writer)

    def token_claims(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce, **self.claims}

    def signed(self, claims: dict[str, Any]) -> str:
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(self.header, claims, self.signs_with, algorithms=[self.header["alg"]])


@contextmanager
def provider(**settings: Any) -> Iterator[Provider]:
    """The provider, which is set up here."""
    server = Outside()
    ours._documents.clear()
    told = {
        "OIDC_ISSUER": server.url,
        "OIDC_NAME": "Our school",
        "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": SECRET,
    }
    try:
        with override_settings(**{**told, **settings}):
            yield Provider(server)
    finally:
        server.close()
