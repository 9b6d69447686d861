"""What httpx reads, judged as httpx would: by the client itself."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as run_with
from hypothesis import strategies as st

from service.libraries.http import fetching_problems
from service.tls import trusting_nobody

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
BOTH_CASES = [*NAMES, *map(str.lower, NAMES)]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*BOTH_CASES, "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def names(environment: dict[str, str]) -> list[str]:
    return [problem.split(":")[0] for problem in fetching_problems(environment)]


def make_client() -> None:
    # Only proxies are of interest here, and a context of certificates takes long to make.
    httpx.Client(verify=trusting_nobody()).close()


@pytest.mark.parametrize("name", [name for name in BOTH_CASES if name.lower() != "no_proxy"])
@pytest.mark.parametrize(
    "value",
    ["socks5://proxy:1080", "socks4://proxy", "ftp://proxy", "http://proxy:port", "http://proxy:99999", "proxy:port", "http://",
     "http://:3128", '"http://proxy:3128"', "http://[::1", "http://user:s3cret@proxy:x", "http://proxy:0", "://"],
)  # fmt: skip
def test_a_proxy_that_cannot_be_used_is_told_by_the_name_that_is_set(name: str, value: str) -> None:
    (problem,) = fetching_problems({name: value})
    assert problem.startswith(f"{name}: it ")
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    "value", ["http://proxy:3128", "https://user:s3cret@proxy", "proxy:3128", "http://[::1]:3128", ""]
)
def test_a_usable_proxy_is_none(value: str) -> None:
    assert names(dict.fromkeys(NAMES[:3], value)) == []


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("[::1]", True), ("fd07:b51a:cc66:f0::/64", True), ("localhost,[::1]", True), ("a:port", True), ("http://a:port", True),
        ("", False), ("::1", False), ("localhost, 127.0.0.1,10.0.0.0/8 ,.example.com,*.example.org", False),
        ("*", False), ("a,*,[::1]", False), ("[::1],*", False), ("https://internal.example.com", False), ("host:8080", False),
    ],
)  # fmt: skip
def test_where_no_proxy_is_used_is_told_too(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, wrong: bool
) -> None:
    assert names({name: value}) == ([name] if wrong else [])
    monkeypatch.setenv(name, value)
    if wrong:
        with pytest.raises(httpx.InvalidURL):
            make_client()
    else:
        make_client()


def test_lower_case_counts_and_the_other_is_not_looked_at() -> None:
    assert names({"NO_PROXY": "[::1]", "no_proxy": "::1"}) == []
    assert names({"NO_PROXY": "::1", "no_proxy": "[::1]"}) == ["no_proxy"]
    assert names({"NO_PROXY": "[::1]", "no_proxy": ""}) == []
    assert names({"No_Proxy": "[::1]"}) == ["No_Proxy"]


def test_with_no_proxies_for_any_host_their_urls_do_not_matter() -> None:
    assert names({"HTTPS_PROXY": "socks5://proxy", "NO_PROXY": "*"}) == []


_TEXT = st.text(st.sampled_from("abp:/[]@.,*%0123456789 -_\"'\\?#é"), max_size=14)
_PROXY = st.one_of(
    _TEXT, st.builds("{}://{}".format, st.sampled_from(["http", "https", "socks5", "HTTP", "all"]), _TEXT)
)


@given(http=_PROXY, every=_PROXY, left_out=_TEXT)
@run_with(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_not_told_works(monkeypatch: pytest.MonkeyPatch, http: str, every: str, left_out: str) -> None:
    environment = {"HTTPS_PROXY": http, "ALL_PROXY": every, "NO_PROXY": left_out}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if names(environment) == []:
        make_client()


def test_certificates_and_the_log_of_keys(tmp_path: Path) -> None:
    nothing, empty = str(tmp_path / "nothing"), tmp_path / "empty"
    empty.touch()
    assert names({"SSL_CERT_FILE": nothing}) == names({"SSL_CERT_FILE": str(empty)}) == ["SSL_CERT_FILE"]
    assert names({"SSL_CERT_FILE": str(tmp_path)}) == ["SSL_CERT_FILE"]
    assert names({"SSL_CERT_DIR": nothing}) == ["SSL_CERT_DIR"]
    assert names({"SSL_CERT_DIR": f"{nothing}:{tmp_path}"}) == []
    assert names({"SSLKEYLOGFILE": f"{nothing}/log"}) == names({"SSLKEYLOGFILE": str(tmp_path)}) == ["SSLKEYLOGFILE"]
    assert names({"SSLKEYLOGFILE": nothing}) == []
