"""The command line of `pipeline`. Nothing is imported here but what Python has."""

from __future__ import annotations

import argparse
import re
from typing import Any

STACK = "auth0-api-pipeline"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `pipeline` to the commands."""
    pipeline = commands.add_parser("pipeline", help="build and deploy on AWS: set it up, watch it, go back")
    subcommands = pipeline.add_subparsers(dest="subcommand", required=True, metavar="subcommand")

    up = _add(subcommands, "up", "create the pipeline, or update it; shows what would change, and asks")
    up.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="of the template, repeated for several; what is not given stays as it was",
    )
    up.add_argument("--template", metavar="FILE", help="(default: deploy/aws/pipeline.yaml of this clone)")
    up.add_argument("--yes", action="store_true", help="do it without asking")

    _add(subcommands, "status", "tell what is deployed, what is rolling, and the last builds")

    build = _add(subcommands, "build", "build, which deploys when it succeeds, and follow the build")
    version = build.add_mutually_exclusive_group()
    version.add_argument("--branch", type=_branch, help="(default: the one that the pipeline watches)")
    version.add_argument("--commit", type=_commit, metavar="SHA", help="all 40 digits")
    build.add_argument(
        "--override-audit",
        type=_override,
        metavar="'CVE-…: WHY'",
        help="go on although the audit stops for these weaknesses; it stays on record with the build",
    )
    _add_following(build)

    logs = _add(subcommands, "logs", "print a build's log")
    logs.add_argument("build", nargs="?", metavar="BUILD", help="its number or id (default: the last)")
    logs.add_argument(
        "--project",
        choices=("build", "staging", "deploy", "check"),
        default="deploy",
        help="deploy is the one of production (default: deploy)",
    )
    logs.add_argument(
        "--follow",
        action="store_true",
        help="stay until the build has ended; exit 1 if it failed, or was a rollback that deployed nothing",
    )

    rollback = _add(subcommands, "rollback", "deploy an image that was built before; without one, list them")
    rollback.add_argument("image", nargs="?", metavar="IMAGE", help="a tag, a commit (7 digits or more) or a digest")
    rollback.add_argument("--yes", action="store_true", help="do it without asking")
    rollback.add_argument(
        "--environment", choices=("production", "staging"), default="production", help="(default: production)"
    )
    _add_following(rollback)

    promote = _add(subcommands, "promote", "roll out to production what has passed in staging")
    promote.add_argument("--yes", action="store_true", help="do it without asking")
    _add_following(promote)

    down = _add(subcommands, "down", "delete the pipeline; images stay, and so does what runs in the cluster")
    down.add_argument("--confirm", metavar="NAME", help="the stack's name, which is asked for otherwise")
    down.add_argument("--yes", action="store_true", help=argparse.SUPPRESS)


def _add(subcommands: Any, name: str, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subcommands.add_parser(
        name, help=what, description=f"{what[0].upper()}{what[1:]}."
    )
    parser.add_argument("--stack", type=_stack, default=STACK, metavar="NAME", help=f"(default: {STACK})")
    parser.add_argument("--region", help="of AWS (default: AWS_REGION, else AWS_DEFAULT_REGION, else the profile's)")
    parser.add_argument("--profile", help="of the AWS configuration (default: AWS_PROFILE)")
    parser.add_argument("--json", action="store_true", help="for machines: one document on standard output")
    return parser


def _add_following(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-follow", action="store_true", help="start it, and do not stay")
    parser.add_argument("--anyway", action="store_true", help="even while another build is running")


def _stack(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", text):
        raise argparse.ArgumentTypeError("a stack's name is a letter, then letters, digits and dashes")
    return text


def _branch(text: str) -> str:
    if not text or text.startswith("-") or re.search(r"[\s~^:?*\[\\\x00-\x1f\x7f]", text):
        raise argparse.ArgumentTypeError("this is not the name of a branch")
    # What CodeBuild takes for a pull request it would build with the rights to deploy.
    if text.startswith(("pr/", "refs/")):
        raise argparse.ArgumentTypeError("a branch goes by its name alone, and a pull request is not deployed")
    if re.fullmatch(r"[0-9a-f]{40}", text):
        raise argparse.ArgumentTypeError("this is a commit, so --commit names it")
    return text


def _override(text: str) -> str:
    if not re.search(r"CVE-\d{4}-\d+\S*\s+\S", text) or not text.isprintable():
        raise argparse.ArgumentTypeError("it names each CVE that it overrides, and says why")
    return text


def _commit(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise argparse.ArgumentTypeError("a commit is 40 hexadecimal digits: `git rev-parse COMMIT` has them")
    return text
