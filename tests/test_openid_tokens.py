"""ID tokens: whom one is from, for whom, for how long, and who has signed it."""

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey
from joserfc.jws import JWSRegistry

from books.openid.tokens import InvalidToken, verify
from tests.provider import CLIENT, SECRET, key

pytestmark = pytest.mark.once

ISSUER, NONCE = "https://auth.example", "nonce"
RS256, HS256 = {"alg": "RS256", "kid": "first"}, {"alg": "HS256", "kid": "first"}
CLAIMS = {"iss": ISSUER, "aud": CLIENT, "nonce": NONCE, "sub": "1", "iat": 0, "exp": 600}  # seconds from now
KEYS = {"keys": [{"kty": "AKP", "kid": "post-quantum"}, *KeySet([key("first")]).as_dict(private=False)["keys"]]}


def signed(claims: dict[str, Any] = CLAIMS, header: dict[str, Any] = RS256, by: Any = None) -> str:
    registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    told = {name: value for name, value in claims.items() if value is not None}
    told |= {name: told[name] + int(time.time()) for name in ("iat", "exp", "nbf") if type(told.get(name)) is int}
    return jwt.encode(header, told, by or key("first"), registry=registry)


def check(token: Any, keys: Any = KEYS) -> dict[str, Any]:
    return verify(token, keys, issuer=ISSUER, client_id=CLIENT, nonce=NONCE)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "other"], "azp": CLIENT},
        {"azp": CLIENT},
        {"exp": -30},  # clocks differ
        {"nbf": 0, "sub": "a" * 255},
    ],
)
def test_a_good_token_tells_its_claims(claims: dict[str, Any]) -> None:
    found = check(signed({**CLAIMS, **claims}))
    assert (found["sub"], found.keys()) == ({**CLAIMS, **claims}["sub"], {*CLAIMS, *claims})


def test_a_header_that_the_provider_adds_is_passed_over_but_not_one_that_it_calls_critical() -> None:
    check(signed(header={**RS256, "client": "x"}))
    with pytest.raises(InvalidToken):
        check(signed(header={**RS256, "crit": ["b64"], "b64": True}) + "x")


def test_other_algorithms_with_two_keys_are_known() -> None:
    elliptic = ECKey.generate_key("P-256", {"kid": "first"})
    edwards = OKPKey.generate_key("Ed25519", {"kid": "first"})
    for name, other in (("ES256", elliptic), ("Ed25519", edwards), ("PS512", key("first"))):
        check(signed(header={"alg": name, "kid": "first"}, by=other), KeySet([other]).as_dict(private=False))


@pytest.mark.parametrize(
    "claims",
    [
        *({"nonce": "other"}, {"nonce": None}, {"nonce": ["other"]}),
        *({"aud": "other"}, {"aud": None}, {"aud": []}, {"aud": [CLIENT, "other"]}, {"aud": 5}, {"azp": "other"}),
        *({"iss": "https://evil.example"}, {"iss": None}, {"iss": f"{ISSUER}/"}, {"iss": [ISSUER]}),
        *({"exp": -61}, {"exp": None}, {"exp": "never"}, {"exp": True}),
        *({"iat": None}, {"iat": 3600}, {"nbf": 3600}),
        *({"sub": None}, {"sub": ""}, {"sub": 1}, {"sub": "a" * 256}, {"sub": "a\0"}, {"sub": ["1"]}),
    ],
    ids=str,
)
def test_claims_that_are_not_for_us_or_not_for_now_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        check(signed({**CLAIMS, **claims}))


def hmac_with(secret: bytes | str) -> str:
    return signed(header=HS256, by=OctKey.import_key({"kty": "oct", "k": jwk_text(secret)}))


def jwk_text(secret: bytes | str) -> str:
    raw = secret.encode() if isinstance(secret, str) else secret
    return str(OctKey.import_key(raw.replace(b"-----", b"_____")).as_dict()["k"])


@pytest.mark.parametrize(
    "token",
    [
        f"eyJhbGciOiJub25lIn0.{signed().split('.')[1]}.",  # alg: none
        f"{signed()[:-8]}AAAAAAAA",
        f"{signed().rpartition('.')[0]}.",
        signed(by=key("other")),
        signed(header={**RS256, "kid": "other"}, by=key("other")),
        signed(header={**RS256, "jwk": key("other").as_dict(private=False)}, by=key("other")),
        hmac_with(SECRET),
        hmac_with(key("first").as_pem(private=False)),
        *("", "a.b.c", "ü", "." * 1000, 5, None, {}, []),
    ],
)
def test_what_the_provider_has_not_signed_is_refused(token: Any) -> None:
    with pytest.raises(InvalidToken):
        check(token)


@pytest.mark.parametrize(
    "keys",
    [
        *({}, {"keys": []}, {"keys": {}}, {"keys": 5}, {"keys": [5]}, {"keys": [{}]}),
        {"keys": [{"kty": "RSA", "kid": "first", "n": 5, "e": "AQAB"}]},
        {"keys": [{"kty": "RSA", "kid": "first", "n": "", "e": ""}]},
        {"keys": [{"kty": "RSA", "kid": "first", "n": "AQAB", "e": "AQAB"}]},
        {"keys": [{"kty": "EC", "kid": "first", "crv": "P-256", "x": "AQAB", "y": "AQAB"}]},
        {"keys": [{"kty": ["RSA"], "kid": "first"}]},
        {"keys": [{"kty": "oct", "kid": "first", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]},
    ],
)
def test_keys_that_are_none_verify_nothing(keys: Any) -> None:
    with pytest.raises(InvalidToken):
        check(signed(), keys)
