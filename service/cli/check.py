"""`check`: whether the settings would work, before anybody depends on it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from ..auth import SystemClock
from ..check import IssuerReport, check
from ..configuration import load
from ..fetch import KeySetFetcher, http_client
from ..plain_text import as_json, unbroken

if TYPE_CHECKING:
    import argparse

    from ..settings import Settings


def run(options: argparse.Namespace) -> int:
    settings = load()
    reports = asyncio.run(_check(settings))
    ok = all(report.ok for report in reports)
    if options.json:
        document = {"ok": ok, "audiences": settings.audiences, "issuers": [_as_json(report) for report in reports]}
        sys.stdout.write(f"{as_json(document)}\n")
    else:
        sys.stdout.write("\n".join(unbroken(line) for report in reports for line in _as_text(report)) + "\n")
        sys.stdout.write(unbroken(f"A token must name the audience {' or '.join(settings.audiences)}.") + "\n")
    return 0 if ok else 1


async def _check(settings: Settings) -> list[IssuerReport]:
    async with http_client(tls=any(issuer.startswith("https://") for issuer in settings.issuers)) as client:
        return await check(settings, KeySetFetcher(client, settings.jwks_timeout), SystemClock())


def _as_text(report: IssuerReport) -> list[str]:
    lines = [report.issuer]
    for finding in report.findings:
        mark = "FAIL" if finding.advice is not None else "ok  " if finding.decided else "?   "
        lines.append(f"  {mark}  {finding.what}")
        if finding.advice is not None:
            lines.append(f"        {finding.advice}")
    return lines


def _as_json(report: IssuerReport) -> dict[str, Any]:
    return {
        "issuer": report.issuer,
        "ok": report.ok,
        "milliseconds": report.milliseconds,
        "cache_control": report.cache_control,
        "clock_difference": report.clock_difference,
        "keys": [
            {
                "kid": key.kid,
                "algorithms": key.algorithms,
                "bits": key.bits,
                "usable": key.problem is None,
                "problem": key.problem,
            }
            for key in report.keys
        ],
        "problems": [
            {"problem": finding.what, "advice": finding.advice} for finding in report.findings if finding.advice
        ],
        "undecided": [finding.what for finding in report.findings if not finding.decided],
    }
