"""What goes wrong with AWS, each in one line that says what to do.

AwsFailed                  AWS answers no, or not at all
└── UnusableInput          it was not asked: no credentials, no such profile, no region
    └── WrongParameters    what was given is not what the template asks for (parameters.py)
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from .machine import MachineUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class AwsFailed(Exception):
    """AWS answers no, or not at all."""


class UnusableInput(AwsFailed):
    """What was given, or what this machine has, cannot be used to ask AWS."""


_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
_UNKNOWN = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken", "AuthFailure"})
_SIGNATURE = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "RequestExpired"})
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"})

_SIGN_IN = "Sign in again (`aws sso login`, `aws login`), or renew the keys."


@contextlib.contextmanager
def failures_explained(region: str | None) -> Iterator[None]:
    """Turn what boto3 raises into AwsFailed. `region` is the one that was asked."""
    try:
        yield
    except ClientError as error:
        raise AwsFailed(_answer(error, region)) from None
    except BotoCoreError as error:
        raise _without_answer(error, region) from None
    except MachineUnusable as error:
        raise UnusableInput(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    except ResponseParserError:
        raise AwsFailed("What answers at AWS's address does not answer as AWS does. Is a proxy in between?") from None


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """Return what AWS says, on one line."""
    return " ".join(str(error.response.get("Error", {}).get("Message", "")).split())


def _answer(error: ClientError, region: str | None) -> str:
    code, message = code_of(error), message_of(error)
    if code in _DENIED:
        return _denial(error.operation_name, message)
    if code in _EXPIRED:
        return f"The credentials have expired. {_SIGN_IN}"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials, or the account has not enabled the region {region}. {_SIGN_IN}"
    if code in _SIGNATURE:
        return "AWS does not accept the signature: the secret key is another one's, or this machine's clock is wrong."
    if code in _THROTTLED:
        return f"AWS is throttling {error.operation_name}, after several tries too. Wait a minute, and ask again."
    return f"AWS refuses {error.operation_name}: {message or code}"


def _denial(operation: str, message: str) -> str:
    """Name the action that is denied, to whom and on what, as far as the answer tells."""
    action = re.search(r"not authorized to perform:? ([\w-]+:\w+)", message)
    who = re.search(r"User: (\S+)", message)
    what = re.search(r"on resource: (\S+)", message)
    why = re.search(r"\bbecause (.+?)\.?$", message)
    parts = [f"AWS denies {action[1] if action else operation}"]
    if who:
        parts.append(f"to {who[1]}")
    if what:
        parts.append(f"on {what[1]}")
    reason = f": {why[1]}" if why else ""
    return f"{' '.join(parts)}{reason}. Whoever administers the account can grant it."


def _without_answer(error: BotoCoreError, region: str | None) -> AwsFailed:
    facts: Mapping[str, Any] = error.kwargs
    match error:
        case exceptions.NoCredentialsError():
            return UnusableInput(
                "There are no AWS credentials. Sign in (`aws configure sso`, `aws login`) and name the profile with "
                "--profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        case exceptions.PartialCredentialsError():
            return UnusableInput(f"The AWS credentials are not complete: {facts.get('cred_var')} is missing.")
        case exceptions.ProfileNotFound():
            return UnusableInput(
                f"There is no AWS profile {facts.get('profile')}. `aws configure list-profiles` has all."
            )
        case exceptions.ConfigParseError():
            return UnusableInput(f"The AWS configuration cannot be read: {facts.get('path')}")
        case exceptions.NoRegionError():
            return UnusableInput("Which region? --region eu-central-1, or AWS_REGION, or the profile's own.")
        case exceptions.InvalidRegionError():
            return UnusableInput(f"{facts.get('region_name')} is not the name of a region. One is eu-central-1.")
        # What the provider says of itself may hold what it was given, so it stays out.
        case exceptions.CredentialRetrievalError() | exceptions.TokenRetrievalError():
            return AwsFailed(f"The credentials cannot be had from {facts.get('provider')}. {_SIGN_IN}")
        case exceptions.SSOError() | exceptions.LoginError():
            return AwsFailed(f"The session of this profile has expired, or was never opened. {_SIGN_IN}")
        case exceptions.SSLError():
            return AwsFailed(
                f"{facts.get('endpoint_url')}: the certificate is not trusted (AWS_CA_BUNDLE names others)."
            )
        case exceptions.ProxyConnectionError():
            return AwsFailed("The proxy cannot be reached (HTTPS_PROXY).")
        case exceptions.EndpointConnectionError() | exceptions.ConnectTimeoutError():
            return AwsFailed(
                f"Nobody answers at {facts.get('endpoint_url')}. Is {region} a region, and is the network there?"
            )
        case exceptions.HTTPClientError():
            return AwsFailed("The connection to AWS broke off. Ask again; what was begun there goes on.")
    return AwsFailed(f"AWS cannot be asked: {' '.join(str(error).split())}")
