"""The pipeline's stack: what of it can be shown without AWS."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from ..aws_server import client
from ..processes import ROOT
from ..tools import need
from .checkov import failures
from .rendering import OVERLAYS, one, render

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


def test_cfn_lint_finds_nothing() -> None:
    command = [need("uv", "pip install uv"), "tool", "run", "--from", "cfn-lint==1.58.0", "cfn-lint", str(TEMPLATE)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_checkov_finds_nothing() -> None:
    assert failures("cloudformation", TEMPLATE) == []


@pytest.mark.parametrize("project", ["DeployProject", "CheckProject"])
def test_what_uv_downloads_is_what_is_cached(project: str) -> None:
    properties = RESOURCES[project]["Properties"]
    variables = {one["Name"]: one["Value"] for one in properties["Environment"]["EnvironmentVariables"]}
    inline = properties["Source"]["BuildSpec"]
    spec = yaml.safe_load((ROOT / inline).read_text() if inline == "buildspec.yml" else inline)
    assert spec["cache"]["paths"] == [f"{variables['UV_CACHE_DIR']}/**/*"]
    assert f"$cache:{variables['UV_CACHE_DIR']}" in (ROOT / "deploy/tests").read_text()


def test_a_pull_request_is_checked_and_can_change_nothing() -> None:
    project = RESOURCES["CheckProject"]["Properties"]
    (group,) = project["Triggers"]["FilterGroups"]
    events = {rule["Type"]: rule["Pattern"] for rule in group}
    assert events["EVENT"].split(", ") == [f"PULL_REQUEST_{name}" for name in ("CREATED", "UPDATED", "REOPENED")]
    assert project["Triggers"]["PullRequestBuildPolicy"]["RequiresCommentApproval"] == "FORK_PULL_REQUESTS"
    # Inline, so that no pull request rewrites it, and without a step that pushes or deploys.
    assert "deploy/tests" in project["Source"]["BuildSpec"]
    for word in ("push", "rollout", "connect", "deploy/image"):
        assert word not in project["Source"]["BuildSpec"]
    services = {action.split(":")[0] for action in granted("CheckRole")}
    assert services == {"logs", "codebuild", "codeconnections"}


def statements(role: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in RESOURCES[role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def granted(role: str) -> set[str]:
    actions = [statement["Action"] for statement in statements(role)]
    return {action for some in actions for action in ([some] if isinstance(some, str) else some)}


ROLES = [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::IAM::Role"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_wildcards(role: str) -> None:
    assert not any("*" in action for action in granted(role))
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        if statement["Resource"] == "*":
            # It has no resources: an account has one registry.
            assert statement["Action"] == "ecr:GetAuthorizationToken"
    assert "ManagedPolicyArns" not in RESOURCES[role]["Properties"]


def test_the_alarms_topic_takes_what_builds_tell_and_nothing_else() -> None:
    (statement,) = RESOURCES["AlarmsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", {"Ref": "Alarms"})
    assert set(statement["Principal"]) == {"Service"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_for_one_service_only_and_for_this_account(role: str) -> None:
    (trust,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Principal"]) == {"Service"}
    assert trust["Condition"]


def test_what_is_used_is_granted_and_nothing_else() -> None:
    # What the scripts ask for, by the words of the command line.
    scripts = "".join(
        (ROOT / "deploy" / name).read_text() for name in ("inputs", "tools", "tests", "image", "connect", "rollout")
    )
    actions = {
        "aws codebuild batch-get-builds": {"codebuild:BatchGetBuilds"},
        "aws codebuild list-builds-for-project": {"codebuild:ListBuildsForProject"},
        "aws ecr describe-images": {"ecr:DescribeImages"},
        "aws ecr get-login-password": {"ecr:GetAuthorizationToken"},
        "aws eks update-kubeconfig": {"eks:DescribeCluster"},
        # What a registry's client does (ECR's guide, "Pushing an image").
        "docker push": {
            "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload", "ecr:PutImage",
        },
    }  # fmt: skip
    asked = set(re.findall(r"\baws (?!docker|is too)[a-z0-9]+ [a-z0-9-]+|\bdocker push", scripts))
    assert asked == actions.keys()
    # What CodeBuild does by itself, with the project's role.
    by_itself = {
        "logs:CreateLogStream", "logs:PutLogEvents", "codebuild:CreateReportGroup", "codebuild:CreateReport",
        "codebuild:UpdateReport", "codebuild:BatchPutTestCases", "codebuild:BatchPutCodeCoverages",
        "codeconnections:GetConnection", "codeconnections:GetConnectionToken", "codeconnections:UseConnection",
    }  # fmt: skip
    assert granted("DeployRole") == by_itself.union(*actions.values())
    assert granted("CheckRole") == by_itself
    assert granted("ServiceRole") == {"secretsmanager:GetSecretValue"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_clusters_side_and_the_stacks_agree(overlay: str) -> None:
    groups = RESOURCES["DeployAccess"]["Properties"]
    assert "AccessPolicies" not in groups
    (group,) = groups["KubernetesGroups"]
    binding = one(render(f"bootstrap/namespaces/{overlay}"), "RoleBinding")
    assert [subject["name"] for subject in binding["subjects"]] == [group["Fn::Sub"].replace("${Overlay}", overlay)]
    identity = RESOURCES["ServiceIdentity"]["Properties"]
    deployed = render(f"overlays/{overlay}")
    assert identity["ServiceAccount"] == one(deployed, "ServiceAccount")["metadata"]["name"]
    assert (
        identity["Namespace"]["Fn::Sub"].replace("${Overlay}", overlay)
        == (one(deployed, "Deployment")["metadata"]["namespace"])
    )
    assert STACK["Outputs"]["Namespace"]["Value"] == identity["Namespace"]


def test_the_cluster_fits() -> None:
    cluster = yaml.safe_load((ROOT / "deploy/aws/cluster.yaml").read_text())
    assert cluster["metadata"]["name"] == STACK["Parameters"]["ClusterName"]["Default"]
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    kubectl = re.search(r"^KUBECTL=1\.(\d+)\.\d+$", (ROOT / "deploy/tools").read_text(), re.MULTILINE)
    assert kubectl
    assert abs(int(kubectl[1]) - int(cluster["metadata"]["version"].partition(".")[2])) <= 1


# moto's CloudFormation takes these without looking at them, so that it completes says nothing of them.
NOT_PLAYED = {
    "AWS::CodeBuild::Project",
    "AWS::EKS::AccessEntry",
    "AWS::EKS::PodIdentityAssociation",
    "AWS::SNS::TopicPolicy",
}


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
def test_moto_makes_what_it_knows_of(aws: str) -> None:
    cloudformation: Any = client("cloudformation", aws)
    parameters = {
        "Repository": "owner/name", "ConnectionArn": "arn:aws:codeconnections:eu-central-1:123456789012:connection/x",
        "SecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:s-AbCdEf", "AlarmEmail": "a@example.com",
    }  # fmt: skip
    cloudformation.create_stack(
        StackName="pipeline",
        TemplateBody=TEMPLATE.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (stack,) = cloudformation.describe_stacks(StackName="pipeline")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    made = {
        one["ResourceType"]
        for one in cloudformation.list_stack_resources(StackName="pipeline")["StackResourceSummaries"]
    }
    assert {resource["Type"] for resource in RESOURCES.values()} - made <= NOT_PLAYED
    ecr: Any = client("ecr", aws)
    (repository,) = ecr.describe_repositories()["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    logs: Any = client("logs", aws)
    groups = logs.describe_log_groups()["logGroups"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        "/aws/codebuild/pipeline-deploy": 30,
        "/aws/codebuild/pipeline-check": 30,
    }
