"""A build as it goes on, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ...aws.build import Build, Phase
from ...aws.build_log import Line, follow_build
from ...aws.builds import last_builds
from ...aws.errors import AwsFailed
from ..terminal import open_terminal
from .asking import goes_on
from .documents import build_document, write
from .words import cell, duration, named, sentence

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ...aws.session import Aws


def refuse_while_running(options: argparse.Namespace, builds: Sequence[Build]) -> None:
    """Raise AwsFailed when one of the builds is running, unless another one is wanted anyway."""
    running = next((build for build in builds if build.running), None)
    if running is not None and not options.anyway:
        raise AwsFailed(
            f"{sentence(named(running))} is already running (phase {running.current_phase}): "
            f"`pipeline logs {running.number} --follow` shows it; --anyway starts another one."
        )


def running_builds_checked(options: argparse.Namespace, aws: Aws, project: str) -> list[Build]:
    """Return the project's last builds. Raises AwsFailed as `refuse_while_running` does."""
    builds = last_builds(aws, project)
    refuse_while_running(options, builds)
    return builds


def started(options: argparse.Namespace, aws: Aws, build: Build) -> int:
    """Tell of a build that was started, and follow it unless that is not wanted."""
    if not options.no_follow:
        build, _ = follow(options, aws, build)
        write(options, build_document(build, aws.now()))
        return tell_the_end(options, aws, build)
    write(options, build_document(build, aws.now()))
    terminal = open_terminal(quiet=options.json)
    terminal.print(f"Started {named(build)}: `pipeline logs {build.number} --follow` shows it.")
    return 0


def follow(options: argparse.Namespace, aws: Aws, build: Build) -> tuple[Build, list[Line]]:
    """Show a build until it has ended. Return it as it is then, and what it printed."""
    terminal = open_terminal(quiet=options.json)
    terminal.print(Text(f"Following {named(build)}.", "bold"))
    remark = (
        f"{sentence(named(build))} goes on at AWS: `pipeline logs {build.number} --follow` shows it, and "
        "`pipeline status` tells how far it is."
    )
    lines = []
    with goes_on(remark), terminal.status("") as progress:
        for seen in follow_build(aws, build):
            match seen:
                case Phase():
                    terminal.print(cell(f"== {seen.name}", "bold cyan"))
                    progress.update(cell(f"{seen.name} …"))
                case Build():
                    build = seen
                case Line():
                    lines.append(seen)
                    terminal.print(Text(seen.text))
    return build, lines


def tell_the_end(options: argparse.Namespace, aws: Aws, build: Build) -> int:
    """Tell how a build ended. Raises AwsFailed when it failed, or did not go back where it was to."""
    terminal = open_terminal(quiet=options.json)
    if not build.succeeded:
        raise AwsFailed(how_it_failed(build))
    ending = f"{sentence(named(build))} succeeded in {duration(build.seconds(aws.now()))}."
    if build.overtaken:
        ending = f"{ending} It deployed nothing: something newer runs there."
        # A push that was overtaken has done its part; whoever goes back wants to be there.
        if build.rollback:
            raise AwsFailed(ending)
        terminal.print(cell(ending, "bold yellow"))
        return 0
    deployed = f" It deployed {build.exported['IMAGE']}" if build.deployed else ""
    terminal.print(cell(f"{ending}{deployed}", "bold green"))
    return 0


def how_it_failed(build: Build) -> str:
    """Return the phase that a build failed in, and what it says."""
    failure = build.failure
    where = "" if failure is None else f" in phase {failure.name}"
    why = "" if failure is None or not failure.messages else f": {'; '.join(failure.messages)}"
    return f"{sentence(named(build))} ended as {build.status}{where}{why}"
