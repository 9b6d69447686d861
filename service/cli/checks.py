"""Whether the settings would work, seen with the very code that the service runs with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..auth import FetchFailed, KeySet, key_set_url, strict_json
from ..http_date import parse_age, parse_date

if TYPE_CHECKING:
    import httpx

    from ..auth import Clock
    from ..auth.keyset import KeyInfo
    from ..key_set_client import KeySetFetcher
    from ..settings import Settings

# Date and Age tell whole seconds.
_RESOLUTION = 1.0


@dataclass
class Finding:
    """One thing that was looked at. `advice` stands where it would fail; what is not `decided` does not count."""

    what: str
    advice: str | None = None
    decided: bool = True


@dataclass
class IssuerReport:
    """What was found of one issuer. `milliseconds` is for the whole fetch; `clock_difference` is in seconds, positive
    where the issuer's clock is ahead; `None` stands for unknown."""

    issuer: str
    milliseconds: float | None = None
    cache_control: str | None = None
    clock_difference: float | None = None
    keys: list[KeyInfo] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(finding.advice is None for finding in self.findings)


async def check(settings: Settings, fetch: KeySetFetcher, clock: Clock) -> list[IssuerReport]:
    """Look at every issuer of the settings, side by side."""
    return await asyncio.gather(*(_check_issuer(issuer, settings, fetch, clock) for issuer in settings.issuers))


async def _check_issuer(issuer: str, settings: Settings, fetch: KeySetFetcher, clock: Clock) -> IssuerReport:
    report = IssuerReport(issuer)
    sent, began = clock.now(), clock.monotonic()
    try:
        headers, body = await fetch.fetch(key_set_url(issuer))
    except FetchFailed as error:
        advice = "Compare AUTH0_DOMAIN with the domain in Auth0's dashboard, and see that this machine can reach it."
        report.findings.append(Finding(f"key set: {error}", advice))
        return report
    took = clock.monotonic() - began
    try:
        keys = KeySet.from_jwks(strict_json.loads_object(body), settings.algorithms)
    except ValueError as error:
        report.findings.append(Finding(f"key set: {error}", "This is not Auth0 answering. Is AUTH0_DOMAIN right?"))
        return report
    report.milliseconds = round(took * 1000, 1)
    report.cache_control = headers.get("Cache-Control")
    report.keys = list(keys.members)
    kept = f", Cache-Control: {report.cache_control}" if report.cache_control else ""
    report.findings.append(Finding(f"key set: fetched in {report.milliseconds} ms{kept}"))
    report.findings += [_judge_key(key, settings) for key in keys.members]
    if not keys:
        report.findings.append(Finding("key set: it holds no usable key", "No token can be verified. See above."))
    report.findings += [_judge_clock(report, headers, sent, took, settings.leeway), await _judge_name(issuer, fetch)]
    return report


def _judge_key(key: KeyInfo, settings: Settings) -> Finding:
    name = f"key {key.kid or 'without kid'}"
    if key.problem is None:
        return Finding(f"{name}: {' '.join(key.algorithms)}, {key.bits} bits, would verify")
    if key.other_purpose:
        return Finding(f"{name}: {key.problem}, so it is left out")
    # The next key is in the set before it signs: what is wrong with it now will be an outage at the rotation.
    advice = (
        f"Tokens that it signs will be refused. AUTH0_ALGORITHMS is {','.join(settings.algorithms)}; "
        "set the signing algorithm of the API in Auth0's dashboard, or the setting, to fit."
    )
    return Finding(f"{name}: {key.problem}", advice)


def _judge_clock(report: IssuerReport, headers: httpx.Headers, sent: float, took: float, leeway: float) -> Finding:
    """Compare the clocks, as far as the answer tells the issuer's. It was written between `sent`, by this machine's
    clock, and `took` seconds later."""
    here = sent + took / 2
    try:
        written, age = _written(headers, here)
    except ValueError as error:
        return Finding(f"clock: not compared, since {error}", decided=False)
    # RFC 9111 section 4.2.3: a cache keeps the issuer's Date, and says how long ago that was.
    difference = written + age - here
    tolerance = leeway + took / 2 + _RESOLUTION * (2 if age else 1)
    if age and difference > tolerance and written - here <= tolerance:
        # Some caches write a Date of their own, and leave the Age.
        why = f"a cache answered, and its Age of {age} s does not go with its Date"
        return Finding(f"clock: not compared, since {why}", decided=False)
    report.clock_difference = round(difference, 1)
    seconds = f"{abs(difference):.1f}".removesuffix(".0")
    what = f"clock: the issuer's is {seconds} s {'ahead' if difference > 0 else 'behind'}"
    if abs(difference) <= tolerance:
        return Finding(what)
    advice = f"More than AUTH0_LEEWAY ({leeway:g} s): tokens will be refused. Set this machine's clock by NTP."
    return Finding(what, advice)


def _written(headers: httpx.Headers, now: float) -> tuple[float, int]:
    """Return when the answer was written, in seconds since the epoch, and its age in seconds. Raises ValueError."""
    dates = {parse_date(date, now) for date in headers.get_list("Date")}
    ages = {parse_age(age) for age in headers.get_list("Age")}
    if not dates:
        raise ValueError("the issuer does not tell its time")
    if len(dates) > 1 or len(ages) > 1:
        raise ValueError("the answer has several times in its Date or Age")
    return dates.pop(), ages.pop() if ages else 0


async def _judge_name(issuer: str, fetch: KeySetFetcher) -> Finding:
    """Compare the issuer with what it calls itself. The service never asks; here it finds a mistyped domain."""
    try:
        _, body = await fetch.fetch(f"{issuer}.well-known/openid-configuration")
        name = strict_json.loads_object(body).get("issuer")
    except (FetchFailed, ValueError):
        name = None
    if name is None:
        return Finding("issuer: it does not publish its name", decided=False)
    if name == issuer:
        return Finding("issuer: it calls itself so too")
    advice = "A token's iss is compared exactly. Set AUTH0_DOMAIN to the domain that tokens are got through."
    return Finding(f"issuer: it calls itself {name}", advice)
