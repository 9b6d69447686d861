"""`pipeline build`: a build of the deploy project, followed to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...aws.builds import start
from ...aws.stacks import get_stack
from .build_progress import running_builds_checked, started

if TYPE_CHECKING:
    import argparse

    from ...aws.session import Aws


def run(options: argparse.Namespace, aws: Aws) -> int:
    project = get_stack(aws, options.stack).output("DeployProject")
    running_builds_checked(options, aws, project)
    return started(options, aws, start(aws, project, options.branch or options.commit))
