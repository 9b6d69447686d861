"""`jwt`: practising with tokens in a terminal. Each subcommand is a module that is imported when it is asked for.

parser         the command line
decode, encode, verify, keys, lesson    a subcommand each
given          what a person gives: a token, a file, a key     key_sources: key sets from files and URLs
token_colours  a token in colours
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    from ...practice.errors import Unusable
    from .. import WrongUsage

    command = importlib.import_module(f"{__name__}.{options.subcommand}")
    try:
        status: int = command.run(options)
    except Unusable as error:
        raise WrongUsage(str(error)) from None
    return status
