from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from service.cli.checks import IssuerReport, check
from service.issuer import local_issuer
from service.key_set_client import KeySetFetcher, http_client

from ..processes import free_port, run
from ..signing import Signer, jwks, rsa_key
from ..tenant import NOW, ManualClock, Tenant, settings

GOOD = Signer(rsa_key())


async def examine(
    answer: httpx.Response | Exception, name: object = "https://tenant.test/", **overrides: object
) -> IssuerReport:
    """Check a tenant whose key set is `answer`, and which calls itself `name`."""

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json={"issuer": name}) if name else httpx.Response(404)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with http_client(httpx.MockTransport(handle)) as client:
        (report,) = await check(settings(**overrides), KeySetFetcher(client, 5), ManualClock())
    return report


def key_set(*members: object, **headers: str) -> httpx.Response:
    date = format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)
    names = {"Date": date, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return httpx.Response(200, json={"keys": list(members)}, headers=names)


def advice(report: IssuerReport) -> str:
    (failing,) = [finding for finding in report.findings if finding.advice]
    return f"{failing.what}. {failing.advice}"


async def test_a_good_issuer(tenant: Tenant) -> None:
    report = await examine(key_set(*jwks(*tenant.published)["keys"], Cache_Control="max-age=15"))
    assert report.ok
    assert report.cache_control == "max-age=15"
    assert report.clock_difference == 0
    assert report.milliseconds is not None
    assert [(key.kid, key.bits, key.problem) for key in report.keys] == [("current", 2048, None), ("next", 2048, None)]


async def test_a_next_key_that_would_not_verify_is_told_before_it_signs() -> None:
    report = await examine(key_set(GOOD.jwk, {**GOOD.jwk, "kid": "next", "alg": "PS256"}))
    assert not report.ok
    assert "key next" in advice(report)
    assert "AUTH0_ALGORITHMS" in advice(report)


async def test_a_key_for_another_purpose_is_no_problem() -> None:
    report = await examine(key_set(GOOD.jwk, {**GOOD.jwk, "kid": "enc", "use": "enc"}))
    assert report.ok


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.ConnectError("no route"), "no route"),
        (httpx.Response(404), "status 404"),
        (httpx.Response(302, headers={"Location": "https://evil.test/"}), "status 302"),
        (httpx.Response(200, content=b"<html>"), "not JSON"),
        (key_set(), "no usable key"),
    ],
    ids=str,
)
async def test_a_key_set_that_cannot_be_had(answer: httpx.Response | Exception, told: str) -> None:
    report = await examine(answer)
    assert told in advice(report)


@pytest.mark.parametrize(("seconds", "ok"), [(0, True), (5, True), (-6, True), (7, False), (-3600, False)])
async def test_the_clocks_are_compared_with_the_leeway(seconds: int, ok: bool) -> None:
    date = format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)
    report = await examine(key_set(GOOD.jwk, Date=date))
    assert (report.ok, report.clock_difference) == (ok, seconds)
    if not ok:
        assert "AUTH0_LEEWAY" in advice(report)


def at(seconds: int, form: str = "%a, %d %b %Y %H:%M:%S GMT") -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).strftime(form)


def answer(*fields: tuple[str, str]) -> httpx.Response:
    """A key set with just these header fields."""
    return httpx.Response(200, json={"keys": [GOOD.jwk]}, headers=list(fields))


@pytest.mark.parametrize(
    ("fields", "difference"),
    [
        # A cache answers, and says how long ago the issuer wrote it.
        ([("Date", at(-3600)), ("Age", "3600")], 0),
        ([("Date", at(-3600)), ("Age", "3594")], -6),
        ([("Date", at(0)), ("Age", "0")], 0),
        ([("Date", at(2)), ("Date", at(2))], 2),
        ([("Date", at(1, "%A, %d-%b-%y %H:%M:%S GMT"))], 1),
        ([("Date", at(1, "%a %b %e %H:%M:%S %Y"))], 1),
        ([("Date", at(1, "%a, %d %b %Y %H:%M:%S -0000"))], 1),
        ([("Date", at(1, "%a, %d %b %Y %H:%M:%S"))], 1),
        ([("Date", at(1 + 7200, "%a, %d %b %Y %H:%M:%S +0200"))], 1),
    ],
)
async def test_clocks_that_agree(fields: list[tuple[str, str]], difference: int) -> None:
    report = await examine(answer(*fields))
    assert (report.ok, report.clock_difference) == (True, difference)
    assert [finding.what for finding in report.findings if not finding.decided] == []


@pytest.mark.parametrize(
    ("fields", "difference"),
    [
        ([("Date", at(-3600)), ("Age", "60")], -3540),
        ([("Date", at(3600)), ("Age", "60")], 3660),
        ([("Date", at(-3600)), ("Age", "0")], -3600),
        ([("Date", at(-3600)), ("Date", at(-3600))], -3600),
        ([("Date", at(-3600, "%a %b %e %H:%M:%S %Y"))], -3600),
        ([("Date", at(3600, "%a, %d %b %Y %H:%M:%S -0000"))], 3600),
        ([("Date", "Fri, 31 Dec 9999 23:59:59 GMT")], 253402300799 - NOW),
    ],
)
async def test_clocks_that_differ_by_every_reading(fields: list[tuple[str, str]], difference: int) -> None:
    report = await examine(answer(*fields))
    assert report.clock_difference == difference
    assert f" {abs(difference)} s " in advice(report)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("Date", at(0)), ("Date", at(-3600))],
        [("Date", at(0)), ("Age", "10"), ("Age", "3600")],
        [("Date", at(-3600)), ("Age", "-3600")],
        [("Date", at(-3600)), ("Age", "soon")],
        [("Date", at(-3600)), ("Age", "99999999999999999999")],
        # By a cache that writes a Date of its own; or by an issuer that is an hour ahead.
        [("Date", at(0)), ("Age", "3600")],
        [("Date", at(-60)), ("Age", "3600")],
        [("Date", "Sun, 06 Nov 99999999999 08:49:37 GMT")],
        [("Date", "Sun, 06 Nov 1994 08:49:37 +99999999999999")],
        [("Date", "soon")],
    ],
    ids=str,
)
async def test_what_cannot_be_decided_is_told_and_no_failure(fields: list[tuple[str, str]]) -> None:
    report = await examine(answer(*fields))
    assert (report.ok, report.clock_difference) == (True, None)
    (undecided,) = [finding.what for finding in report.findings if not finding.decided]
    assert undecided.startswith("clock: not compared, since ")


async def test_a_slow_answer_is_not_the_clocks_fault() -> None:
    clock = ManualClock()

    async def handle(request: httpx.Request) -> httpx.Response:
        date = datetime.fromtimestamp(clock.now(), UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        await clock.advance(20)
        return httpx.Response(200, json={"keys": [GOOD.jwk]}, headers={"Date": date})

    async with http_client(httpx.MockTransport(handle)) as client:
        (report,) = await check(settings(leeway=0), KeySetFetcher(client, 5), clock)
    assert report.clock_difference == -10
    assert [finding.what for finding in report.findings if finding.what.startswith("clock") and finding.advice] == []


async def test_an_issuer_of_another_name_is_told() -> None:
    report = await examine(key_set(GOOD.jwk), name="https://login.tenant.test/")
    assert "https://login.tenant.test/" in advice(report)


async def test_what_is_not_published_is_not_a_problem() -> None:
    answer = key_set(GOOD.jwk)
    del answer.headers["Date"]
    report = await examine(answer, name=None)
    assert report.ok
    assert report.clock_difference is None


async def test_the_command(tmp_path: Path) -> None:
    async with local_issuer() as issuer, httpx.AsyncClient(trust_env=False) as http:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}
        told = await asyncio.to_thread(lambda: run("check", directory=tmp_path, **own))
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout.count("would verify") == 2
        told = await asyncio.to_thread(lambda: run("check", "--json", directory=tmp_path, **own))
        document = json.loads(told.stdout)
        assert document["ok"] is True
        assert [key["usable"] for key in document["issuers"][0]["keys"]] == [True, True]
        await http.post(f"{issuer.address}local/faults", json={"status": 500})
        told = await asyncio.to_thread(lambda: run("check", "--json", directory=tmp_path, **own))
        assert told.returncode == 1
        assert json.loads(told.stdout)["issuers"][0]["problems"][0]["advice"]


def test_nobody_answering_exits_1_and_wrong_settings_2(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    assert run("check", directory=tmp_path, AUTH0_DOMAIN=nobody, AUTH0_AUDIENCE="a").returncode == 1
    assert run("check", directory=tmp_path, AUTH0_DOMAIN=nobody).returncode == 2
