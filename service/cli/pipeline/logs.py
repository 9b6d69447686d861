"""`pipeline logs`: what a build printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...aws.build_log import BuildLog
from ...aws.builds import find_build, last_builds
from ...aws.errors import AwsFailed
from ...aws.stacks import get_stack
from ..terminal import open_terminal
from .build_progress import follow, how_it_failed, tell_the_end
from .documents import log_document, write
from .words import named, sentence

if TYPE_CHECKING:
    import argparse

    from ...aws.build import Build
    from ...aws.session import Aws


def run(options: argparse.Namespace, aws: Aws) -> int:
    project = get_stack(aws, options.stack).output(f"{options.project.capitalize()}Project")
    build = _last(aws, project) if options.build is None else find_build(aws, project, options.build)
    if options.follow:
        build, printed = follow(options, aws, build)
        write(options, log_document(build, printed, aws.now()))
        return tell_the_end(options, aws, build)
    terminal = open_terminal(quiet=options.json)
    lines = []
    for line in BuildLog(aws).new(build.log):
        terminal.out(line.text, highlight=False)
        lines.append(line)
    write(options, log_document(build, lines, aws.now()))
    if build.log is None:
        ended = "It is running, and has printed nothing yet." if build.running else f"{how_it_failed(build)}."
        raise AwsFailed(f"{sentence(named(build))} has no log. {ended}")
    return 0


def _last(aws: Aws, project: str) -> Build:
    builds = last_builds(aws, project)
    if not builds:
        raise AwsFailed(f"{project} has not built anything yet.")
    return builds[0]
