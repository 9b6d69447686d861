"""`pipeline rollback`: an image that this pipeline built before, deployed once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ...aws.build import ROLLBACK_COMMIT, ROLLBACK_IMAGE, what_runs
from ...aws.builds import last_builds, pages_of_builds, start
from ...aws.images import choose, images_in, images_made
from ...aws.stacks import get_stack
from ..output import note
from ..terminal import open_terminal
from .asking import agreed, check_that_it_can_ask
from .build_progress import refuse_while_running, started
from .documents import image_document, write
from .words import cell, moment, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rich.console import Console

    from ...aws.build import Deployed
    from ...aws.images import Image
    from ...aws.session import Aws


def run(options: argparse.Namespace, aws: Aws) -> int:
    if options.image is not None:
        check_that_it_can_ask(options)
    stack = get_stack(aws, options.stack)
    project = stack.output("DeployProject" if options.environment == "production" else "StagingProject")
    uri = stack.output("ImageRepositoryUri")
    pushed = images_in(aws, stack.output("ImageRepository"))
    images = images_made(pushed, uri, pages_of_builds(aws, stack.output("BuildProject")))
    builds = last_builds(aws, project)
    image = None if options.image is None else choose(images, options.image)
    deployed = what_runs(builds)
    terminal = open_terminal(quiet=options.json)
    if image is None:
        _list(options, terminal, images, deployed)
        return 0
    refuse_while_running(options, builds)
    _compare(terminal, image, deployed)
    if not agreed(options, "Deploy it?"):
        note("Nothing was changed.")
        return 1
    variables = {ROLLBACK_IMAGE: f"{uri}@{image.digest}", ROLLBACK_COMMIT: image.commit}
    return started(options, aws, start(aws, project, variables=variables))


def _list(options: argparse.Namespace, terminal: Console, images: Sequence[Image], deployed: Deployed | None) -> None:
    write(options, {"images": [image_document(image, deployed=_runs(image, deployed)) for image in images]})
    rows = table("commit", "pushed", "digest", "")
    for image in images:
        runs = _runs(image, deployed)
        # A digest is copied whole or not at all.
        rows.add_row(cell(image.commit, "bold"), moment(image.pushed), cell(image.digest), Text("runs" * runs, "green"))
    if images:
        terminal.print(rows, soft_wrap=False)
    else:
        terminal.print("There is no image of this pipeline yet.")


def _compare(terminal: Console, image: Image, deployed: Deployed | None) -> None:
    now = "unknown: no build says that it deployed" if deployed is None else f"{deployed.commit} ({deployed.image})"
    terminal.print(Text.assemble(("Runs now:  ", "bold"), cell(now)))
    terminal.print(Text.assemble(("Would run: ", "bold"), cell(f"{image.commit} (pushed {moment(image.pushed)})")))
    terminal.print(Text.assemble("           ", cell(image.digest)))
    if _runs(image, deployed):
        terminal.print(Text("That is what the last build deployed.", "yellow"))
    terminal.print("The next deployment puts something newer over it.")


def _runs(image: Image, deployed: Deployed | None) -> bool:
    return deployed is not None and deployed.image.endswith(f"@{image.digest}")
