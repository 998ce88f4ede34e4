#!/usr/bin/env python3
"""Writes shared/gateway/tests/data/tokens.json: a signed token of each algorithm, with its key.

    .venv/bin/python tests/tools/tokens.py > shared/gateway/tests/data/tokens.json

Made by another library than the one under test, and kept: the keys are thrown away. A coordinate of
each elliptic key begins with a zero, which some issuers leave out.
"""

import base64
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = [("ES256", ec.SECP256R1, "P-256", hashes.SHA256, 32),
          ("ES384", ec.SECP384R1, "P-384", hashes.SHA384, 48)]
CLAIMS = {"iss": "https://issuer.example", "sub": "vector", "aud": "sluice", "exp": 4102444800}


def base(data):
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def short(number):
    """A number in as few bytes as it needs."""
    return base(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def token(algorithm, key, sign):
    """A token in compact form."""
    header = {"alg": algorithm, "kid": key["kid"], "typ": "JWT"}
    text = ".".join(base(json.dumps(part).encode()) for part in (header, CLAIMS))
    return {"alg": algorithm, "jwk": key, "token": f"{text}.{base(sign(text.encode()))}"}


def with_rsa():
    """Two tokens for each hash, all of one key."""
    private = rsa.generate_private_key(65537, 2048)
    numbers = private.public_key().public_numbers()
    key = {"kty": "RSA", "kid": "rsa", "use": "sig", "n": short(numbers.n), "e": short(numbers.e)}
    for bits, function in HASHES.items():
        digest = function()
        pss = padding.PSS(padding.MGF1(function()), digest.digest_size)
        yield token(f"RS{bits}", key, lambda text: private.sign(text, padding.PKCS1v15(), digest))
        yield token(f"PS{bits}", key, lambda text: private.sign(text, pss, digest))


def with_curve(algorithm, curve, name, function, size):
    """A token, its signature as two numbers side by side."""
    while True:
        private = ec.generate_private_key(curve())
        numbers = private.public_key().public_numbers()
        if numbers.x.bit_length() <= size * 8 - 8:
            break

    def sign(text):
        pair = utils.decode_dss_signature(private.sign(text, ec.ECDSA(function())))
        return b"".join(number.to_bytes(size, "big") for number in pair)

    key = {"kty": "EC", "kid": algorithm, "crv": name, "alg": algorithm,
           "x": short(numbers.x), "y": base(numbers.y.to_bytes(size, "big"))}
    return token(algorithm, key, sign)


def with_edwards():
    """A token of Ed25519."""
    private = ed25519.Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key = {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": base(raw)}
    return token("EdDSA", key, private.sign)


if __name__ == "__main__":
    tokens = [*with_rsa(), *(with_curve(*curve) for curve in CURVES), with_edwards()]
    print(json.dumps(tokens, indent=1))
