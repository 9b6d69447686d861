"""What `up` looks at before it has anything made: it says no early, and changes nothing yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...aws.change_sets import declared_parameters
from ...aws.clusters import get_cluster
from ...aws.connections import check_connection
from ...aws.errors import AwsFailed
from ...aws.images import REPOSITORY, repository_exists
from ...aws.parameters import WrongParameters, parse, resolve
from ...aws.stacks import resources_of
from ...aws.states import state_of
from .. import WrongUsage

if TYPE_CHECKING:
    import argparse

    from ...aws.parameters import Values
    from ...aws.session import Aws
    from ...aws.stacks import Stack

_TEMPLATE = Path(__file__).parents[3] / "deploy" / "aws" / "pipeline.yaml"
# In bytes; what is longer has to come from S3.
_LONGEST = 51_200

_CREATES_REPOSITORY = "CreateRepository"


class Prepared(NamedTuple):
    values: Values
    warnings: list[str]


def read_template(path: str | None) -> str:
    """Return the template. Raises WrongUsage where there is none."""
    place = _TEMPLATE if path is None else Path(path)
    try:
        template = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        if path is None:
            raise WrongUsage("deploy/aws/pipeline.yaml is not here: run it in a clone of the repository.") from None
        raise WrongUsage(f"{path} cannot be read.") from None
    if not template.strip():
        raise WrongUsage(f"{place} is empty.")
    if len(template.encode()) > _LONGEST:
        raise WrongUsage(f"{place} is longer than {_LONGEST} bytes, which CloudFormation does not take directly.")
    return template


def check_state(stack: Stack | None) -> None:
    """Raise AwsFailed when nothing can be done with a stack before something else is done about it."""
    if stack is None:
        return
    state = state_of(stack.status, stack.name)
    if state.kind in ("moving", "stuck"):
        raise AwsFailed(f"The stack {stack.name} is {stack.status}. {state.meaning} {state.advice}")


def prepare(options: argparse.Namespace, aws: Aws, template: str, stack: Stack | None) -> Prepared:
    """Return what the stack is going to be told. Raises WrongParameters, AwsFailed."""
    updates = stack is not None and state_of(stack.status, stack.name).kind == "ready"
    declared = declared_parameters(aws, template)
    given = parse(options.parameter)
    if _CREATES_REPOSITORY in given:
        raise WrongParameters(f"{_CREATES_REPOSITORY} is not for you to give: `up` sees whether the repository exists.")
    if any(parameter.name == _CREATES_REPOSITORY for parameter in declared):
        given[_CREATES_REPOSITORY] = _creates_repository(aws, stack if updates else None)
    values = resolve(declared, given, {} if stack is None else stack.parameters, updates=updates)
    cluster = get_cluster(aws, values["ClusterName"])
    if cluster.problem is not None:
        raise AwsFailed(cluster.problem)
    check_connection(aws, values["ConnectionArn"])
    return Prepared(values, cluster.warnings)


def _creates_repository(aws: Aws, stack: Stack | None) -> str:
    """Whether the stack has the repository: it keeps the one that it has, and takes nobody else's."""
    if stack is not None:
        parts = resources_of(aws, stack)
        if any(part.type == "AWS::ECR::Repository" and part.name == REPOSITORY for part in parts):
            return "yes"
    return "no" if repository_exists(aws) else "yes"
