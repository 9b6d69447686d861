"""Answers of AWS, as parts to put together: each builder makes a good one, and each override another one."""

from __future__ import annotations

from typing import Any

from .session import ACCOUNT, REGION, ago

STACK = "auth0-api-pipeline"
STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/0a1b2c3d"
CHANGE_SET_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/pipeline-1/9f8e"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/5b6e2a27-7b2c-4d7c-a8f6-0f9d6cd7cf9f"
URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/auth0-api"
OUTPUTS = {
    "BuildProject": "auth0-api-build",
    "DeployProject": "auth0-api-deploy",
    "CheckProject": "auth0-api-check",
    "ImageRepository": "auth0-api",
    "ImageRepositoryUri": URI,
    "ClusterName": "auth0-api",
    "Namespace": "auth0-api-production",
}
PARAMETERS = {"Repository": "example/api", "ConnectionArn": CONNECTION, "ClusterName": "auth0-api"}


def commit(number: int) -> str:
    return f"{number:07x}".ljust(40, "c")


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def image(number: int) -> str:
    return f"{URI}@{digest(number)}"


def stack(status: str = "CREATE_COMPLETE", *, outputs: dict[str, str] | None = None, **override: Any) -> dict[str, Any]:
    """An answer of DescribeStacks."""
    found = {
        "StackId": STACK_ID,
        "StackName": STACK,
        "CreationTime": ago(600),
        "StackStatus": status,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
        "Outputs": [
            {"OutputKey": key, "OutputValue": value} for key, value in (OUTPUTS if outputs is None else outputs).items()
        ],
    }
    return {"Stacks": [{**found, **override}]}


def event(number: int, logical_id: str, status: str, reason: str | None = None) -> dict[str, Any]:
    """An event of the stack; the stack's own is one of its name."""
    found: dict[str, Any] = {
        "StackId": STACK_ID,
        "EventId": f"event-{number}",
        "StackName": STACK,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": STACK_ID if logical_id == STACK else logical_id.lower(),
        "ResourceType": "AWS::CloudFormation::Stack" if logical_id == STACK else "AWS::CodeBuild::Project",
        "Timestamp": ago(60 - number / 10),
        "ResourceStatus": status,
    }
    return found if reason is None else {**found, "ResourceStatusReason": reason}


def events(*found: dict[str, Any]) -> dict[str, Any]:
    """An answer of DescribeStackEvents; written down in order, and answered newest first."""
    return {"StackEvents": list(found[::-1])}


def build(number: int, status: str = "SUCCEEDED", **override: Any) -> dict[str, Any]:
    """A build of the deploy project, which deployed the image of its number if it succeeded."""
    running = status == "IN_PROGRESS"
    found = {
        "id": f"auth0-api-deploy:{number:08d}-0000-4000-8000-000000000000",
        "buildNumber": number,
        "projectName": "auth0-api-deploy",
        "buildStatus": status,
        "currentPhase": "BUILD" if running else "COMPLETED",
        "sourceVersion": "main",
        "resolvedSourceVersion": commit(number),
        "initiator": "GitHub-Hookshot/0123abc",
        "startTime": ago(100 - number),
        "phases": [{"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED"}, {"phaseType": "BUILD"}],
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:8.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [],
        },
        "logs": {"groupName": "/aws/codebuild/auth0-api-deploy", "streamName": f"stream-{number}"},
    }
    if not running:
        found["endTime"] = ago(100 - number - 4)
    if status == "SUCCEEDED":
        exported = {"COMMIT": commit(number), "IMAGE": image(number), "DEPLOYED": "yes"}
        found["exportedEnvironmentVariables"] = variables(exported)
    return {**found, **override}


def made(number: int, status: str = "SUCCEEDED", **override: Any) -> dict[str, Any]:
    """A build of the project that builds, which made the image of its number if it succeeded."""
    found = build(
        number, status, projectName="auth0-api-build", id=f"auth0-api-build:{number:08d}-0000-4000-8000-000000000000"
    )
    if status == "SUCCEEDED":
        found["exportedEnvironmentVariables"] = variables({"COMMIT": commit(number), "IMAGE": image(number)})
    return {**found, **override}


def in_staging(number: int, status: str = "SUCCEEDED", **override: Any) -> dict[str, Any]:
    """A deployment to staging, of the image of its number if it succeeded."""
    own = {"projectName": "auth0-api-staging", "id": f"auth0-api-staging:{number:08d}-0000-4000-8000-000000000000"}
    return {**build(number, status), **own, **override}


def variables(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def failed(number: int, phase: str = "BUILD", message: str = "exit status 1", status: str = "FAILED") -> dict[str, Any]:
    """A build that failed in a phase."""
    context = {"statusCode": "COMMAND_EXECUTION_ERROR", "message": message}
    phases = [
        {"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED"},
        {"phaseType": phase, "phaseStatus": status, "contexts": [context]},
        {"phaseType": "COMPLETED"},
    ]
    return build(number, status, phases=phases)


def log(token: str, *messages: str) -> dict[str, Any]:
    """An answer of GetLogEvents."""
    found = [
        {"timestamp": 1_795_000_000_000 + at, "message": text, "ingestionTime": 0} for at, text in enumerate(messages)
    ]
    return {"events": found, "nextForwardToken": f"f/{token}", "nextBackwardToken": "b/0"}


def cluster(version: str = "1.36", mode: str = "API", status: str = "ACTIVE") -> dict[str, Any]:
    """An answer of DescribeCluster."""
    access = {"authenticationMode": mode}
    return {"cluster": {"name": "auth0-api", "version": version, "status": status, "accessConfig": access}}


def connection(status: str = "AVAILABLE") -> dict[str, Any]:
    """An answer of GetConnection."""
    return {"Connection": {"ConnectionName": "github", "ConnectionArn": CONNECTION, "ConnectionStatus": status}}


def images(*numbers: int) -> dict[str, Any]:
    """An answer of DescribeImages."""
    return {
        "imageDetails": [
            {"imageDigest": digest(number), "imageTags": [commit(number)], "imagePushedAt": ago(100 - number)}
            for number in numbers
        ]
    }
