"""`pipeline build`: a build of the project that builds, followed to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...aws.build import AUDIT_OVERRIDE
from ...aws.builds import start
from ...aws.stacks import get_stack
from ..terminal import open_terminal
from .build_progress import running_builds_checked, started

if TYPE_CHECKING:
    import argparse

    from ...aws.session import Aws


def run(options: argparse.Namespace, aws: Aws) -> int:
    stack = get_stack(aws, options.stack)
    project = stack.output("BuildProject")
    running_builds_checked(options, aws, project)
    # It stays on record with the build.
    variables = None if options.override_audit is None else {AUDIT_OVERRIDE: options.override_audit}
    status = started(options, aws, start(aws, project, options.branch or options.commit, variables))
    if not options.no_follow:
        environment = "staging" if "StagingProject" in stack.outputs else "deploy"
        open_terminal(quiet=options.json).print(
            f"What it built is rolled out next: `pipeline logs --project {environment} --follow` shows it."
        )
    return status
