from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from service.aws.errors import AwsFailed, UnusableInput, failures_explained

DENIED = (
    "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: cloudformation:CreateChangeSet on resource: "
    "arn:aws:cloudformation:eu-central-1:123456789012:stack/x/* because no identity-based policy allows the "
    "cloudformation:CreateChangeSet action"
)


def told(error: Exception) -> AwsFailed:
    with pytest.raises(AwsFailed) as raised, failures_explained("eu-central-1"):
        raise error
    assert "\n" not in str(raised.value)
    return raised.value


def refused(code: str, message: str = "no") -> str:
    answer: Any = {"Error": {"Code": code, "Message": message}}
    return str(told(ClientError(answer, "CreateChangeSet")))


def test_a_denied_action_is_named_with_whom_and_why() -> None:
    text = refused("AccessDenied", DENIED)
    assert text.startswith(
        "AWS denies cloudformation:CreateChangeSet to arn:aws:iam::123456789012:user/alice on arn:aws:"
    )
    assert ": no identity-based policy allows the cloudformation:CreateChangeSet action. Whoever" in text


def test_a_denial_without_details_names_the_operation() -> None:
    assert refused("AccessDeniedException", "Forbidden").startswith("AWS denies CreateChangeSet.")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredToken", "have expired"),
        ("ExpiredTokenException", "have expired"),
        ("InvalidClientTokenId", "does not know these credentials"),
        ("UnrecognizedClientException", "has not enabled the region eu-central-1"),
        ("SignatureDoesNotMatch", "clock is wrong"),
        ("Throttling", "throttling CreateChangeSet"),
        ("ThrottlingException", "throttling CreateChangeSet"),
        ("AccountLimitExceededException", "AWS refuses CreateChangeSet: no"),
    ],
)
def test_what_aws_answers_is_told_with_what_to_do(code: str, says: str) -> None:
    assert says in refused(code)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (exceptions.NoCredentialsError(), "There are no AWS credentials."),
        (exceptions.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"), "is missing"),
        (exceptions.ProfileNotFound(profile="nobody"), "There is no AWS profile nobody."),
        (exceptions.ConfigParseError(path="config", error="secret"), "cannot be read: config"),
        (exceptions.NoRegionError(), "Which region? --region"),
        (exceptions.InvalidRegionError(region_name="a b"), "a b is not the name of a region"),
    ],
)
def test_what_this_machine_lacks_is_wrong_usage(error: BotoCoreError, says: str) -> None:
    problem = told(error)
    assert isinstance(problem, UnusableInput)
    assert says in str(problem)
    assert "secret" not in str(problem).replace("aws_secret_access_key", "")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (exceptions.CredentialRetrievalError(provider="process", error_msg="secret"), "cannot be had from process"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="secret"), "cannot be had from sso"),
        (exceptions.UnauthorizedSSOTokenError(), "has expired, or was never opened"),
        (exceptions.LoginRefreshRequired(), "has expired, or was never opened"),
        (exceptions.EndpointConnectionError(endpoint_url="https://eks.nowhere-1"), "Nobody answers at https://eks"),
        (exceptions.ConnectTimeoutError(endpoint_url="https://eks.nowhere-1"), "Nobody answers at https://eks"),
        (exceptions.SSLError(endpoint_url="https://eks", error="secret"), "certificate is not trusted"),
        (exceptions.ProxyConnectionError(proxy_url="https://user:secret@proxy"), "The proxy cannot be reached"),
        (exceptions.ReadTimeoutError(endpoint_url="https://eks"), "broke off"),
        (exceptions.UnknownServiceError(service_name="x", known_service_names=""), "AWS cannot be asked: Unknown"),
    ],
)
def test_no_answer_at_all_is_told_without_secrets(error: BotoCoreError, says: str) -> None:
    problem = told(error)
    assert not isinstance(problem, UnusableInput)
    assert says in str(problem)
    assert "secret" not in str(problem)


def test_what_is_no_error_of_aws_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), failures_explained("eu-central-1"):
        raise ZeroDivisionError
