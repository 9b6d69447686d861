from __future__ import annotations

import datetime
import json

import joserfc.jwk
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from service.auth import ALGORITHMS, KeySet
from service.practice.errors import Unusable
from service.practice.key_files import new_key, read_pem

from ..signing import ec_key, rsa_key


def private_pem(key: object, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption)  # type: ignore[attr-defined]


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tenant")])
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, rsa_key().public_key(), 1, day, day + datetime.timedelta(days=1))
    return builder.sign(rsa_key(), hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512"])
def test_a_new_key_reads_back_from_its_files(algorithm: str) -> None:
    key = new_key(algorithm)
    assert key.algorithms[0] == algorithm
    again, public = read_pem(key.private_pem()), read_pem(key.public_pem())
    assert again.private is not None
    assert public.private is None
    assert key.jwk() == again.jwk() == public.jwk()
    assert public.kid == key.kid


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512"])
def test_the_jwk_is_public_and_its_kid_the_thumbprint(algorithm: str) -> None:
    key = new_key(algorithm)
    jwk = key.jwk(kid=key.kid, alg=algorithm)
    assert jwk.keys() <= {"kty", "n", "e", "crv", "x", "y", "use", "alg", "kid"}
    assert joserfc.jwk.import_key(jwk).thumbprint() == key.kid
    assert key.kid in KeySet.from_jwks({"keys": [jwk]}, (algorithm,))
    assert json.dumps(jwk)


def test_rsa_keys_have_2048_bits() -> None:
    assert new_key("RS512").public.key_size == 2048


@pytest.mark.parametrize(
    "pem",
    [
        private_pem(rsa_key()),
        private_pem(rsa_key(), PrivateFormat.TraditionalOpenSSL),
        rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        certificate(),
        b"some text before\n" + private_pem(rsa_key()),
    ],
    ids=range(6),
)
def test_the_usual_forms_of_a_pem_file_are_read(pem: bytes) -> None:
    assert read_pem(pem).public.public_numbers() == rsa_key().public_key().public_numbers()


@pytest.mark.parametrize(
    ("pem", "told"),
    [
        (private_pem(rsa_key(), password=b"secret"), "encrypted"),
        (private_pem(rsa_key(), PrivateFormat.TraditionalOpenSSL, b"secret"), "encrypted"),
        (private_pem(ed25519.Ed25519PrivateKey.generate()), "neither RSA nor"),
        (private_pem(ec.generate_private_key(ec.SECP256K1())), "neither RSA nor"),
        (private_pem(rsa_key("small", 1024)), "1024 bits"),
        (b"", "PEM"),
        (b"\xff\xfe\x00", "PEM"),
        (b'{"keys": []}', "PEM"),
        (private_pem(rsa_key())[:300], "PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "PEM"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_used_is_one_line_without_the_key(pem: bytes, told: str) -> None:
    with pytest.raises(Unusable, match=told) as unusable:
        read_pem(pem)
    assert "\n" not in str(unusable.value)
    assert "MII" not in str(unusable.value)


def test_a_public_key_signs_nothing() -> None:
    with pytest.raises(Unusable, match="public key"):
        read_pem(new_key("ES256").public_pem()).sign(b"", "ES256")


def test_every_algorithm_of_the_service_has_its_kind_of_key() -> None:
    assert {name for algorithm in ALGORITHMS for name in new_key(algorithm).algorithms} == set(ALGORITHMS)
    assert read_pem(private_pem(ec_key("ES384"))).algorithms == ("ES384",)
