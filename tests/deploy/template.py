"""The pipeline's stack, read, and what its rules start."""

from __future__ import annotations

import json
from typing import Any

import yaml

from ..aws_server import REGION
from ..processes import ROOT

TEMPLATE = ROOT / "deploy/aws/pipeline.yaml"


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as its long ones."""


def _intrinsic(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _intrinsic)

STACK = yaml.load(TEMPLATE.read_text(), _Loader)
RESOURCES: dict[str, dict[str, Any]] = STACK["Resources"]


def started_by(rule: str, build: str) -> dict[str, str]:
    """What CodeBuild is told when `build` has succeeded, as EventBridge writes it from the rule's template.

    The event is shaped as CodeBuild documents it: it names the build by its ARN.
    """
    (target,) = RESOURCES[rule]["Properties"]["Targets"]
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {"build": "$.detail.build-id"}
    arn = f"arn:aws:codebuild:{REGION}:123456789012:build/{build}"
    told = json.loads(transformer["InputTemplate"].replace("<build>", arn))
    assert told.keys() == {"environmentVariablesOverride"}
    return {one["name"]: one["value"] for one in told["environmentVariablesOverride"]}
