"""Sign-in through a provider of OpenID Connect, such as Authentik, Keycloak or Google: authorization code with PKCE.

Its discovery document says where people sign in. They come back with a code; for that the provider gives a token that
it has signed, and that names them.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from asgiref.sync import sync_to_async
from cachetools import TTLCache
from django.conf import settings

from books.lookup.client import Host, aask
from books.models.lookup import LookupFailed

SECONDS = 10.0  # per response
ENDPOINTS = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
Claims = dict[str, Any]

_documents: TTLCache[str, Any] = TTLCache(maxsize=10, ttl=3600)  # by URL: documents that are the same for all sign-ins


async def aauthorization_url(attempt: Mapping[str, Any], redirect_uri: str) -> str:
    """The URL to send the browser to. Raises LookupFailed."""
    challenge = urlsafe_b64encode(sha256(attempt["verifier"].encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": "openid profile email",
        "state": attempt["state"],
        "nonce": attempt["nonce"],
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    url: str = (await _adiscover())["authorization_endpoint"]
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


async def aclaims(attempt: Mapping[str, Any], code: str, redirect_uri: str) -> Claims:
    """The provider's claims about the person who brings this code. Raises LookupFailed, InvalidToken."""
    metadata = await _adiscover()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    form |= {"client_id": settings.OIDC_CLIENT_ID, "code_verifier": attempt["verifier"]}
    headers = {}
    if settings.OIDC_CLIENT_SECRET:
        methods = metadata.get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            form["client_secret"] = settings.OIDC_CLIENT_SECRET
        else:
            pair = ":".join(map(quote_plus, (settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)))
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    answer = await _aask(metadata["token_endpoint"], headers, form)
    claims = await _averify(answer.get("id_token"), metadata, attempt["nonce"])
    if "preferred_username" not in claims:
        claims = {**await _auser_info(metadata, answer.get("access_token"), claims["sub"]), **claims}
    return claims


async def _averify(token: Any, metadata: Mapping[str, Any], nonce: str) -> Claims:
    """Verify the token with the known keys, or else with the provider's current ones."""
    tokens: Any = await sync_to_async(import_module)("books.openid.tokens")
    expected = {"issuer": metadata["issuer"], "client_id": settings.OIDC_CLIENT_ID, "nonce": nonce}
    verified = sync_to_async(tokens.verify)
    if (keys := _documents.get(metadata["jwks_uri"])) is not None:
        try:
            return await verified(token, keys, **expected)  # type: ignore[no-any-return]
        except tokens.InvalidToken:
            _documents.pop(metadata["jwks_uri"], None)  # unless another sign-in has already done so
    return await verified(token, await _aread_document(metadata["jwks_uri"]), **expected)  # type: ignore[no-any-return]


async def _auser_info(metadata: Mapping[str, Any], token: Any, subject: str) -> Claims:
    """Claims that the provider leaves out of ID tokens; empty if it has no more."""
    url = metadata.get("userinfo_endpoint")
    if not (url and isinstance(token, str) and token.isascii() and token.isprintable()):
        return {}
    found = await _aask(_check_url(url), {"Authorization": f"Bearer {token}"})
    return found if found.get("sub") == subject else {}


async def _adiscover() -> dict[str, Any]:
    """The provider's URLs and its issuer, which must be the configured one."""
    metadata = await _aread_document(f"{settings.OIDC_ISSUER}/.well-known/openid-configuration")
    if str(metadata.get("issuer")).rstrip("/") != settings.OIDC_ISSUER:
        raise LookupFailed(f"{settings.OIDC_NAME} calls itself by another address than OIDC_ISSUER.")
    for name in ENDPOINTS:
        _check_url(metadata.get(name))
    return metadata


def _check_url(url: Any) -> str:
    """A URL from the provider, which must use TLS unless the provider's own URL does not."""
    with suppress(ValueError):  # such as https://[
        if isinstance(url, str) and urlsplit(url).scheme in {"https", urlsplit(settings.OIDC_ISSUER).scheme}:
            return url
    raise LookupFailed(f"{settings.OIDC_NAME} gives no usable addresses.")


async def _aread_document(url: str) -> dict[str, Any]:
    if (found := _documents.get(url)) is None:
        found = _documents[url] = await _aask(url)
    return found


async def _aask(url: str, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None) -> Claims:
    answer = await aask(Host(settings.OIDC_NAME, url, headers or {}), form, seconds=SECONDS)
    if not isinstance(answer, dict):
        raise LookupFailed(f"{settings.OIDC_NAME} gave no answer that can be used.")
    return answer
