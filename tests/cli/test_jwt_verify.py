from __future__ import annotations

import asyncio
import json
import string
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.auth import CHECKS
from service.issuer import local_issuer
from service.practice.key_files import new_key
from service.practice.signing import Secret, sign_token
from service.settings import Settings, variable

from ..processes import free_port, run
from ..signing import jwks
from ..tenant import AUDIENCE, Tenant
from .jwt_command import harmless, jwt

TENANT = Tenant()
LATER = 4102444800
KEY = new_key()
SECRET = "a practice secret that is long enough"
OURS = ("--issuer", TENANT.issuer, "--audience", AUDIENCE)


@pytest.fixture(autouse=True, scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Files of keys, in an empty directory, with nothing set."""
    directory = tmp_path_factory.mktemp("verify")
    (directory / "key.pem").write_bytes(KEY.private_pem())
    (directory / "key.pub.pem").write_bytes(KEY.public_pem())
    (directory / "ec.pem").write_bytes(new_key("ES256").private_pem())
    (directory / "jwks.json").write_text(json.dumps(jwks(TENANT.current, TENANT.next)))
    (directory / "empty.json").write_text('{"keys": []}')
    (directory / "text.json").write_text("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        for name in (*map(variable, Settings.model_fields), "API_IDENTIFIER"):
            patch.delenv(name, raising=False)
        yield directory


def own_token(**claims: object) -> str:
    return sign_token({"kid": "mine"}, TENANT.claims(**{"exp": LATER, "iat": 1, **claims}), KEY, "RS256")


def outcomes(out: str) -> list[str]:
    """The mark of each check."""
    lines = [line.split() for line in out.splitlines() if line[:1] in "✓✗–" and line.strip()]
    assert [line[1] for line in lines] == list(CHECKS)
    return [line[0] for line in lines]


async def test_by_default_as_the_configured_api_would(tmp_path: Path) -> None:
    async with local_issuer() as issuer, local_issuer() as other:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}

        async def verify(token: str, *arguments: str) -> subprocess.CompletedProcess[str]:
            return await asyncio.to_thread(
                lambda: run("jwt", "verify", *arguments, directory=tmp_path, stdin=f"Bearer {token}\n", **own)
            )

        good, stranger, expired, elsewhere = await asyncio.gather(
            verify(issuer.token()),
            verify(other.token()),
            verify(issuer.token(exp=1)),
            verify(other.token(), "--issuer", other.address.rstrip("/")),
        )
        assert (good.returncode, good.stderr, outcomes(good.stdout)) == (0, "", ["✓"] * 6)
        assert "issuer publishes" in good.stdout
        assert (stranger.returncode, outcomes(stranger.stdout)) == (1, ["✓", "✗", "–", "–", "–", "–"])
        # The API echoes neither; a person who practises needs both.
        assert other.address in stranger.stdout
        assert issuer.address in stranger.stdout
        assert (expired.returncode, outcomes(expired.stdout)) == (1, ["✓", "✓", "✓", "✓", "✗", "–"])
        assert "token_expired" in expired.stdout
        assert "exp: 1970-01-01" in expired.stdout
        assert elsewhere.returncode == 0


async def test_keys_that_cannot_be_had_are_no_verdict(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    ended = run("jwt", "verify", "--issuer", nobody, TENANT.token(), directory=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert "neither accepted nor refused" in ended.stderr
    # A token that is none is refused without them.
    ended = run("jwt", "verify", "--issuer", nobody, "opaque", directory=tmp_path)
    assert (ended.returncode, outcomes(ended.stdout), ended.stderr) == (1, ["✗", "–", "–", "–", "–", "–"], "")


async def test_a_key_set_at_a_url(tmp_path: Path) -> None:
    async with local_issuer() as issuer:
        url = f"{issuer.address}.well-known/jwks.json"
        common = ("jwt", "verify", "--jwks", url, "--issuer", issuer.address, "--audience", issuer.audience)
        ended = await asyncio.to_thread(lambda: run(*common, issuer.token(), directory=tmp_path))
        assert (ended.returncode, outcomes(ended.stdout)) == (0, ["✓"] * 6)


@pytest.mark.parametrize("file", ["key.pem", "key.pub.pem"])
def test_a_key_of_ones_own(file: str) -> None:
    ended = jwt("verify", "--key", file, *OURS, own_token())
    assert (ended.status, outcomes(ended.out), ended.err) == (0, ["✓"] * 6, "")
    assert jwt("verify", "--key", file, *OURS, TENANT.token(exp=LATER)).status == 1


def test_a_key_set_in_a_file() -> None:
    assert jwt("verify", "--jwks", "jwks.json", *OURS, TENANT.token(exp=LATER, iat=1)).status == 0
    assert jwt("verify", "--jwks", "jwks.json", *OURS, own_token()).status == 1


def test_a_secret_is_for_practice() -> None:
    token = sign_token({"kid": "a"}, TENANT.claims(exp=LATER, iat=1), Secret(SECRET.encode()), "HS256")
    ended = jwt("verify", "--secret", SECRET, *OURS, token)
    assert (ended.status, outcomes(ended.out)) == (0, ["✓"] * 6)
    assert "The API refuses" in ended.err
    wrong = jwt("verify", "--secret", "something else", *OURS, token)
    assert (wrong.status, outcomes(wrong.out)) == (1, ["✓", "✗", "–", "–", "–", "–"])
    # With the keys of the issuer, it is what the API says.
    refused = jwt("verify", "--jwks", "jwks.json", *OURS, token)
    assert (refused.status, outcomes(refused.out)) == (1, ["✓", "✗", "–", "–", "–", "–"])


def test_a_check_can_be_left_out_and_says_so() -> None:
    token = own_token(iss="https://me.example/", aud="mine")
    ended = jwt("verify", "--key", "key.pem", "--any-issuer", "--any-audience", token)
    assert (ended.status, outcomes(ended.out)) == (0, ["✓", "✓", "–", "–", "✓", "✓"])
    assert ended.out.count("as you asked") == 2
    assert ended.out.endswith("\nValid, as far as it was checked.\n")
    assert outcomes(jwt("verify", "--key", "key.pem", "--any-issuer", token).out)[3] == "✗"
    ended = jwt("verify", "--key", "key.pem", "--issuer", "https://me.example", "--any-audience", token)
    # Compared exactly, the last "/" included.
    assert outcomes(ended.out)[2] == "✗"


def test_one_of_several_audiences_is_enough() -> None:
    token = own_token(aud="mine")
    assert (
        jwt("verify", "--key", "key.pem", "--any-issuer", "--audience", "other", "--audience", "mine", token).status
        == 0
    )


def test_leeway_and_algorithms_can_be_chosen() -> None:
    expired = own_token(exp=int(time.time()) - 60)
    for leeway, status in (("300", 0), ("0", 1)):
        assert jwt("verify", "--key", "key.pem", "--leeway", leeway, *OURS, expired).status == status
    other = sign_token({"kid": "mine"}, TENANT.claims(exp=LATER, iat=1), KEY, "RS512")
    assert jwt("verify", "--key", "key.pem", *OURS, other).status == 1
    assert jwt("verify", "--key", "key.pem", "--algorithms", "RS512,RS256", *OURS, other).status == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--key", "key.pem"), "--issuer TEXT"),
        (("--jwks", "jwks.json"), "--any-issuer"),
        (("--secret", SECRET), "--issuer TEXT"),
        (("--key", "absent.pem", "--any-issuer"), "absent.pem: No such file"),
        (("--key", "jwks.json", "--any-issuer"), "PEM"),
        (("--key", "ec.pem", "--any-issuer"), "--algorithms"),
        (("--jwks", "absent.json", "--any-issuer"), "absent.json: No such file"),
        (("--jwks", "http://example.com/jwks.json", "--any-issuer"), "loopback"),
        (("--jwks", "ftp://example.com/jwks.json", "--any-issuer"), "http(s)"),
        (("--issuer", "http://example.com"), "loopback"),
        (("--issuer", "not a domain"), "tenant.us.auth0.com"),
        (("--algorithms", "HS256"), "public key"),
        (("--algorithms", "RS256,none"), "public key"),
        (("--algorithms", ""), "public key"),
        (("--secret", SECRET, "--any-issuer", "--algorithms", "RS256"), "a secret is for"),
        (("--secret", KEY.public_pem().decode(), "--any-issuer"), "RS256 taken for HS256"),
        (("--secret", json.dumps(KEY.jwk()), "--any-issuer"), "RS256 taken for HS256"),
        (("--secret", "", "--any-issuer"), "empty"),
    ],
    ids=lambda value: " ".join(value)[:22] if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_line_and_exits_2(arguments: tuple[str, ...], told: str) -> None:
    ended = jwt("verify", *arguments, TENANT.token())
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert told in ended.err
    assert SECRET not in ended.err
    assert "MII" not in ended.err


@pytest.mark.parametrize("file", ["empty.json", "text.json", "key.pem"])
def test_a_file_that_holds_no_usable_key_is_no_verdict(file: str) -> None:
    ended = jwt("verify", "--jwks", file, "--any-issuer", TENANT.token())
    assert (ended.status, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "neither accepted nor refused" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--key", "a", "--secret", "b"), ("--jwks", "a", "--key", "b"), ("--issuer", "a", "--any-issuer"),
        ("--audience", "a", "--any-audience"), ("--leeway", "-1"), ("--leeway", "nan"), ("--leeway", "301"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_options_that_contradict_each_other_exit_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        jwt("verify", *arguments, "token")
    assert ended.value.code == 2


def test_wrong_settings_are_told(tmp_path: Path) -> None:
    ended = run("jwt", "verify", TENANT.token(), directory=tmp_path, AUTH0_DOMAIN="tenant.us.auth0.com")
    assert ended.returncode == 2
    assert "AUTH0_AUDIENCE" in ended.stderr


async def test_the_settings_rules_are_the_apis(tmp_path: Path) -> None:
    rules = {"AUTH0_CLIENTS": "app,other", "AUTH0_ORGANIZATIONS": "org_1,acme"}
    good = {"azp": "app", "org_id": "org_2", "org_name": "ACME"}
    async with local_issuer() as issuer:
        given = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, **rules}
        for claims, code, echoed in (
            (good, None, ""),
            ({**good, "azp": "dev-spa"}, "client_not_allowed", "in the token: dev-spa"),
            ({**good, "org_name": "globex"}, "organization_not_allowed", "in the token: org_2 globex"),
            ({**good, "sub": "anon@1"}, "anonymous_not_allowed", ""),
        ):
            token = issuer.token(**claims)
            ended = await asyncio.to_thread(run, "jwt", "verify", token, directory=tmp_path, **given)
            assert ended.returncode == (0 if code is None else 1), ended.stdout + ended.stderr
            assert code is None or f"Refused ({code})" in ended.stdout
            assert echoed in ended.stdout
            options = ("--client", "dev-spa", "--organization", "globex")
            ended = await asyncio.to_thread(run, "jwt", "verify", *options, token, directory=tmp_path, **given)
            assert ended.returncode == 1


WRONG = {
    "AUTH0_CLIENTS": ",",
    "AUTH0_ORGANIZATIONS": "a b",
    "AUTH0_ANONYMOUS": "maybe",
    "AUTH0_DOMAIN": "not a domain",
    "AUTH0_AUDIENCE": "/userinfo",
    "AUTH0_ALGORITHMS": "HS256",
    "AUTH0_LEEWAY": "-1",
    "JWKS_TIMEOUT": "0",
    "PORT": "abc",
}
RULES = ("AUTH0_CLIENTS", "AUTH0_ORGANIZATIONS", "AUTH0_ANONYMOUS")
ISSUER, AUDIENCES, NAMES, LEEWAY = OURS[:2], OURS[2:], ("--algorithms", "RS256"), ("--leeway", "5")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--key", "key.pem", *ISSUER, *AUDIENCES, *NAMES, *LEEWAY), []),
        (("--key", "key.pem", "--any-issuer", "--any-audience", *NAMES, *LEEWAY), []),
        (("--jwks", "jwks.json", *ISSUER, *AUDIENCES, *NAMES, *LEEWAY), []),
        (("--secret", SECRET, *ISSUER, *AUDIENCES, *LEEWAY), []),
        (("--key", "key.pem", *ISSUER, *NAMES, *LEEWAY), ["AUTH0_AUDIENCE"]),
        (("--key", "key.pem", *ISSUER, *AUDIENCES, *LEEWAY), ["AUTH0_ALGORITHMS"]),
        (("--key", "key.pem", *ISSUER, *AUDIENCES, *NAMES), ["AUTH0_LEEWAY"]),
        (("--jwks", "http://127.0.0.1/", *ISSUER, *AUDIENCES, *NAMES, *LEEWAY), ["JWKS_TIMEOUT"]),
        ((*ISSUER, *AUDIENCES, *NAMES, *LEEWAY), [*RULES, "JWKS_TIMEOUT"]),
        (
            (*ISSUER, *AUDIENCES, *NAMES, *LEEWAY, "--client", "a", "--organization", "b"),
            ["AUTH0_ANONYMOUS", "JWKS_TIMEOUT"],
        ),
        (("--any-issuer", *AUDIENCES, *NAMES, *LEEWAY), ["AUTH0_DOMAIN", *RULES, "JWKS_TIMEOUT"]),
        ((), ["AUTH0_DOMAIN", "AUTH0_AUDIENCE", "AUTH0_ALGORITHMS", "AUTH0_LEEWAY", *RULES, "JWKS_TIMEOUT"]),
    ],
)
def test_a_setting_is_looked_at_where_it_is_used_alone(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: list[str]
) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    ended = jwt("verify", *arguments, own_token())
    assert ended.status == 2 if told else ended.status in (0, 1)
    assert [line.split(":")[0].strip() for line in ended.err.splitlines()[1:]] == told
    assert bool(ended.out) != bool(told)


def test_without_an_option_the_setting_counts_with_a_key_of_ones_own_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH0_LEEWAY", "300")
    monkeypatch.setenv("AUTH0_ALGORITHMS", "RS512,RS256")
    expired = sign_token({"kid": "mine"}, TENANT.claims(exp=int(time.time()) - 60, iat=1), KEY, "RS512")
    assert jwt("verify", "--key", "key.pem", *OURS, expired).status == 0


def test_no_audience_is_the_pages_client(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTH0_AUDIENCE", "AUTH0_CLIENT_ID"):
        monkeypatch.setenv(name, "the-same")
    ended = jwt("verify", "--key", "key.pem", "--any-issuer", own_token())
    assert (ended.status, ended.err.count("AUTH0_AUDIENCE:")) == (2, 1)


@settings(max_examples=60, deadline=None)  # the first run imports the command
@given(
    st.one_of(
        st.text(),
        st.text(string.ascii_letters + "-_.", min_size=5),
        st.fixed_dictionaries(
            {"sub": st.text(min_size=1), "exp": st.integers() | st.floats()},
            optional={"iss": st.text(), "aud": st.lists(st.text()) | st.text(), "nbf": st.floats(allow_nan=False)},
        ).map(lambda claims: TENANT.current.sign(json.dumps(claims).encode())),
    )
)
def test_no_token_breaks_it(token: str) -> None:
    ended = jwt("verify", "--jwks", "jwks.json", *OURS, "--", token)
    assert ended.status in (0, 1)
    assert harmless(ended.out)
    assert harmless(ended.err)
    # A verdict, or one line that there is no token.
    assert bool(ended.out) != bool(ended.err)
