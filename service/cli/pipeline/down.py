"""`pipeline down`: the stack deleted, and images kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from ...aws.errors import AwsFailed
from ...aws.retained import kept_by
from ...aws.stacks import find_stack, resources_of
from ...aws.states import state_of
from .. import WrongUsage
from ..output import note
from ..terminal import open_terminal
from .asking import typed
from .deletion import delete
from .documents import write
from .words import cell, table

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from ...aws.session import Aws
    from ...aws.stacks import Resource, Stack


def run(options: argparse.Namespace, aws: Aws) -> int:
    _check_options(options)
    terminal = open_terminal(quiet=options.json)
    stack = find_stack(aws, options.stack)
    document: dict[str, Any] = {"stack": options.stack, "region": aws.region}
    if stack is None:
        terminal.print(cell(f"There is no stack {options.stack} in {aws.region}, so there is nothing to delete."))
        write(options, {**document, "changed": False, "deleted": [], "kept": []})
        return 0
    if stack.status == "DELETE_IN_PROGRESS":
        terminal.print(cell(f"The stack {stack.name} is being deleted already."))
        deleted: list[Resource] = []
        kept: list[Resource] = []
    else:
        _check_state(stack)
        keeping = kept_by(aws, stack)
        resources = resources_of(aws, stack)
        kept = [resource for resource in resources if resource.logical_id in keeping]
        deleted = [resource for resource in resources if resource.logical_id not in keeping]
        _show(terminal, stack, deleted, kept)
        if options.confirm is None and typed(f"Type {stack.name} to delete it: ") != stack.name:
            note("Nothing was deleted.")
            return 1
    delete(terminal, aws, stack)
    terminal.print(cell(f"{stack.name} is gone.", "bold green"))
    names = {"deleted": [part.logical_id for part in deleted], "kept": [part.name for part in kept]}
    write(options, {**document, "changed": True, **names})
    return 0


def _check_options(options: argparse.Namespace) -> None:
    if options.confirm is not None and options.confirm != options.stack:
        raise WrongUsage(f"--confirm has to be the stack's name, {options.stack}.")
    if options.confirm is None and (options.yes or options.json):
        what = "--yes is not enough here" if options.yes else "--json asks nothing"
        raise WrongUsage(f"{what}: --confirm {options.stack} deletes the pipeline without asking.")


def _check_state(stack: Stack) -> None:
    state = state_of(stack.status, stack.name)
    if state.kind == "moving":
        raise AwsFailed(f"The stack {stack.name} is {stack.status}. {state.meaning} {state.advice}")
    if stack.protected:
        raise AwsFailed(
            f"The stack {stack.name} is protected against deletion. `aws cloudformation update-termination-protection "
            f"--no-enable-termination-protection --stack-name {stack.name}` ends that."
        )


def _show(terminal: Console, stack: Stack, deleted: list[Resource], kept: list[Resource]) -> None:
    terminal.print(cell(f"Delete {stack.name} ({stack.status}):", "bold"))
    rows = table("", "part", "type", "name")
    for effect, style, resources in (("DELETE", "bold red", deleted), ("keep", "green", kept)):
        for part in resources:
            rows.add_row(Text(effect, style), cell(part.logical_id), cell(part.type), cell(part.name))
    terminal.print(rows, soft_wrap=False)
    terminal.print(
        "Images stay, and cost what their storage costs. What runs in the cluster goes on running, but no push reaches "
        "it any more, and a pod that starts cannot read a secret."
    )
