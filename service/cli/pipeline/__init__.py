"""`pipeline`: what builds and deploys on AWS. Each subcommand is a module that is imported when it is asked for.

parser         the command line
up, down, status, build, logs, promote, rollback    a subcommand each
preparation    what `up` looks at first     deletion: what `down` stays for
stack_progress, build_progress    what is shown meanwhile
documents      what `--json` prints     words: times and tables
asking         questions, and Ctrl-C
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from ...libraries.aws import aws_problems
from ...settings.sources import WrongSettings

if TYPE_CHECKING:
    import argparse

    from ...aws.session import Aws


def run(options: argparse.Namespace) -> int:
    from ...aws.errors import AwsFailed
    from ...aws.session import connect

    problems = list(aws_problems(os.environ))
    if problems:
        raise WrongSettings(problems)
    try:
        aws = connect(options.region, options.profile)
    except AwsFailed as error:
        raise _told(error) from None
    return answer(options, aws)


def answer(options: argparse.Namespace, aws: Aws) -> int:
    """Run a subcommand with a session. Raises CommandFailed, WrongUsage."""
    from ...aws.errors import AwsFailed, failures_explained

    command = importlib.import_module(f"{__name__}.{options.subcommand}")
    try:
        with failures_explained(aws.region):
            status: int = command.run(options, aws)
    except AwsFailed as error:
        raise _told(error) from None
    return status


def _told(error: Exception) -> Exception:
    from ...aws.errors import UnusableInput
    from ...plain_text import unbroken
    from .. import CommandFailed, WrongUsage

    # AWS repeats what strangers wrote: names, and a build's commands.
    text = unbroken(str(error))
    return WrongUsage(text) if isinstance(error, UnusableInput) else CommandFailed(text)
