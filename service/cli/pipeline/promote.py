"""`pipeline promote`: what has passed in staging, rolled out to production: the same image, by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ...aws.build import FROM_BUILD, IMAGE, what_runs
from ...aws.builds import last_builds, start
from ...aws.errors import AwsFailed
from ...aws.stacks import get_stack
from ..output import note
from ..terminal import open_terminal
from .asking import agreed, check_that_it_can_ask
from .build_progress import running_builds_checked, started
from .documents import write
from .words import cell, moment, named

if TYPE_CHECKING:
    import argparse

    from ...aws.session import Aws


def run(options: argparse.Namespace, aws: Aws) -> int:
    check_that_it_can_ask(options)
    stack = get_stack(aws, options.stack)
    if "StagingProject" not in stack.outputs:
        raise AwsFailed(f"The stack {stack.name} has no staging: `pipeline up --parameter Staging=yes` gives it one.")
    staging = what_runs(last_builds(aws, stack.output("StagingProject")))
    if staging is None:
        raise AwsFailed("Nothing runs in staging, as far as the last builds tell, so there is nothing to promote.")
    if not staging.build.succeeded:
        raise AwsFailed(
            f"What runs in staging has not passed there: {named(staging.build)} ended as {staging.build.status}, and "
            "`pipeline logs --project staging` says why."
        )
    project = stack.output("DeployProject")
    production = what_runs(running_builds_checked(options, aws, project))
    terminal = open_terminal(quiet=options.json)
    if production is not None and production.image == staging.image:
        terminal.print(cell(f"Production runs what staging runs: {staging.commit}", "bold green"))
        write(options, {"promoted": False, "commit": staging.commit, "image": staging.image})
        return 0
    now = "nothing, as far as the last builds tell" if production is None else production.commit
    terminal.print(Text.assemble(("Production: ", "bold"), cell(now)))
    terminal.print(Text.assemble(("Staging:    ", "bold"), cell(f"{staging.commit} ({moment(staging.build.ended)})")))
    terminal.print(Text.assemble("            ", cell(staging.build.exported[IMAGE])))
    if not agreed(options, "Roll it out to production?"):
        note("Nothing was changed.")
        return 1
    return started(options, aws, start(aws, project, variables={FROM_BUILD: staging.build.id}))
