"""The rights that each command of the pipeline needs, as IAM calls them.

What CloudFormation does for `up` and `down` it does with the person's own rights, which are not listed here: creating
and deleting what is in deploy/aws/pipeline.yaml.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUILDS = ("cloudformation:DescribeStacks", "codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject")

ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "up": (
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DeleteStack",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeEvents",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:GetTemplateSummary",
            "cloudformation:ListStackResources",
            "codeconnections:GetConnection",
            "ecr:DescribeRepositories",
            "eks:DescribeCluster",
        ),
        "status": (*_BUILDS, "cloudformation:DescribeStackEvents"),
        "build": (*_BUILDS, "codebuild:StartBuild", "logs:GetLogEvents"),
        "logs": (*_BUILDS, "logs:GetLogEvents"),
        "rollback": (*_BUILDS, "codebuild:StartBuild", "ecr:DescribeImages", "logs:GetLogEvents"),
        "promote": (*_BUILDS, "codebuild:StartBuild", "logs:GetLogEvents"),
        "down": (
            "cloudformation:DeleteStack",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:GetTemplate",
            "cloudformation:ListStackResources",
        ),
    }
)
