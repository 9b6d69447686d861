"""`jwt keys`: the keys that verify tokens, as the API sees them; and new ones."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from ...auth import FetchFailed, KeySet, key_set_url, strict_json
from ...plain_text import as_json, one_line, unbroken
from ...practice.key_files import new_key
from ...practice.signing import choose_algorithm
from .. import CommandFailed, WrongUsage
from ..output import note
from ..tenant import load_verification_settings
from ..terminal import open_terminal
from .given import read_key
from .key_sources import KeySets, is_url, issuer_of, local_issuer_hint, used_libraries

if TYPE_CHECKING:
    import argparse

    from ...auth.keyset import KeyInfo
    from ...practice.key_files import Key


def run(options: argparse.Namespace) -> int:
    if options.new is not None:
        return _print_set(_make(options.new, options.alg or "RS256"), options)
    if options.key is not None:
        return _print_set(read_key(options.key), options)
    if options.alg is not None or options.kid is not None:
        raise WrongUsage("--alg and --kid belong to --new FILE.pem or --key PEM.")
    return _show(options)


def _print_set(key: Key, options: argparse.Namespace) -> int:
    algorithm = choose_algorithm(key, options.alg)
    member = key.jwk(alg=algorithm, kid=key.kid if options.kid is None else options.kid)
    sys.stdout.write(f"{as_json({'keys': [member]})}\n")
    return 0


def _make(path: str, algorithm: str) -> Key:
    """Make a key pair, the private key in `path` and the public one beside it. Raises WrongUsage."""
    public_path = f"{path.removesuffix('.pem')}.pub.pem"
    key = new_key(algorithm)
    _create(path, key.private_pem(), 0o600)
    try:
        _create(public_path, key.public_pem(), 0o644)
    except WrongUsage:
        Path(path).unlink()
        raise
    note(f"The private key is in {path}, which only you can read; the public key is in {public_path}.")
    return key


def _create(path: str, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise WrongUsage(f"{path} exists, and is not overwritten. Choose another name.") from None
    except OSError as error:
        raise WrongUsage(f"{path}: {error.strerror}.") from None
    with open(descriptor, "wb") as file:
        file.write(data)


def _settings_used(options: argparse.Namespace) -> set[str]:
    """What the command line leaves to the settings. Nobody who practises is refused over another one."""
    left = {
        "AUTH0_DOMAIN": options.issuer is None and options.jwks is None,
        "AUTH0_ALGORITHMS": True,
        "JWKS_TIMEOUT": options.jwks is None or is_url(options.jwks),
    }
    return {name for name, is_left in left.items() if is_left}


def _show(options: argparse.Namespace) -> int:
    settings = load_verification_settings(_settings_used(options), uses=used_libraries(options))
    if options.jwks is not None:
        places = [options.jwks]
    elif options.issuer is not None:
        places = [key_set_url(issuer_of(options.issuer))]
    else:
        places = [key_set_url(issuer) for issuer in settings.issuers]
    if options.json and len(places) > 1:
        raise WrongUsage("Several issuers are configured, and each has a set of its own. Name one with --issuer.")
    sets = KeySets(settings.jwks_timeout, settings.algorithms)
    usable = True
    for place in places:
        try:
            jwks = strict_json.loads_object(asyncio.run(sets.body(place)))
            keys = KeySet.from_jwks(jwks, settings.algorithms)
        except FetchFailed as error:
            hint = local_issuer_hint(options)
            raise CommandFailed(f"The keys cannot be had. {error}.{hint}") from None
        except ValueError as error:
            raise CommandFailed(f"{place}: {error}.") from None
        if options.json:
            sys.stdout.write(f"{as_json(jwks)}\n")
        else:
            _show_set(place, jwks["keys"], keys.members, settings.algorithms)
        usable = usable and bool(keys)
    return 0 if usable else 1


def _show_set(place: str, entries: list[Any], members: tuple[KeyInfo, ...], allowed: tuple[str, ...]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("kid", "kty", "algorithms", "bits", "use", "usable"):
        table.add_column(name, overflow="fold")
    for entry, member in zip(entries, members, strict=True):
        known = entry if isinstance(entry, dict) else {}
        table.add_row(
            Text(one_line(known.get("kid", ""))),
            Text(one_line(known.get("kty", ""))),
            Text(" ".join(member.algorithms) or one_line(known.get("alg", ""))),
            Text("" if member.bits is None else str(member.bits)),
            Text(one_line(known.get("use", ""))),
            Text("yes", "green") if member.problem is None else Text(unbroken(f"no: {member.problem}"), "yellow"),
        )
    terminal = open_terminal()
    terminal.print(Text(unbroken(place), "bold"))
    terminal.print(table, soft_wrap=False)
    terminal.print(Text(f"The API allows {' '.join(allowed)} (AUTH0_ALGORITHMS).", "dim"))
