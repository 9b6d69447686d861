"""The connection to GitHub, which a person has to confirm in the console."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .errors import AwsFailed, code_of
from .parameters import WrongParameters

if TYPE_CHECKING:
    from .session import Aws

# Under the service's old name (codestar-connections) a connection needs rights of that name, which builds do not have.
_ARN = re.compile(r"arn:aws[\w-]*:codeconnections:([\w-]+):\d{12}:connection/[\w-]+")


def check_connection(aws: Aws, arn: str) -> None:
    """Raise AwsFailed unless builds can use the connection, and WrongParameters for what is none."""
    form = _ARN.fullmatch(arn)
    if form is None:
        raise WrongParameters(
            "ConnectionArn is arn:aws:codeconnections:REGION:ACCOUNT:connection/ID: `aws codeconnections "
            "list-connections` has yours."
        )
    region = form[1]
    try:
        status = aws.connections(region).get_connection(ConnectionArn=arn)["Connection"].get("ConnectionStatus", "")
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            raise AwsFailed(
                f"There is no connection {arn}. `aws codeconnections list-connections` has yours."
            ) from None
        raise
    problem = connection_problem(status, arn, region)
    if problem is not None:
        raise AwsFailed(problem)


def connection_problem(status: str, arn: str, region: str) -> str | None:
    """Return why builds cannot use a connection, and what to do; else None."""
    if status == "AVAILABLE":
        return None
    console = f"https://{region}.console.aws.amazon.com/codesuite/settings/connections?region={region}"
    if status == "PENDING":
        return (
            "The connection to GitHub is PENDING: nobody has confirmed it yet, which only the console can. Open "
            f"{console}, choose {arn.rpartition('/')[2]}, then `Update pending connection`, install the app for the "
            "repository, and run this again."
        )
    return (
        f"The connection to GitHub is {status}: GitHub does not let it in any more. Make a new one at {console}, and "
        "name it with --parameter ConnectionArn=…"
    )
