"""Whether an ID token is a provider's, for us, for this attempt, and still good.

Imported at the first sign-in only: it takes 11 MB, which no server without OpenID Connect needs.
"""

from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from books.models.lookup import LookupFailed

# Signed with a key that only the provider has. Not `none`; nor HS256, of which its public key could be the secret.
ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519".split()
LONGEST_SUBJECT = 255  # characters, as the standard has it
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
    except Exception as error:  # whatever trips over it: what is not understood is refused
        raise InvalidToken(f"its ID token is refused: {error!r}") from error
    if claims["aud"] not in (client_id, [client_id]) and "azp" not in claims:
        raise InvalidToken("its ID token is for several, and does not say for whom.")
    if len(claims["sub"]) > LONGEST_SUBJECT or not claims["sub"].isprintable():
        raise InvalidToken("its ID token names nobody.")
    return claims


def signed_claims(token: Any, keys: Any) -> dict[str, Any]:
    key_set = KeySet.import_key_set({"keys": keys["keys"][:MOST_KEYS]})
    # Headers that providers add are ignored, but not one that they call critical.
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    return jwt.decode(token, key_set, registry=registry).claims
