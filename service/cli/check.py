"""`check`: whether the settings would work, before anybody depends on it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from ..auth import SystemClock
from ..key_set_client import KeySetFetcher, http_client
from ..plain_text import as_json, unbroken
from ..settings.sources import load
from .checks import IssuerReport, check

if TYPE_CHECKING:
    import argparse

    from ..settings import Settings


def run(options: argparse.Namespace) -> int:
    settings = load()
    reports = asyncio.run(_check(settings))
    problem = _locked_out(settings)
    ok = all(report.ok for report in reports) and problem is None
    if options.json:
        document = {
            "ok": ok,
            "audiences": settings.audiences,
            "clients": settings.clients,
            "organizations": settings.organizations,
            "anonymous": settings.anonymous,
            "problems": [problem] if problem else [],
            "issuers": [_as_json(report) for report in reports],
        }
        sys.stdout.write(f"{as_json(document)}\n")
    else:
        sys.stdout.write("\n".join(unbroken(line) for report in reports for line in _as_text(report)) + "\n")
        lines = _who_may_call(settings) + ([f"FAIL  {problem}"] if problem else [])
        sys.stdout.write("\n".join(map(unbroken, lines)) + "\n")
    return 0 if ok else 1


def _locked_out(settings: Settings) -> str | None:
    """Say which of the service's own clients AUTH0_CLIENTS refuses, if it does."""
    own = {"AUTH0_CLIENT_ID": settings.client_id, "AUTH0_M2M_CLIENT_ID": settings.m2m_client_id}
    names = [name for name, client in own.items() if client and settings.clients and client not in settings.clients]
    if not names:
        return None
    return f"AUTH0_CLIENTS lacks the client of {' and of '.join(names)}: its tokens will be refused. Add it."


def _who_may_call(settings: Settings) -> list[str]:
    lines = [f"A token must name the audience {' or '.join(settings.audiences)}."]
    if settings.clients:
        lines.append(f"It must be a token of the client {' or '.join(settings.clients)}.")
    if settings.organizations:
        lines.append(f"It must be for the organization {' or '.join(settings.organizations)}.")
    lines.append(f"Anonymous visitors are {'accepted' if settings.anonymous == 'allow' else 'refused'}.")
    return lines


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
