from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import Settings, is_loopback, variable
from service.settings.sources import WrongSettings, load, load_verification

NAMES = [variable(field) for field in Settings.model_fields]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*NAMES, "API_IDENTIFIER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> object:
    def set_all(**values: str) -> None:
        for name, value in {"AUTH0_DOMAIN": "tenant.us.auth0.com", "AUTH0_AUDIENCE": "bar", **values}.items():
            monkeypatch.setenv(name, value)

    return set_all


def problems() -> list[str]:
    with pytest.raises(WrongSettings) as wrong:
        load()
    return wrong.value.problems


def test_the_defaults_are_the_contracts(environment) -> None:
    environment()
    settings = load()
    assert settings.model_dump() == {
        "issuers": ("https://tenant.us.auth0.com/",),
        "client_id": None,
        "audiences": ("bar",),
        "algorithms": ("RS256",),
        "leeway": 5,
        "clients": None,
        "organizations": None,
        "anonymous": "refuse",
        "m2m_client_id": None,
        "m2m_client_secret": None,
        "otlp_endpoint": None,
        "log_subject_key": None,
        "public_url": None,
        "jwks_ttl": 600,
        "jwks_cooldown": 10,
        "jwks_timeout": 5,
        "jwks_max_stale": 86400,
        "token_cache_size": 10000,
        "cors_allow_origins": (),
        "plain_path": "on",
        "host": "0.0.0.0",
        "port": 8100,
        "workers": 1,
        "metrics_port": 9100,
        "shutdown_delay": 5,
        "shutdown_grace": 20,
        "log_level": "info",
        "log_format": "json",
    }


def test_what_is_missing_is_told_by_name() -> None:
    assert [problem.split(":")[0] for problem in problems()] == ["AUTH0_DOMAIN", "AUTH0_AUDIENCE"]


def test_lists_are_separated_by_commas(environment) -> None:
    environment(
        AUTH0_DOMAIN=" tenant.us.auth0.com, https://Login.example.com ,",
        AUTH0_AUDIENCE="a, b",
        AUTH0_ALGORITHMS="RS256,ES256",
        CORS_ALLOW_ORIGINS="https://a.example.com, http://localhost:3000",
    )
    settings = load()
    assert settings.issuers == ("https://tenant.us.auth0.com/", "https://login.example.com/")
    assert settings.audiences == ("a", "b")
    assert settings.algorithms == ("RS256", "ES256")
    assert settings.cors_allow_origins == ("https://a.example.com", "http://localhost:3000")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH0_DOMAIN", "http://tenant.us.auth0.com"),
        ("AUTH0_DOMAIN", "http://10.0.0.1"),
        ("AUTH0_DOMAIN", "http://127.0.0.1.evil.test"),
        ("AUTH0_DOMAIN", "ftp://tenant.us.auth0.com"),
        ("AUTH0_DOMAIN", "https://user:secret@tenant.us.auth0.com"),
        ("LOG_SUBJECT_KEY", "short"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel-collector:4318"),
        ("AUTH0_DOMAIN", "https://tenant.us.auth0.com/?a=b"),
        ("AUTH0_DOMAIN", "https://tenant.us.auth0.com/#a"),
        ("AUTH0_DOMAIN", "tenant us auth0 com"),
        ("AUTH0_DOMAIN", "{{YOUR_DOMAIN}}"),
        ("AUTH0_DOMAIN", "https://"),
        ("AUTH0_DOMAIN", "https://["),
        ("AUTH0_DOMAIN", "tenant.us.auth0.com:port"),
        ("AUTH0_DOMAIN", ","),
        ("AUTH0_DOMAIN", "good.example.com,http://bad.example.com"),
        ("AUTH0_AUDIENCE", ","),
        ("AUTH0_AUDIENCE", "client"),
        ("AUTH0_AUDIENCE", "bar,client"),
        ("AUTH0_AUDIENCE", "https://tenant.us.auth0.com/userinfo"),
        ("AUTH0_ALGORITHMS", "HS256"),
        ("AUTH0_ALGORITHMS", "RS256,HS256"),
        ("AUTH0_ALGORITHMS", "none"),
        ("AUTH0_ALGORITHMS", "rs256"),
        ("AUTH0_ALGORITHMS", "PS256"),
        ("AUTH0_LEEWAY", "-1"),
        ("AUTH0_LEEWAY", "nan"),
        ("AUTH0_LEEWAY", "inf"),
        ("AUTH0_LEEWAY", "5s"),
        ("AUTH0_LEEWAY", "301"),
        ("PUBLIC_URL", "bar"),
        ("PUBLIC_URL", "https://api.example.com/?a"),
        *(
            ("PUBLIC_URL", f"https://api.example.com/{path}")
            for path in (
                'a"b',
                'a", error="x',
                "a\\b",
                "a b",
                "a\tb",
                "a//b",
                "a%",
                "a%2",
                "a%zz",
                "a%0Ab",
                "a%00",
                "a%7f",
                "é",
                "<a>",
                "{a}",
                "a^b",
            )
        ),
        *(
            ("PUBLIC_URL", f"https://{host}/a")
            for host in ('a"b', "a%22b", "a,b", "[::1", "[g]", ":443", "a:b", "a:99999", "u@a")
        ),
        ("JWKS_TTL", "0"),
        ("JWKS_COOLDOWN", "0"),
        ("JWKS_TIMEOUT", "0"),
        ("JWKS_MAX_STALE", "-1"),
        ("TOKEN_CACHE_SIZE", "-1"),
        ("TOKEN_CACHE_SIZE", "1.5"),
        ("CORS_ALLOW_ORIGINS", "*"),
        ("CORS_ALLOW_ORIGINS", "null"),
        ("CORS_ALLOW_ORIGINS", "https://a.example.com,*"),
        ("CORS_ALLOW_ORIGINS", "https://a.example.com/path"),
        ("CORS_ALLOW_ORIGINS", "a.example.com"),
        ("CORS_ALLOW_ORIGINS", "https://*.example.org"),
        ("CORS_ALLOW_ORIGINS", "https://a.example.com, https://user@b.example.com"),
        ("PUBLIC_URL", "https://*.example.org"),
        ("PUBLIC_URL", "https://api.example.com:0"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("WORKERS", "0"),
        ("METRICS_PORT", "-1"),
        ("SHUTDOWN_DELAY", "-1"),
        ("SHUTDOWN_GRACE", "x"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_not_repeated(environment, name: str, value: str) -> None:
    environment(AUTH0_CLIENT_ID="client", **{name: value})
    (problem,) = problems()
    assert problem.startswith(f"{name}: ")
    assert "expected" in problem
    # A letter or a number may well stand in the rule.
    assert len(value) < 9 or value in ("https://tenant.us.auth0.com/userinfo") or value not in problem


def test_metrics_stand_elsewhere_than_the_api(environment) -> None:
    environment(PORT="9100")
    (problem,) = problems()
    assert problem.startswith("METRICS_PORT: it equals PORT")


def test_every_problem_is_told_at_once(environment) -> None:
    environment(AUTH0_DOMAIN="http://x.test", AUTH0_CLIENT_ID="bar", LOG_LEVEL="loud", PORT="x", CORS_ALLOW_ORIGINS="*")
    names = {problem.split(":")[0] for problem in problems()}
    assert names == {"AUTH0_DOMAIN", "AUTH0_AUDIENCE", "LOG_LEVEL", "PORT", "CORS_ALLOW_ORIGINS"}


@pytest.mark.parametrize(
    "domain", ["http://127.0.0.1:8180", "http://127.9.9.9/", "http://localhost:8180", "http://[::1]:8180/"]
)
def test_http_is_for_the_loopback_range(environment, domain: str) -> None:
    environment(AUTH0_DOMAIN=domain)
    assert load().issuers == (f"{domain.rstrip('/')}/",)


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(environment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AUTH0_AUDIENCE=file\nLOG_LEVEL=debug\nLOG_FORMAT=\nUNKNOWN=1\n")
    environment()
    settings = load({"LOG_LEVEL": "error", "LOG_FORMAT": "console"})
    assert (settings.audiences, settings.log_level, settings.log_format) == (("bar",), "debug", "console")


def test_the_second_name_of_the_audience(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTH0_DOMAIN", "tenant.us.auth0.com")
    monkeypatch.setenv("API_IDENTIFIER", "second")
    assert load().audiences == ("second",)
    # Whichever name a file uses, the environment wins.
    (tmp_path / ".env").write_text("AUTH0_AUDIENCE=file\n")
    assert load().audiences == ("second",)
    monkeypatch.setenv("AUTH0_AUDIENCE", "first")
    assert load().audiences == ("first",)


def test_whoever_uses_one_setting_needs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "abc")
    monkeypatch.setenv("AUTH0_LEEWAY", "7")
    monkeypatch.setenv("API_IDENTIFIER", "second")
    settings = load_verification(only={"AUTH0_LEEWAY", "AUTH0_AUDIENCE"})
    assert (settings.leeway, settings.audiences, settings.issuers) == (7, ("second",), ())
    with pytest.raises(WrongSettings, match=r"^AUTH0_DOMAIN: it is not set .*\)$"):
        load_verification(only={"AUTH0_DOMAIN"})


def test_a_file_that_cannot_be_read_is_a_wrong_setting(environment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"AUTH0_DOMAIN=\xff\xfe\n")
    environment()
    (problem,) = problems()
    assert problem.startswith(".env: ")


def test_settings_are_frozen_and_show_no_secret(environment) -> None:
    environment(AUTH0_M2M_CLIENT_SECRET="s3cret-value")
    settings = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1
    assert "s3cret-value" not in repr(settings)


def test_where_callers_reach_the_api(environment) -> None:
    environment(AUTH0_AUDIENCE="bar,https://api.example.com/v1")
    assert load().resource == "https://api.example.com/v1"
    environment(PUBLIC_URL="https://public.example.com", AUTH0_AUDIENCE="https://api.example.com")
    assert load().resource == "https://public.example.com"


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("https://api.example.com:443", "https://api.example.com"), ("HTTP://API.Example.com:80/v1", "http://api.example.com/v1"),
        ("https://api.example.com.:443/Team%20a", "https://api.example.com./Team%20a"), ("https://[::0:1]:8443", "https://[::1]:8443"),
        ("https://api.example.com:", "https://api.example.com"),
    ],
)  # fmt: skip
def test_the_public_url_has_its_origin_as_browsers_write_it(environment, given: str, normal: str) -> None:
    environment(PUBLIC_URL=given)
    assert load().resource == normal


def test_the_origins_are_those_that_browsers_send_each_once(environment) -> None:
    environment(CORS_ALLOW_ORIGINS="https://App.example.com:443,https://app.example.com/,http://localhost:3000")
    assert load().cors_allow_origins == ("https://app.example.com", "http://localhost:3000")


def test_of_several_origins_the_wrong_one_is_told_by_its_place(environment) -> None:
    environment(CORS_ALLOW_ORIGINS="https://a.example.com,https://b.example.com/login")
    assert "(number 2 of the list)" in problems()[0]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.255.0.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("example.com", False), ("localhost.example.com", False), ("", False)],
)  # fmt: skip
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
