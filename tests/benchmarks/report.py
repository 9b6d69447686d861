"""The results, for people and for programs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from .rows import COMPARISONS, PLAIN, Row

if TYPE_CHECKING:
    from .wrk import Measurement


BUSY = 0.9
"""Share of the core that a server under this load takes when it has the core to itself."""


@dataclass
class Results:
    """What was measured: the rounds of each row, the loops that were seen running, and why a row has no rounds."""

    rounds: dict[Row, list[Measurement]] = field(default_factory=dict)
    event_loops: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def rates(self) -> dict[str, float]:
        """The median of each row's rounds, by the row's name, in requests per second."""
        return {row.name: median(one.rate for one in rounds) for row, rounds in self.rounds.items() if rounds}

    def cpu(self) -> dict[str, float]:
        """The median of each row's CPU time for a request, by the row's name, in microseconds."""
        return {row.name: median(one.cpu for one in rounds) for row, rounds in self.rounds.items() if rounds}

    def failures(self) -> list[str]:
        """Say which rows had errors; numbers of wrong answers are worth nothing."""
        return [
            f"{row.name}, round {number}: {one.errors}"
            for row, rounds in self.rounds.items()
            for number, one in enumerate(rounds, 1)
            if one.errors
        ]


def table(results: Results) -> str:
    rates = results.rates()
    plain = rates.get(PLAIN)
    lines = [("", "requests/s", "lowest", "highest", "of plain", "p50 ms", "p99 ms", "CPU µs", "errors")]
    for row, rounds in results.rounds.items():
        every = [one.rate for one in rounds]
        lines.append(
            (
                row.title,
                f"{median(every):,.0f}",
                f"{min(every):,.0f}",
                f"{max(every):,.0f}",
                f"{rates[row.name] / plain:.2f}" if plain else "",
                f"{median(one.p50 for one in rounds):.1f}",
                f"{median(one.p99 for one in rounds):.1f}",
                f"{median(one.cpu for one in rounds):.0f}",
                f"{sum(sum(one.errors.values()) for one in rounds):,}",
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) for line in lines]
    text += [
        "",
        *(
            f"{one['ratio']:.2f}  {'CPU of ' if one['cpu'] else ''}{one['row']} of {one['of']} ({one['target']})"
            for one in _ratios(results)
        ),
    ]
    text += [f"event loop of {server}: {loop}" for server, loop in results.event_loops.items()]
    text += [
        f"{row.name} had {share:.0%} of its core, something else ran there: go by the CPU time of a request"
        for row, rounds in results.rounds.items()
        if (share := median(one.share for one in rounds)) < BUSY
    ]
    text += [f"SKIPPED {server}: {reason}" for server, reason in results.skipped.items()]
    return "\n".join(text)


def as_json(results: Results, about: dict[str, Any]) -> dict[str, Any]:
    """Everything that was measured, with `about`: how, and on what."""
    rates = results.rates()
    plain = rates.get(PLAIN)
    return {
        **about,
        "rows": [
            {
                "name": row.name,
                "title": row.title,
                "server": row.server.name,
                "packages": row.server.packages,
                "tokens": row.tokens,
                "path": row.path,
                "idle_connections": row.idle,
                "requests_per_second": rates[row.name],
                "of_plain": rates[row.name] / plain if plain else None,
                "rounds": [dataclasses.asdict(one) for one in rounds],
            }
            for row, rounds in results.rounds.items()
        ],
        "comparisons": _ratios(results),
        "event_loops": results.event_loops,
        "skipped": results.skipped,
    }


def _ratios(results: Results) -> list[dict[str, Any]]:
    measured = {False: results.rates(), True: results.cpu()}
    return [
        {**dataclasses.asdict(one), "ratio": values[one.row] / values[one.of]}
        for one in COMPARISONS
        if one.row in (values := measured[one.cpu]) and one.of in values
    ]
