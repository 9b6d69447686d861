"""The values of settings, from each source, as people and tools write them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from service.setting_text import elements, is_blank, tidy
from service.settings.sources import WrongSettings, load

from .aws_server import client, environment
from .processes import run
from .test_settings import nothing_set

__all__ = ["nothing_set"]

WHITE_SPACE = [chr(point) for point in range(sys.maxunicode + 1) if chr(point).isspace()]
UNSEEN = ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\x00", "\x01", "\x7f", "\u0085"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"), (" a\n", "a"), ("'a'", "a"), ('"a"', "a"), (' "a" ', "a"), ('" a\n"', "a"), ("'\"a\"'", '"a"'),
        ('""a""', '"a"'), ("\"a'", "\"a'"), ('"', '"'), ('""', ""), ("' '", ""), ("it's", "it's"), ('"a,b"', "a,b"),
        ('"a","b"', '"a","b"'), ("'a', 'b'", "'a', 'b'"),
    ],
)  # fmt: skip
def test_white_space_and_one_pair_of_quotes_are_taken_off(text: str, value: str) -> None:
    assert tidy(text) == value
    assert is_blank(text) == (value == "")


@pytest.mark.parametrize("space", WHITE_SPACE, ids=lambda space: f"U+{ord(space):04X}")
def test_every_white_space_of_unicode_is_taken_off(space: str) -> None:
    assert tidy(f"{space}a{space}") == tidy(f'{space}"{space}a{space}"{space}') == "a"
    assert elements(f"a{space},{space}b") == ("a", "b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a, b ,", ("a", "b")), ('"a,b"', ("a", "b")), ("'a','b'", ("a", "b")), ('"a", b', ("a", "b")),
        ("'\"a\"'", ('"a"',)), ("a,' '", ("a",)), (",", ()),
    ],
)  # fmt: skip
def test_each_element_of_a_list_is_tidy(text: str, found: tuple[str, ...]) -> None:
    assert elements(tidy(text)) == found


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in {"AUTH0_DOMAIN": "tenant.us.auth0.com", "AUTH0_AUDIENCE": "bar", **values}.items():
        monkeypatch.setenv(name, value)


def refused() -> list[str]:
    with pytest.raises(WrongSettings) as wrong:
        load()
    return [problem.split(":")[0] for problem in wrong.value.problems]


GUARDED = [
    ("spaclient123\n", "spaclient123"), ("spaclient123", "spaclient123\n"), ('"spaclient123"', "spaclient123"),
    ("'spaclient123 '", "spaclient123"), ("spaclient123", "other,'spaclient123'"), ("spaclient123", '"other","spaclient123"'),
    ("spaclient123\u3000", "spaclient123\x1f"), ("SPAclient123", "spaclient123"), ("spaclient123", "a, spaclient123\u00a0,b"),
    ("client", "https://tenant.test/userinfo\n"), ("client", "https://tenant.test/userinfo/"),
    ("client", "https://tenant.test/userinfo?x"), ("client", "https://tenant.test/userinfo#"),
    ("client", "https://tenant.test/UserInfo"), ("client", "https://tenant.test/user%69nfo"), ("client", "'x', '/userinfo'"),
]  # fmt: skip


@pytest.mark.parametrize(("client_id", "audience"), GUARDED)
def test_nothing_around_a_value_defeats_the_guard_against_id_tokens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, client_id: str, audience: str
) -> None:
    set_all(monkeypatch, AUTH0_CLIENT_ID=client_id, AUTH0_AUDIENCE=audience)
    assert refused() == ["AUTH0_AUDIENCE"]
    monkeypatch.delenv("AUTH0_CLIENT_ID")
    monkeypatch.delenv("AUTH0_AUDIENCE")
    quoted = {"AUTH0_CLIENT_ID": client_id.replace('"', '\\"'), "AUTH0_AUDIENCE": audience.replace('"', '\\"')}
    (tmp_path / ".env").write_text("".join(f'{name}="{value}"\n' for name, value in quoted.items()), "utf-8")
    assert refused() == ["AUTH0_AUDIENCE"]


@pytest.mark.parametrize("unseen", UNSEEN, ids=lambda char: f"U+{ord(char):04X}")
@pytest.mark.parametrize("name", ["AUTH0_CLIENT_ID", "AUTH0_AUDIENCE", "HOST", "LOG_SUBJECT_KEY", "PUBLIC_URL"])
def test_a_character_that_does_not_show_is_refused(tmp_path: Path, monkeypatch, name: str, unseen: str) -> None:
    set_all(monkeypatch)
    monkeypatch.delenv("AUTH0_AUDIENCE", raising=False)
    value = f"https://spaclient{unseen}1234567"
    with pytest.raises(WrongSettings) as wrong:
        load({"AUTH0_AUDIENCE": "bar", name: value})
    assert [problem.split(":")[0] for problem in wrong.value.problems] == [name]
    assert value not in wrong.value.problems[0]


@pytest.mark.parametrize(
    "client_id", ['""spaclient123""', '"spaclient123', "spa client123", "ｓpaclient123", "spa'client"]
)
def test_what_is_no_client_id_is_refused(monkeypatch: pytest.MonkeyPatch, client_id: str) -> None:
    set_all(monkeypatch, AUTH0_CLIENT_ID=client_id, AUTH0_M2M_CLIENT_ID=client_id, AUTH0_AUDIENCE="spaclient123")
    assert refused() == ["AUTH0_CLIENT_ID", "AUTH0_M2M_CLIENT_ID"]


def test_every_kind_of_setting_is_tidy(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(
        monkeypatch, AUTH0_DOMAIN='"tenant.us.auth0.com"\n', AUTH0_ALGORITHMS="'RS256', 'ES256'", AUTH0_LEEWAY='"7"', PORT="'81'\n",
        AUTH0_M2M_CLIENT_SECRET='" s3cret "', LOG_LEVEL='"DEBUG"', PUBLIC_URL="'https://api.example.com'", HOST=' "::1" ',
        CORS_ALLOW_ORIGINS='"https://a.example.com", "https://b.example.com"',
    )  # fmt: skip
    settings = load()
    assert settings.issuers == ("https://tenant.us.auth0.com/",)
    assert settings.algorithms == ("RS256", "ES256")
    assert (settings.leeway, settings.port, settings.log_level, settings.host) == (7, 81, "debug", "::1")
    assert settings.m2m_client_secret is not None
    assert settings.m2m_client_secret.get_secret_value() == "s3cret"
    assert settings.public_url == "https://api.example.com"
    assert settings.cors_allow_origins == ("https://a.example.com", "https://b.example.com")


def test_a_blank_value_is_not_set_and_hides_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AUTH0_CLIENT_ID='from-the-file'\nPORT=' '\n")
    set_all(monkeypatch, AUTH0_CLIENT_ID="' '", AUTH0_AUDIENCE="\n", API_IDENTIFIER=" second ")
    settings = load()
    assert (settings.client_id, settings.audiences, settings.port) == ("from-the-file", ("second",), 8100)


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ({"AUTH0_CLIENT_ID": "spaclient123\n", "AUTH0_AUDIENCE": ["other", "'spaclient123' "]}, "AUTH0_AUDIENCE: it equals"),
        ({"AUTH0_CLIENT_ID": "spa\u200bclient123", "AUTH0_AUDIENCE": "spaclient123"}, "AUTH0_CLIENT_ID: it has a character"),
        ({"AUTH0_AUDIENCE": "a", "HOST": "a\x00b"}, "HOST: it has a character"),
        ({"AUTH0_AUDIENCE": "a", "WORKERS": True}, "WORKERS: it is true or false"),
    ],
)  # fmt: skip
def test_values_of_the_secret_are_tidy_before_they_are_judged(
    aws: str, tmp_path: Path, secret: dict[str, object], said: str
) -> None:
    secrets: object = client("secretsmanager", aws)
    secrets.create_secret(Name="settings", SecretString=json.dumps({"AUTH0_DOMAIN": "' tenant.test '", **secret}))  # type: ignore[attr-defined]
    # The secret's own name has quotes, too.
    ended = run("check", directory=tmp_path, **environment(aws, tmp_path), AWS_SECRET_ID='"settings"\n')
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 2)
    assert f"  {said}" in ended.stderr
