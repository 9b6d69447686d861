"""`pipeline status`: what AWS knows at this moment. Nothing is kept here, so nothing can be outdated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from ...aws.build import what_is_rolling, what_runs
from ...aws.builds import last_builds
from ...aws.events import last_operation
from ...aws.stacks import get_stack
from ...aws.states import state_of
from ..terminal import open_terminal
from .documents import build_document, deployed_document, failure_documents, write
from .stack_progress import show_failures
from .words import cell, duration, moment, named, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rich.console import Console

    from ...aws.build import Build
    from ...aws.session import Aws
    from ...aws.stacks import Stack

# Builds of a project that are listed.
_LISTED = 5

_STYLES = {"SUCCEEDED": "green", "IN_PROGRESS": "cyan", "STOPPED": "yellow"}


def run(options: argparse.Namespace, aws: Aws) -> int:
    stack = get_stack(aws, options.stack)
    state = state_of(stack.status, stack.name)
    terminal = open_terminal(quiet=options.json)
    style = "bold green" if state.kind == "ready" else "bold yellow" if state.kind == "moving" else "bold red"
    terminal.print(
        Text.assemble(
            cell(f"Stack {stack.name} in {aws.region}: "),
            cell(stack.status, style),
            cell(f". {state.meaning} {state.advice}".rstrip()),
        )
    )
    failures = []
    if "FAILED" in stack.status or "ROLLBACK" in stack.status:
        failures = show_failures(terminal, last_operation(aws, stack.id))
    deploy, check = _builds(aws, stack, "DeployProject"), _builds(aws, stack, "CheckProject")
    _show_deployments(terminal, deploy, aws.now())
    for title, builds in (("Builds that deploy", deploy), ("Builds that check pull requests", check)):
        _show_builds(terminal, title, builds, aws.now())
    document: dict[str, Any] = {
        "stack": stack.name,
        "region": aws.region,
        "status": stack.status,
        "state": state.kind,
        "meaning": state.meaning,
        "advice": state.advice or None,
        "failures": failure_documents(failures),
        "deployed": deployed_document(what_runs(deploy)),
        "rolling": [build_document(build, aws.now()) for build in what_is_rolling(deploy)],
        "deploy": [build_document(build, aws.now()) for build in deploy[:_LISTED]],
        "check": [build_document(build, aws.now()) for build in check[:_LISTED]],
    }
    write(options, document)
    return 0 if state.kind in ("ready", "moving") else 1


def _builds(aws: Aws, stack: Stack, output: str) -> list[Build]:
    # A stack that is being created has no projects yet.
    return last_builds(aws, stack.outputs[output]) if output in stack.outputs else []


def _show_deployments(terminal: Console, builds: Sequence[Build], now: float) -> None:
    deployed = what_runs(builds)
    if deployed is None:
        terminal.print(Text("Deployed: nothing, as far as the last builds tell.", "bold"))
    else:
        when = f"{named(deployed.build)}, {moment(deployed.build.ended)}"
        terminal.print(Text.assemble(("Deployed: ", "bold"), cell(f"{deployed.commit} ({when})")))
        terminal.print(cell(f"          {deployed.image}", "dim"))
    for build in what_is_rolling(builds):
        so_far = f"phase {build.current_phase}, for {duration(build.seconds(now))}"
        what = f"{build.commit or build.source_version} ({named(build)}, {so_far})"
        terminal.print(Text.assemble(("Rolling:  ", "bold cyan"), cell(what)))


def _show_builds(terminal: Console, title: str, builds: Sequence[Build], now: float) -> None:
    terminal.print()
    terminal.print(Text(title if builds else f"{title}: none yet", "bold"))
    if not builds:
        return
    rows = table("number", "commit", "started by", "status", "phase", "took", "when")
    for build in builds[:_LISTED]:
        failure = build.failure
        rows.add_row(
            str(build.number),
            cell((build.commit or build.source_version)[:12]),
            cell(build.started_by),
            cell(build.status, _STYLES.get(build.status, "red")),
            cell(build.current_phase if failure is None else failure.name),
            duration(build.seconds(now)),
            moment(build.started),
        )
    terminal.print(rows, soft_wrap=False)
