"""The command line of `jwt`. Nothing is imported here but what every command has imported already."""

from __future__ import annotations

import argparse

from ...auth import ALGORITHMS

_TOKEN = "a token; absent or -, it is read from standard input"  # noqa: S105 - a help text
_KEY_SET = "a JWK set, in a file or at a URL"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `jwt` to the commands."""
    jwt = commands.add_parser("jwt", help="practise with tokens: take them apart, check and make them, see keys")
    subcommands = jwt.add_subparsers(dest="subcommand", required=True, metavar="subcommand")

    decode = subcommands.add_parser("decode", help="show what a token says, without checking whether it is true")
    decode.add_argument("token", nargs="?", metavar="TOKEN", help=_TOKEN)
    decode.add_argument("--json", action="store_true", help="for machines: header, payload and signature")

    _add_verify(subcommands.add_parser("verify", help="check a token as the API does, and tell each check"))
    _add_encode(subcommands.add_parser("encode", help="make a token and print it"))
    _add_keys(subcommands.add_parser("keys", help="show an issuer's keys, or make a key pair"))
    subcommands.add_parser("lesson", help="a walk through tokens and the attacks on them, run for real")


def _add_verify(verify: argparse.ArgumentParser) -> None:
    verify.description = (
        "By default the token is checked as the configured API would: with its issuers and their keys, its audiences, "
        "algorithms and leeway. With keys of your own, say what its iss must be. Settings that are not used, since you "
        "give their values here, are not looked at."
    )
    verify.add_argument("token", nargs="?", metavar="TOKEN", help=_TOKEN)
    issuer = verify.add_mutually_exclusive_group()
    issuer.add_argument(
        "--issuer", help="what iss must be; unless you give keys, its domain or URL, to fetch them from"
    )
    issuer.add_argument("--any-issuer", action="store_true", help="leave the check of iss out")
    audience = verify.add_mutually_exclusive_group()
    audience.add_argument(
        "--audience", action="append", help="what aud must name; repeated, one of them (default: AUTH0_AUDIENCE)"
    )
    audience.add_argument("--any-audience", action="store_true", help="leave the check of aud out")
    verify.add_argument(
        "--client", action="append", metavar="ID", help="the token's client; repeated, one of them (AUTH0_CLIENTS)"
    )
    verify.add_argument(
        "--organization",
        action="append",
        metavar="ID|NAME",
        help="the token's organization; repeated, one of them (AUTH0_ORGANIZATIONS)",
    )
    keys = verify.add_mutually_exclusive_group()
    keys.add_argument("--jwks", metavar="FILE|URL", help=_KEY_SET)
    keys.add_argument("--key", metavar="PEM", help="file of a public or private key, used whatever kid the token names")
    keys.add_argument("--secret", metavar="TEXT", help="for HS256, HS384 and HS512, which the API refuses")
    verify.add_argument(
        "--algorithms", metavar="NAMES", type=_algorithms, help="separated by commas (default: AUTH0_ALGORITHMS)"
    )
    verify.add_argument("--leeway", metavar="SECONDS", type=_leeway, help="0 to 300 (default: AUTH0_LEEWAY)")


def _add_encode(encode: argparse.ArgumentParser) -> None:
    encode.description = (
        "A VALUE is taken as JSON where it reads as JSON, else as text; iss, sub, jti and kid are always text, and aud "
        "is text unless it is a JSON list."
    )
    encode.add_argument("--claim", action="append", default=[], metavar="NAME=VALUE", help="repeated for several")
    encode.add_argument("--payload", metavar="FILE|-", help="a JSON object of claims; --claim overrides its members")
    encode.add_argument(
        "--exp",
        metavar="DURATION",
        # argparse takes -5m for an option, and has no public way to be told better.
        help="end that long after now, and set iat: 30m, also s, h, d or plain seconds; "
        "--exp=-5m, which needs the =, has expired already",
    )
    encode.add_argument("--header", action="append", default=[], metavar="NAME=VALUE", help="repeated for several")
    encode.add_argument("--kid", help="name of the key (default: its RFC 7638 thumbprint)")
    encode.add_argument("--alg", metavar="NAME", help="(default: RS256, the key's curve's, or HS256 for a secret)")
    keys = encode.add_mutually_exclusive_group()
    keys.add_argument("--key", metavar="PEM", help="file of a private key; `jwt keys --new FILE.pem` makes one")
    keys.add_argument("--secret", metavar="TEXT", help="for practice: the API refuses such tokens")


def _add_keys(keys: argparse.ArgumentParser) -> None:
    keys.description = (
        "By default the keys of the configured issuers are shown. Settings that are not used are not looked at."
    )
    which = keys.add_mutually_exclusive_group()
    which.add_argument("--issuer", metavar="URL", help="show the keys of this one")
    which.add_argument("--jwks", metavar="FILE|URL", help=_KEY_SET)
    which.add_argument("--key", metavar="PEM", help="print the JWK set of the key in this file")
    which.add_argument("--new", metavar="FILE.pem", help="make a key pair and print its JWK set")
    keys.add_argument("--alg", choices=ALGORITHMS, help="with --new or --key (default: RS256, or the key's curve's)")
    keys.add_argument("--kid", help="with --new or --key (default: the key's RFC 7638 thumbprint)")
    keys.add_argument("--json", action="store_true", help="print the JWK set itself")


def _algorithms(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _leeway(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 300:
        raise argparse.ArgumentTypeError("a leeway is a number of seconds from 0 to 300")
    return seconds
