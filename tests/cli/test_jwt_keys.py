from __future__ import annotations

import asyncio
import json
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from service.auth import KeySet
from service.issuer import local_issuer
from service.practice.key_files import new_key, read_pem

from ..processes import free_port, run
from ..signing import jwks
from ..tenant import Tenant
from .jwt_command import harmless, jwt

TENANT = Tenant()


async def test_the_keys_of_the_issuer_as_the_api_sees_them(tmp_path: Path) -> None:
    async with local_issuer() as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}

        async def keys(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
            return await asyncio.to_thread(lambda: run("jwt", "keys", *arguments, directory=tmp_path, **environment))

        table, document, named, strict = await asyncio.gather(
            keys(**own),
            keys("--json", **own),
            # What is not used may be wrong, or missing as the audience is.
            keys("--issuer", issuer.address, AUTH0_DOMAIN="tenant.us.auth0.com", PORT="abc"),
            keys(**own, AUTH0_ALGORITHMS="ES256"),
        )
        assert (table.returncode, table.stderr) == (0, "")
        published = issuer.keyring.public_set()
        for jwk in published["keys"]:
            (row,) = [line.split() for line in table.stdout.splitlines() if line.startswith(jwk["kid"])]
            assert row == [jwk["kid"], "RSA", "RS256", "2048", "sig", "yes"]
        assert json.loads(document.stdout) == published
        assert named.stdout == table.stdout
        assert strict.returncode == 1
        assert "no allowed algorithm fits it" in strict.stdout


async def test_an_issuer_that_does_not_answer(tmp_path: Path) -> None:
    ended = run("jwt", "keys", "--issuer", f"http://127.0.0.1:{free_port()}", directory=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    async with local_issuer() as issuer, httpx.AsyncClient(trust_env=False) as http:
        await http.post(f"{issuer.address}local/faults", json={"status": 503})
        ended = await asyncio.to_thread(lambda: run("jwt", "keys", "--issuer", issuer.address, directory=tmp_path))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "status 503" in ended.stderr


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "ES256", "ES512"])
def test_a_new_key_is_the_persons_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str) -> None:
    monkeypatch.chdir(tmp_path)
    ended = jwt("keys", "--new", "mine.pem", "--alg", algorithm)
    assert ended.status == 0
    assert stat.S_IMODE((tmp_path / "mine.pem").stat().st_mode) == 0o600
    private, public = (read_pem((tmp_path / name).read_bytes()) for name in ("mine.pem", "mine.pub.pem"))
    assert private.private is not None
    assert public.private is None
    assert json.loads(ended.out) == {"keys": [private.jwk(alg=algorithm, kid=private.kid)]}
    assert len(KeySet.from_jwks(json.loads(ended.out), (algorithm,))) == 1
    # The same set again, from either half.
    for name in ("mine.pem", "mine.pub.pem"):
        assert jwt("keys", "--key", name, "--alg", algorithm).out == ended.out


@pytest.mark.parametrize("existing", ["mine.pem", "mine.pub.pem"])
def test_no_file_is_ever_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / existing).write_text("precious")
    ended = jwt("keys", "--new", "mine.pem")
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert existing in ended.err
    assert (tmp_path / existing).read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == [existing]


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.pem").symlink_to("elsewhere")
    assert jwt("keys", "--new", "mine.pem").status == 2
    assert not (tmp_path / "elsewhere").exists()


def test_kid_and_alg_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (member,) = json.loads(jwt("keys", "--new", "key", "--kid", "mine").out)["keys"]
    assert (member["kid"], member["alg"]) == ("mine", "RS256")
    assert {path.name for path in tmp_path.iterdir()} == {"key", "key.pub.pem"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--new", "absent/key.pem"), "No such file"),
        (("--new", "."), "exists"),
        (("--new", ""), "No such file"),
        (("--key", "absent.pem"), "No such file"),
        (("--key", "ec.pem", "--alg", "RS256"), "does not fit"),
        (("--jwks", "absent.json"), "No such file"),
        (("--jwks", "http://example.com/"), "loopback"),
        (("--issuer", "http://example.com/"), "loopback"),
        (("--alg", "RS256"), "--new"),
        (("--kid", "a"), "--new"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_line_and_exits_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ec.pem").write_bytes(new_key("ES256").private_pem())
    ended = jwt("keys", *arguments)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert told in ended.err


def test_each_key_of_a_file_with_why_not(tmp_path: Path) -> None:
    hostile = {**TENANT.current.jwk, "kid": "\x1b[2J\n✓", "use": "\u202e", "alg": ["\x07"]}
    entries = [
        *jwks(TENANT.current)["keys"],
        {**TENANT.next.jwk, "use": "enc"},
        {"kty": "oct", "k": "AAAA"},
        7,
        hostile,
    ]
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": entries}))
    ended = run("jwt", "keys", "--jwks", "jwks.json", directory=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    for told in ("yes", "its use is not sig", "it has no kid", "not a JSON object"):
        assert told in ended.stdout
    assert harmless(ended.stdout)


def test_a_setting_is_looked_at_where_it_is_used_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jwks.json").write_text(json.dumps(jwks(TENANT.current)))
    for name, value in {"AUTH0_DOMAIN": "not a domain", "JWKS_TIMEOUT": "0", "PORT": "abc"}.items():
        monkeypatch.setenv(name, value)
    assert jwt("keys", "--jwks", "jwks.json").status == 0
    for arguments, told in (
        ((), ["AUTH0_DOMAIN", "JWKS_TIMEOUT"]),
        (("--issuer", TENANT.issuer), ["JWKS_TIMEOUT"]),
        (("--jwks", "http://127.0.0.1/"), ["JWKS_TIMEOUT"]),
    ):
        ended = jwt("keys", *arguments)
        assert (ended.status, ended.out) == (2, "")
        assert [line.split(":")[0].strip() for line in ended.err.splitlines()[1:]] == told
    monkeypatch.setenv("AUTH0_ALGORITHMS", "HS256")
    assert "AUTH0_ALGORITHMS" in jwt("keys", "--jwks", "jwks.json").err


def test_several_issuers_have_a_set_each(tmp_path: Path) -> None:
    ended = run("jwt", "keys", "--json", directory=tmp_path, AUTH0_DOMAIN="a.example,b.example", AUTH0_AUDIENCE="a")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "--issuer" in ended.stderr
