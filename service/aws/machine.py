"""What this machine has to ask AWS with: a profile, a region, credentials."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING

import botocore.session
from botocore.exceptions import BotoCoreError

from ..setting_text import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.session import Session

_PROFILES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
# The first is what every other SDK of AWS reads, and what EKS sets; boto3 knows only the second.
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


class MachineUnusable(Exception):
    """This machine's settings for AWS cannot be used; the message says why, without anything that a program printed."""


def open_session() -> Session:
    """Return a session for which a blank AWS_PROFILE is not set, and AWS_REGION counts. Raises BotoCoreError."""
    # A default, since a profile that is passed in would hide credentials of the environment.
    profile = (None, None, _first(_PROFILES), None)
    region = ("region", None, None, None)
    session = botocore.session.Session(session_vars={"profile": profile, "region": region})
    if found := _first(_REGIONS):
        session.set_config_variable("region", found)
    return session


def _first(names: tuple[str, ...]) -> str | None:
    return next(filter(None, (tidy(os.environ.get(name, "")) for name in names)), None)


@contextlib.contextmanager
def usable() -> Iterator[None]:
    """Raise MachineUnusable for what botocore stumbles over by itself when it makes a client: AWS_ENDPOINT_URL=foo."""
    try:
        yield
    except BotoCoreError:
        # Some are of the kinds below as well.
        raise
    except (OSError, ValueError) as error:
        raise MachineUnusable(f"this machine's settings for AWS cannot be used: {error}") from None


def check_credentials(session: Session) -> None:
    """Get credentials, if there are any; that there are none is told later. Raises MachineUnusable, BotoCoreError,
    ClientError."""
    try:
        # Without a terminal, what asks for a code writes its prompt and a warning there.
        with contextlib.redirect_stderr(io.StringIO()):
            credentials = session.get_credentials()
            found = None if credentials is None else credentials.get_frozen_credentials()
    except BotoCoreError:
        raise
    except EOFError:
        raise MachineUnusable(
            "the role of this AWS profile asks for an MFA code, and there is no terminal to type one at; use a profile "
            "without mfa_serial, or credentials of a session that was opened with a code"
        ) from None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # Its words may hold what was printed.
        file = getattr(error, "filename", None)
        what = f"{type(error).__name__}{f' ({file})' if isinstance(file, str) else ''}"
        raise MachineUnusable(
            f"this machine's settings for AWS cannot be used: looking for credentials ends in {what}"
        ) from None
    for part in filter(None, found or ()):
        if not (part.isascii() and part.isprintable()):
            # It would stand in a header, and that in an error.
            raise MachineUnusable("the AWS credentials have a character that none has, such as a line break")
