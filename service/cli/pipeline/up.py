"""`pipeline up`: the stack created or updated, after the change was shown and agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from ...aws.change_sets import begin_change_set, discard, execute, read_change_set
from ...aws.changes import ALARMING
from ...aws.errors import AwsFailed
from ...aws.events import EventFeed
from ...aws.stacks import find_stack
from ...aws.states import state_of, succeeded
from ...plain_text import unbroken
from ..output import note
from ..terminal import open_terminal
from .asking import agreed, check_that_it_can_ask
from .deletion import delete
from .documents import change_documents, failure_documents, write
from .preparation import check_state, prepare, read_template
from .stack_progress import show_failures, show_progress
from .words import cell, table

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from ...aws.changes import ChangeSet
    from ...aws.session import Aws

_STYLES = {"add": "green", "import": "green", "replace": "bold red", "may replace": "bold red", "remove": "bold red"}


def run(options: argparse.Namespace, aws: Aws) -> int:
    check_that_it_can_ask(options)
    template = read_template(options.template)
    terminal = open_terminal(quiet=options.json)
    stack = find_stack(aws, options.stack)
    check_state(stack)
    values, warnings = prepare(options, aws, template, stack)
    for warning in warnings:
        note(unbroken(warning))
    if stack is not None and stack.status == "ROLLBACK_COMPLETE":
        meaning = state_of(stack.status, stack.name).meaning
        terminal.print(cell(f"The stack {stack.name} is {stack.status}. {meaning}"))
        if not agreed(options, "Delete it first?"):
            return _declined()
        delete(terminal, aws, stack)
        stack = None

    creates = stack is None or stack.status == "REVIEW_IN_PROGRESS"
    proposed = begin_change_set(aws, options.stack, template, values.for_cloudformation(), creates=creates)
    change_set, yes = None, False
    try:
        change_set = read_change_set(aws, proposed)
        if change_set is not None:
            _show(terminal, change_set, f"{'Create' if creates else 'Update'} {options.stack} in {aws.region}:")
            yes = agreed(options, "Do it?")
    finally:
        # What was only proposed does not stay, whatever the reason; Ctrl-C is one too.
        if not yes:
            discard(aws, proposed, with_stack=stack is None)
    document = {"stack": options.stack, "region": aws.region, "warnings": warnings}
    if change_set is None:
        terminal.print("Nothing has to change.")
        write(options, {**document, "changed": False, "changes": []})
        return 0
    return _carry_out(options, terminal, aws, change_set, document) if yes else _declined()


def _declined() -> int:
    note("Nothing was changed.")
    return 1


def _show(terminal: Console, change_set: ChangeSet, title: str) -> None:
    terminal.print(cell(title, "bold"))
    if not change_set.changes:
        terminal.print("Only what the stack is told or gives out changes, and none of its parts.")
        return
    rows = table("", "part", "type", "name", "what of it")
    # What may be lost stands last, next to the question.
    for change in sorted(change_set.changes, key=lambda change: change.effect in ALARMING):
        style = _STYLES.get(change.effect, "yellow")
        effect = change.effect.upper() if change.effect in ALARMING else change.effect
        rows.add_row(
            Text(effect, style),
            cell(change.logical_id, style if change.effect in ALARMING else ""),
            cell(change.type),
            cell(change.name),
            cell(", ".join(change.properties)),
        )
    terminal.print(rows, soft_wrap=False)


def _carry_out(
    options: argparse.Namespace, terminal: Console, aws: Aws, change_set: ChangeSet, document: dict[str, Any]
) -> int:
    feed = EventFeed(aws, change_set.stack_id)
    execute(aws, change_set)
    events = show_progress(terminal, aws, change_set.stack_id, feed, f"The change of {options.stack}")
    stack = find_stack(aws, change_set.stack_id)
    status = "DELETE_COMPLETE" if stack is None else stack.status
    done = succeeded(status)
    failures = [] if done else show_failures(terminal, events)
    outputs = dict(stack.outputs) if stack is not None else {}
    changed = {"changed": done, "status": status, "changes": change_documents(change_set.changes)}
    write(options, {**document, **changed, "outputs": outputs, "failures": failure_documents(failures)})
    if not done:
        state = state_of(status, options.stack)
        raise AwsFailed(f"The stack {options.stack} ended as {status}. {state.meaning} {state.advice}".rstrip())
    for name, value in outputs.items():
        terminal.print(cell(f"{name:<20} {value}"))
    terminal.print(cell(f"{options.stack} is {status}. A push starts a build; so does `pipeline build`.", "bold green"))
    return 0
