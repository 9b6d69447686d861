"""`token`: one access token on standard output, to pipe into something else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from . import CommandFailed
from .client_credentials import TokenRefused
from .tenant import load_settings, machine_token, uses_local_issuer

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    try:
        token = machine_token(
            load_settings(), options.audience, options.scope, options.organization, dict(options.claim)
        )
    except TokenRefused as error:
        hint = " (the local issuer runs while `uv run -m service dev` does)" if uses_local_issuer() else ""
        raise CommandFailed(f"No token: {error}{hint}") from None
    sys.stdout.write(f"{token}\n")
    return 0
