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

    from ...aws.build import Build, Deployed
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
    build, deploy = _builds(aws, stack, "BuildProject"), _builds(aws, stack, "DeployProject")
    staging, check = _builds(aws, stack, "StagingProject"), _builds(aws, stack, "CheckProject")
    has_staging = "StagingProject" in stack.outputs
    if has_staging:
        _show_deployments(terminal, "Staging", staging, aws.now())
    _show_deployments(terminal, "Deployed", deploy, aws.now())
    if has_staging:
        _show_difference(terminal, what_runs(staging), what_runs(deploy))
    seconds = _rollback_seconds(deploy, aws.now())
    if seconds is not None:
        terminal.print(cell(f"A rollback takes about {duration(seconds)}, as the last deployments did.", "dim"))
    shown = [("Builds", build), ("Deployments to production", deploy), ("Builds that check pull requests", check)]
    if has_staging:
        shown.insert(1, ("Deployments to staging", staging))
    for title, builds in shown:
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
        "staging_deployed": deployed_document(what_runs(staging)),
        "rollback_seconds": seconds,
        "rolling": [build_document(one, aws.now()) for one in what_is_rolling([*staging, *deploy])],
        "build": [build_document(one, aws.now()) for one in build[:_LISTED]],
        "staging": [build_document(one, aws.now()) for one in staging[:_LISTED]],
        "deploy": [build_document(one, aws.now()) for one in deploy[:_LISTED]],
        "check": [build_document(one, aws.now()) for one in check[:_LISTED]],
    }
    write(options, document)
    return 0 if state.kind in ("ready", "moving") else 1


def _builds(aws: Aws, stack: Stack, output: str) -> list[Build]:
    # A stack that is being created has no projects yet.
    return last_builds(aws, stack.outputs[output]) if output in stack.outputs else []


def _rollback_seconds(deployments: Sequence[Build], now: float) -> int | None:
    """Return what the last deployments took, of which a rollback is one: the middle of them."""
    took = sorted([build.seconds(now) for build in deployments if build.succeeded and build.deployed][:_LISTED])
    return took[len(took) // 2] if took else None


def _show_difference(terminal: Console, staging: Deployed | None, production: Deployed | None) -> None:
    if staging is None:
        return
    if production is not None and production.image == staging.image:
        terminal.print("Both run the same image.")
        return
    what = "" if production is None else f": `git log {production.commit[:12]}..{staging.commit[:12]}` tells of what"
    how = "`pipeline promote` takes it on" if staging.build.succeeded else "it has not passed there"
    terminal.print(cell(f"Staging is ahead of production{what}; {how}.", "yellow"))


def _show_deployments(terminal: Console, title: str, builds: Sequence[Build], now: float) -> None:
    deployed = what_runs(builds)
    title = f"{title}: ".ljust(10)
    if deployed is None:
        terminal.print(Text(f"{title}nothing, as far as the last builds tell.", "bold"))
    else:
        when = f"{named(deployed.build)}, {moment(deployed.build.ended)}"
        if not deployed.build.succeeded:
            when += f"; {deployed.build.status}: callers may not reach it"
        terminal.print(Text.assemble((title, "bold"), cell(f"{deployed.commit} ({when})")))
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
