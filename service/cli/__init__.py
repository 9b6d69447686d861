"""The commands. Each is a module that is imported when it is asked for: production lacks what `dev` needs.

serve, dev, token, check    a command each     jwt, pipeline: packages, of commands of their own
api_process    the API, as a child of `dev`     npm_assets: what the pages load, installed by `dev`
checks         what `check` looks at
tenant         which issuer a command talks to     client_credentials: a token from it
output         standard output and error     terminal: with colours where a person looks
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING, NoReturn

from ..auth import strict_json
from ..plain_text import unbroken
from ..server import BadHost, CannotBind
from ..settings.sources import WrongSettings
from . import output
from .jwt.parser import add_parser as add_jwt
from .pipeline.parser import add_parser as add_pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence


# The dependency group `local`. What else is missing is a defect, and is told as one.
_LOCAL_PACKAGES = frozenset({"authlib", "joserfc", "rich", "watchfiles"})


class CommandFailed(Exception):
    """A command's negative answer: one line for standard error, and exit status 1."""


class WrongUsage(Exception):
    """What a command was given cannot be used: one line for standard error, and exit status 2."""


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status: 0 success, 1 a negative answer, 2 wrong usage or settings.

    Ctrl-C is 130 and a reader who goes away 141, as a shell tells them.
    """
    try:
        try:
            return _run(arguments)
        finally:
            # Here rather than when the interpreter ends, where nothing could be said about it any more. To write
            # nothing would fail too where Python does not buffer, and a command that printed nothing has not failed.
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        output.give_up()
        return 141
    except output.CannotWrite as error:
        output.give_up()
        output.complain(str(error))
        return 1


def _run(arguments: Sequence[str]) -> int:
    options = command_line().parse_args(arguments)
    try:
        command = importlib.import_module(f"{__name__}.{options.command}")
        status: int = command.run(options)
    except WrongSettings as error:
        output.complain("These settings are wrong or missing:", *(f"  {problem}" for problem in error.problems))
        return 2
    except (BadHost, WrongUsage) as error:
        output.complain(str(error))
        return 2
    except (CannotBind, CommandFailed) as error:
        output.complain(str(error))
        return 1
    except ModuleNotFoundError as error:
        if error.name not in _LOCAL_PACKAGES:
            raise
        output.complain(
            f"`{options.command}` needs the package {error.name}, which is for a person's machine and not installed "
            "here: uv sync --group local"
        )
        return 2
    return status


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # It repeats what it was given, which may have been pasted.
        super().error(unbroken(message))


def command_line() -> argparse.ArgumentParser:
    """Every command with its options; imports none of them."""
    parser: argparse.ArgumentParser = _Parser(prog="python -m service", description=__doc__.partition(".")[0] + ".")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    dev = commands.add_parser("dev", help="run the API, and an issuer unless AUTH0_DOMAIN is set; reload on change")
    dev.add_argument("--port", type=_port, help="of the API (default: PORT, else 8100)")
    dev.add_argument("--issuer-port", type=_port, default=8180, help="of the local issuer (default: 8180)")
    lifetime = "of the local issuer's access tokens, in seconds (default: 86400)"
    dev.add_argument("--token-lifetime", type=_seconds, default=86400, metavar="SECONDS", help=lifetime)

    serve = commands.add_parser("serve", help="run the API in production")
    # `dev` listens itself, so that callers wait out a reload instead of being refused.
    serve.add_argument("--listener", type=int, help=argparse.SUPPRESS)

    check = commands.add_parser("check", help="tell whether the settings would work: the issuer, its keys, the clock")
    check.add_argument("--json", action="store_true", help="for machines")

    token = commands.add_parser("token", help="print an access token, got with the client-credentials grant")
    token.add_argument("--scope", help="permissions to ask for, separated by spaces (default: all that are granted)")
    token.add_argument("--audience", help="API to ask for (default: the first of AUTH0_AUDIENCE)")
    token.add_argument("--organization", help="id or name of the organization that the client acts in (default: none)")
    claim = "one more claim, as JSON or else as text; repeatable; with the local issuer alone"
    token.add_argument("--claim", type=_claim, action="append", default=[], metavar="NAME=VALUE", help=claim)

    add_jwt(commands)
    add_pipeline(commands)
    return parser


def _claim(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError("a claim is NAME=VALUE")
    try:
        read = strict_json.loads_object(f'{{"value": {value}}}'.encode())
    except ValueError:
        return name, value
    # A text like `1, "other": 2` is no JSON value, though it makes an object of two members.
    return name, read["value"] if read.keys() == {"value"} else value


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 2592000:
        raise argparse.ArgumentTypeError("a lifetime is a number of seconds from 1 to 2592000")
    return int(text)
