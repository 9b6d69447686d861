"""What each check of a token came to, in words for a person: one telling, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .errors import CHECKS, Check

if TYPE_CHECKING:
    from .errors import InvalidToken

_PASSED: dict[Check, str] = {
    "form": "Three parts of canonical base64url; header and payload are JSON with the members they need.",
    "signature": "Made with a key that the token's issuer publishes.",
    "issuer": "Issued by somebody who is trusted here.",
    "audience": "Issued for this API.",
    "time": "Valid now.",
    "permissions": "The claims that grant permissions are well formed.",
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check. `code` is that of the refusal, where there is one."""

    name: Check
    outcome: Literal["passed", "failed", "not_checked"]
    code: str | None
    detail: str


def check_results(failure: InvalidToken | None) -> list[CheckResult]:
    """Return a result for each of `CHECKS`: after the first that failed, the rest is not checked.

    `failure` is what the token was refused with, `None` where it was accepted.
    """
    failed_at = len(CHECKS) if failure is None else CHECKS.index(failure.check)
    results = []
    for position, name in enumerate(CHECKS):
        if position < failed_at:
            results.append(CheckResult(name, "passed", None, _PASSED[name]))
        elif position == failed_at and failure is not None:
            results.append(CheckResult(name, "failed", failure.code, failure.detail))
        else:
            results.append(CheckResult(name, "not_checked", None, "Not checked, since an earlier check failed."))
    return results
