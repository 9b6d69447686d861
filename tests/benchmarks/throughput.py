"""Requests per second, ours beside plain Quart's and beside its peers', on one core:

    uv run -m tests.benchmarks.throughput --json throughput.json

which takes under four minutes, and with `--quick` one, with fewer rows and without the precision. It needs two cores and wrk. Peers whose runtime is there are installed into the temp directory and kept there. Exit
status 0 after a good run, 1 when a server misbehaved or wrk counted errors, 2 when something that it needs is missing.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import machine
from .process import Broken
from .report import as_json, table
from .rows import QUICK, ROWS, Row
from .run import Options, run
from .tokens import CACHE_SIZE
from .wrk import CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> int:
    arguments = _parser().parse_args()
    # As Ctrl-C does it: through every `finally` on the way, where the servers are stopped.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    quick = arguments.quick
    options = Options(
        arguments.rounds or (2 if quick else 3), arguments.seconds or (2 if quick else 3),
        arguments.tokens or (2 if quick else 6) * CACHE_SIZE,
    )  # fmt: skip
    only = arguments.only or (QUICK if quick else None)
    try:
        machine.require_programs()
        machine.allow_open_files()
        cores = machine.choose_cores()
        with tempfile.TemporaryDirectory(prefix="throughput-run-") as directory:
            results = run(_chosen(only), options, cores, Path(directory))
    except machine.Unmet as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Broken as error:
        sys.stderr.write(f"BROKEN: {error}\n")
        return 1
    sys.stdout.write(f"{table(results)}\n")
    if arguments.json is not None:
        document = as_json(results, _about(options, cores))
        arguments.json.write_text(json.dumps(document, indent=2) + "\n")
    failures = results.failures()
    for failure in failures:
        sys.stderr.write(f"ERRORS: {failure}\n")
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.throughput", description="Compare throughput, one core for each server."
    )
    parser.add_argument("--rounds", type=_at_least(1), help="how often each row is measured (default 3)")
    parser.add_argument("--seconds", type=_at_least(1), help="how long each time (default 3)")
    parser.add_argument("--quick", action="store_true", help="the most important rows alone, for a minute")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the results there, too")
    parser.add_argument("--only", nargs="+", choices=[row.name for row in ROWS], metavar="ROW", help="a few rows alone")
    parser.add_argument(
        "--tokens",
        # Sent in order again and again: whoever remembers half of them has always just forgotten the next one.
        type=_at_least(2 * CACHE_SIZE),
        help=f"how many different tokens are signed for cold (default {6 * CACHE_SIZE})",
    )
    return parser


def _at_least(least: int) -> Any:
    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return int(text)

    return number


def _chosen(names: Sequence[str] | None) -> list[Row]:
    return [row for row in ROWS if names is None or row.name in names]


def _about(options: Options, cores: machine.Cores) -> dict[str, Any]:
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "processor": machine.processor(),
        "cores": {"server": cores.server, "wrk": cores.client},
        "load": {"threads": 1, "connections": CONNECTIONS, "rounds": options.rounds, "seconds": options.seconds},
        "different_tokens": options.different_tokens,
        "versions": machine.versions(),
    }


if __name__ == "__main__":
    sys.exit(main())
