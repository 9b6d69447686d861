"""`jwt verify`: a token checked as the API checks it, with the keys and expectations that a person chooses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.text import Text

from ...auth import (
    ALGORITHMS,
    ClientNotAllowed,
    Expectation,
    FetchFailed,
    OrganizationNotAllowed,
    SystemClock,
    caller_rules,
)
from ...libraries.uses import Uses
from ...plain_text import one_line
from ...practice.errors import Unusable
from ...practice.explanations import TIMES
from ...practice.judging import GivenKey, GivenSecret, GivenSet, PublishedKeys, judge
from ...practice.signing import HMAC_ALGORITHMS
from ...practice.times import describe
from .. import CommandFailed, WrongUsage
from ..output import note
from ..tenant import load_verification_settings
from ..terminal import open_terminal
from .given import read_key, read_secret, read_token
from .key_sources import KeySets, is_url, issuer_of, local_issuer_hint, used_libraries

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from rich.console import Console

    from ...practice.judging import Judgement, Keys
    from ...settings import VerificationSettings

_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "not_checked": ("–", "dim")}  # noqa: RUF001


def run(options: argparse.Namespace) -> int:
    one_key = options.key is not None or options.secret is not None
    uses = Uses(issuers=False) if one_key else used_libraries(options)
    settings = load_verification_settings(_settings_used(options), uses=uses)
    expected = _expectation(options, settings)
    try:
        keys = _keys(options, settings, expected)
        token = read_token(options.token)
        now = SystemClock().now()
        judgement = asyncio.run(judge(token, keys, expected, now))
    except FetchFailed as error:
        hint = local_issuer_hint(options)
        raise CommandFailed(
            f"The keys cannot be had, so the token can be neither accepted nor refused. {error}.{hint}"
        ) from None
    _show(open_terminal(), judgement, expected, now)
    if options.secret is not None:
        note("With a secret, for practice alone: whoever can verify can also sign. The API refuses such tokens.")
    return 0 if judgement.failed is None else 1


def _settings_used(options: argparse.Namespace) -> set[str]:
    """What the command line leaves to the settings. Nobody who practises is refused over another one."""
    one_key = options.key is not None or options.secret is not None
    left = {
        "AUTH0_DOMAIN": not _own_keys(options) and options.issuer is None,
        "AUTH0_AUDIENCE": not options.any_audience and options.audience is None,
        # Which no audience may equal.
        "AUTH0_CLIENT_ID": not options.any_audience and options.audience is None,
        "AUTH0_ALGORITHMS": options.secret is None and options.algorithms is None,
        "AUTH0_LEEWAY": options.leeway is None,
        "AUTH0_CLIENTS": not _own_keys(options) and options.client is None,
        "AUTH0_ORGANIZATIONS": not _own_keys(options) and options.organization is None,
        "AUTH0_ANONYMOUS": not _own_keys(options),
        "JWKS_TIMEOUT": not one_key and (options.jwks is None or is_url(options.jwks)),
    }
    return {name for name, is_left in left.items() if is_left}


def _own_keys(options: argparse.Namespace) -> bool:
    return options.secret is not None or options.jwks is not None or options.key is not None


def _expectation(options: argparse.Namespace, settings: VerificationSettings) -> Expectation:
    with_secret = options.secret is not None
    own_keys = _own_keys(options)
    if options.any_issuer:
        issuers = None
    elif options.issuer is not None:
        issuers = frozenset({options.issuer if own_keys else issuer_of(options.issuer)})
    elif own_keys:
        raise WrongUsage("With keys of your own, say what iss must be: --issuer TEXT. Or leave it out: --any-issuer.")
    else:
        issuers = frozenset(settings.issuers)
    known = HMAC_ALGORITHMS if with_secret else ALGORITHMS
    algorithms = options.algorithms or (known if with_secret else settings.algorithms)
    if not set(algorithms) <= set(known):
        raise WrongUsage(f"--algorithms: {'a secret' if with_secret else 'a public key'} is for {' '.join(known)}.")
    return Expectation(
        issuers=issuers,
        audiences=None if options.any_audience else frozenset(options.audience or settings.audiences),
        algorithms=algorithms,
        leeway=settings.leeway if options.leeway is None else options.leeway,
        callers=caller_rules(
            options.client or settings.clients or (),
            options.organization or settings.organizations or (),
            # Of keys of one's own, the settings say nothing.
            anonymous=own_keys or settings.anonymous == "allow",
        ),
    )


def _keys(options: argparse.Namespace, settings: VerificationSettings, expected: Expectation) -> Keys:
    if options.secret is not None:
        return GivenSecret(read_secret(options.secret))
    if options.key is not None:
        try:
            return GivenKey(read_key(options.key), expected.algorithms)
        except Unusable as error:
            raise WrongUsage(f"{options.key}: {error} (AUTH0_ALGORITHMS; --algorithms allows others).") from None
    sets = KeySets(settings.jwks_timeout, expected.algorithms)
    if options.jwks is not None:
        return GivenSet(asyncio.run(sets.keys(options.jwks)))
    issuers = settings.issuers if options.issuer is None else [issuer_of(options.issuer)]
    return PublishedKeys(issuers, sets.published_by)


def _show(terminal: Console, judgement: Judgement, expected: Expectation, now: float) -> None:
    for result in judgement.results:
        mark, style = _MARKS[result.outcome]
        terminal.print(Text.assemble((f"{mark} {result.name:<12}", style), result.detail))
        if result.outcome == "failed":
            for line in _compared(judgement, expected, now):
                terminal.print(Text(f"{'':<14}{line}", "yellow"))
    if judgement.failed is not None:
        terminal.print(Text(f"Refused ({judgement.failed.code}): {judgement.failed.detail}", "bold red"))
    elif expected.issuers is None or expected.audiences is None:
        terminal.print(Text("Valid, as far as it was checked.", "bold yellow"))
    else:
        terminal.print(Text("Valid.", "bold green"))


def _compared(judgement: Judgement, expected: Expectation, now: float) -> Iterator[str]:
    """Yield what was expected and what the token says, which the API itself never echoes."""
    claims = judgement.unverified_claims
    if claims is None or judgement.failed is None:
        return
    check = judgement.failed.name
    if check == "time":
        yield from (f"{name}: {describe(name, claims[name], now)}" for name in TIMES if name in claims)
    # A stranger's token fails by its key already.
    elif check in ("issuer", "signature") and expected.issuers is not None:
        if claims.get("iss") not in expected.issuers:
            yield from _both("iss", claims.get("iss"), expected.issuers)
    elif check == "audience" and expected.audiences is not None:
        yield from _both("aud", claims.get("aud"), expected.audiences)
    elif judgement.failed.code == ClientNotAllowed.code:
        yield from _both("azp", claims.get("azp", claims.get("client_id")), expected.callers.clients)
    elif judgement.failed.code == OrganizationNotAllowed.code:
        organizations = expected.callers.organization_ids | expected.callers.organization_names
        found = " ".join(one_line(claims[name]) for name in ("org_id", "org_name") if name in claims)
        yield from _both("org_id and no org_name", found or None, organizations)


def _both(name: str, found: object, wanted: frozenset[str]) -> Iterator[str]:
    yield f"in the token: {'no ' + name if found is None else one_line(found)}"
    yield f"expected:     {' or '.join(sorted(wanted))}"
