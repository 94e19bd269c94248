"""Verifies that an ID token is from the provider, for us, for this sign-in, and not expired.

Imported at the first sign-in, as it takes 11 MB that a server without OpenID Connect does not need.
"""

from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from books.models.lookup import LookupFailed

# Signed with a key that only the provider has: not `none`, nor HS256, whose secret could be the public key.
ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519".split()
LONGEST_SUBJECT = 255  # characters, as in the standard
CLOCKS_DIFFER = 60  # seconds at most
MOST_KEYS = 50


class InvalidToken(LookupFailed):
    """The message says why, for the log."""


def verify(token: Any, keys: Any, *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token. Raises InvalidToken. `keys`: the provider's, as JSON."""
    must = {"iss": issuer, "aud": client_id, "nonce": nonce}
    expected: Any = {name: {"essential": True, "value": value} for name, value in must.items()}
    expected |= {name: {"essential": True} for name in ("sub", "exp", "iat")} | {"azp": {"value": client_id}}
    try:
        claims = signed_claims(token, keys)
        JWTClaimsRegistry(leeway=CLOCKS_DIFFER, **expected).validate(claims)
    except Exception as error:  # whatever fails: a token that cannot be read is refused
        raise InvalidToken(f"its ID token is refused: {error!r}") from error
    if claims["aud"] not in (client_id, [client_id]) and "azp" not in claims:
        raise InvalidToken("its ID token is for several, and does not say for whom.")
    if len(claims["sub"]) > LONGEST_SUBJECT or not claims["sub"].isprintable():
        raise InvalidToken("its ID token names nobody.")
    return claims


def signed_claims(token: Any, keys: Any) -> dict[str, Any]:
    key_set = KeySet.import_key_set({"keys": keys["keys"][:MOST_KEYS]})
    # Additional headers are ignored, but not those marked as critical.
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    return jwt.decode(token, key_set, registry=registry).claims
