"""The pipeline's stack: what of it can be shown without AWS."""

from __future__ import annotations

import json
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
from .template import RESOURCES, STACK, TEMPLATE, started_by


def test_cfn_lint_finds_nothing() -> None:
    command = [need("uv", "pip install uv"), "tool", "run", "--from", "cfn-lint==1.58.0", "cfn-lint", str(TEMPLATE)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_checkov_finds_nothing() -> None:
    assert failures("cloudformation", TEMPLATE) == []


@pytest.mark.parametrize("project", ["BuildProject", "CheckProject"])
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
    # The last two are for pulling from AWS's public mirror under another limit.
    services = {action.split(":")[0] for action in granted("CheckRole")}
    assert services == {"logs", "codebuild", "codeconnections", "ecr-public", "sts"}
    assert RESOURCES["CheckProject"]["Condition"] == "Checks"


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
            # They have no resources: an account has one registry, and the public one is everybody's.
            without = ("ecr:GetAuthorizationToken", "ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken")
            assert statement["Action"] in without
    assert "ManagedPolicyArns" not in RESOURCES[role]["Properties"]


def test_the_alarms_topic_takes_what_builds_and_alarms_tell_and_nothing_else() -> None:
    found = RESOURCES["AlarmsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    by_service = {statement["Principal"]["Service"]: statement for statement in found}
    assert by_service.keys() == {"events.amazonaws.com", "cloudwatch.amazonaws.com"}
    for statement in found:
        assert statement["Effect"] == "Allow"
        assert (statement["Action"], statement["Resource"]) == ("sns:Publish", {"Ref": "Alarms"})
    # EventBridge documents that such a policy takes no condition: with one, no mail would arrive.
    assert "Condition" not in by_service["events.amazonaws.com"]
    assert by_service["cloudwatch.amazonaws.com"]["Condition"]


def test_no_role_of_a_build_may_start_one_or_do_anothers_work() -> None:
    """Who may start a build gives it commands of its own, so it would have that build's role."""
    starting = {role for role in ROLES if "codebuild:StartBuild" in granted(role)}
    assert starting == {"StartRole"}
    (trust,) = RESOURCES["StartRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    clusters = {role for role in ROLES if any(action.startswith("eks:") for action in granted(role))}
    assert clusters == {"DeployRole", "StagingRole"}
    # Tests and scanners run where the role knows no cluster, and without the host's privileges where one does.
    privileged = {
        name: resource["Properties"]["Environment"]["PrivilegedMode"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::CodeBuild::Project"
    }
    assert privileged == {"BuildProject": True, "CheckProject": True, "DeployProject": False, "StagingProject": False}
    assert "Triggers" not in RESOURCES["DeployProject"]["Properties"]
    for name in ("DeployProject", "StagingProject"):
        spec = yaml.safe_load((ROOT / RESOURCES[name]["Properties"]["Source"]["BuildSpec"]).read_text())
        words = " ".join(command for phase in spec["phases"].values() for command in phase["commands"])
        assert not re.search("deploy/(tests|audit|image|pull)|docker|uv ", words)


def test_what_succeeds_starts_the_next_environment() -> None:
    """With staging: a build starts staging, and staging production, if that is not left to `promote`."""
    rules = {name: RESOURCES[name] for name in ("BuiltForStaging", "ReadyForProduction")}
    assert {name: rule["Condition"] for name, rule in rules.items()} == {
        "BuiltForStaging": "HasStaging",
        "ReadyForProduction": "StartsProduction",
    }
    build, staging = {"Ref": "BuildProject"}, {"Ref": "StagingProject"}
    sources = {name: rule["Properties"]["EventPattern"]["detail"]["project-name"] for name, rule in rules.items()}
    assert sources == {"BuiltForStaging": [build], "ReadyForProduction": [{"Fn::If": ["HasStaging", staging, build]}]}
    for name, project in (("StagingProject", build), ("DeployProject", {"Fn::If": ["HasStaging", staging, build]})):
        variables = RESOURCES[name]["Properties"]["Environment"]["EnvironmentVariables"]
        assert {"Name": "SOURCE_PROJECT", "Value": project} in variables
    assert STACK["Conditions"]["StartsProduction"] == {
        "Fn::Or": [
            {"Fn::Not": [{"Condition": "HasStaging"}]},
            {"Fn::Equals": [{"Ref": "Promotion"}, "automatic"]},
        ]
    }
    started = started_by("ReadyForProduction", "p:0-1")
    assert started == {"FROM_BUILD": "arn:aws:codebuild:eu-central-1:123456789012:build/p:0-1"}


def test_every_night_the_project_that_builds_is_started() -> None:
    rule = RESOURCES["Nightly"]["Properties"]
    assert rule["ScheduleExpression"].startswith("cron(")
    (target,) = rule["Targets"]
    assert target["Arn"]["Fn::Sub"].endswith(":project/${AWS::StackName}-build")
    (variable,) = json.loads(target["Input"])["environmentVariablesOverride"]
    assert (variable["name"], variable["value"]) == ("NIGHTLY", "yes")


def test_the_registry_never_expires_what_an_environment_runs() -> None:
    repository = RESOURCES["ImageRepository"]["Properties"]
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    # ECR: an image that a rule selects is not expired by one of a lower priority.
    first, second = sorted(rules, key=lambda rule: rule["rulePriority"])
    assert first["selection"]["tagPrefixList"] == ["runs-"]
    assert first["selection"]["countNumber"] > len(OVERLAYS)
    assert second["selection"]["tagStatus"] == "any"
    assert repository["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    (excluded,) = repository["ImageTagMutabilityExclusionFilters"]
    assert excluded["ImageTagMutabilityExclusionFilterValue"] == "runs-*"
    assert '--image-tag="runs-$overlay"' in (ROOT / "deploy/mark").read_text()


ALARMS = {name: part["Properties"] for name, part in RESOURCES.items() if part["Type"] == "AWS::CloudWatch::Alarm"}


def test_each_alarm_reaches_the_topic() -> None:
    metrics = {one["MetricName"] for one in ALARMS.values()}
    assert metrics == {
        "FailedBuilds", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "UnHealthyHostCount", "HealthyHostCount",
    }  # fmt: skip
    for name, alarm in ALARMS.items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert alarm["AlarmDescription"]
    # Without any pod there is no figure either.
    assert ALARMS["NoHealthyTarget"]["TreatMissingData"] == "breaching"
    (target,) = RESOURCES["FailedBuilds"]["Properties"]["Targets"]
    assert target["Arn"] == {"Ref": "Alarms"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_for_one_service_only_and_for_this_account(role: str) -> None:
    (trust,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Principal"]) == {"Service"}
    assert trust["Condition"]


# What the words of a script ask of AWS.
ACTIONS = {
    "aws codebuild batch-get-builds": {"codebuild:BatchGetBuilds"},
    "aws codebuild list-builds-for-project": {"codebuild:ListBuildsForProject"},
    "aws ecr describe-images": {"ecr:DescribeImages"},
    "aws ecr wait": {"ecr:DescribeImageScanFindings"},
    "aws ecr describe-image-scan-findings": {"ecr:DescribeImageScanFindings"},
    "aws ecr get-login-password": {"ecr:GetAuthorizationToken"},
    "aws ecr-public get-login-password": {"ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"},
    "aws ecr batch-get-image": {"ecr:BatchGetImage"},
    "aws ecr put-image": {"ecr:PutImage"},
    "aws eks update-kubeconfig": {"eks:DescribeCluster"},
    # What a registry's client does (ECR's guide, "Pushing an image").
    "docker push": {
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload", "ecr:PutImage",
    },
}  # fmt: skip
# What CodeBuild does by itself, with the project's role.
SOURCE = {
    "logs:CreateLogStream", "logs:PutLogEvents",
    "codeconnections:GetConnection", "codeconnections:GetConnectionToken", "codeconnections:UseConnection",
}  # fmt: skip
REPORTS = {
    "codebuild:CreateReportGroup", "codebuild:CreateReport", "codebuild:UpdateReport", "codebuild:BatchPutTestCases",
    "codebuild:BatchPutCodeCoverages",
}  # fmt: skip


def needed(*commands: str) -> set[str]:
    """What the scripts that these commands run ask of AWS, and the scripts that those run."""
    text, found = " ".join(commands), set[str]()
    while new := set(re.findall(r"deploy/([a-z]+)\b", text)) - found:
        found |= new
        for name in new:
            script = ROOT / "deploy" / name
            text += "\n".join(
                line
                for line in (script.read_text() if script.is_file() else "").splitlines()
                if not line.strip().startswith("#")
            )
    asked = set(re.findall(r"\baws (?:codebuild|ecr|ecr-public|eks) [a-z0-9-]+|\bdocker push", text))
    return set[str]().union(*(ACTIONS[one] for one in asked))


def commands_of(project: str) -> list[str]:
    inline = RESOURCES[project]["Properties"]["Source"]["BuildSpec"]
    spec = yaml.safe_load((ROOT / inline).read_text() if inline.endswith(".yml") else inline)
    return [command for phase in spec["phases"].values() for command in phase["commands"]]


def test_what_is_used_is_granted_and_nothing_else() -> None:
    kept = {"s3:PutObject"}
    assert granted("BuildRole") == SOURCE | REPORTS | kept | needed(*commands_of("BuildProject"))
    assert granted("CheckRole") == SOURCE | REPORTS | needed(*commands_of("CheckProject"))
    for prefix in ("Deploy", "Staging"):
        assert granted(f"{prefix}Role") == SOURCE | needed(*commands_of(f"{prefix}Project"))
    for role in ("ServiceRole", "StagingServiceRole"):
        assert granted(role) == {"secretsmanager:GetSecretValue"}


@pytest.mark.parametrize(("prefix", "overlay"), [("Deploy", "production"), ("Staging", "staging")])
def test_the_clusters_side_and_the_stacks_agree(prefix: str, overlay: str) -> None:
    groups = RESOURCES[f"{prefix}Access"]["Properties"]
    assert "AccessPolicies" not in groups
    binding = one(render(f"bootstrap/namespaces/{overlay}"), "RoleBinding")
    assert [subject["name"] for subject in binding["subjects"]] == groups["KubernetesGroups"]
    identity = RESOURCES["ServiceIdentity" if overlay == "production" else "StagingServiceIdentity"]["Properties"]
    deployed = render(f"overlays/{overlay}")
    assert identity["ServiceAccount"] == one(deployed, "ServiceAccount")["metadata"]["name"]
    assert identity["Namespace"] == one(deployed, "Deployment")["metadata"]["namespace"]
    variables = RESOURCES[f"{prefix}Project"]["Properties"]["Environment"]["EnvironmentVariables"]
    assert {"Name": "OVERLAY", "Value": overlay} in variables


def test_the_cluster_fits() -> None:
    cluster = yaml.safe_load((ROOT / "deploy/aws/cluster.yaml").read_text())
    assert cluster["metadata"]["name"] == STACK["Parameters"]["ClusterName"]["Default"]
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    kubectl = re.search(r"^KUBECTL=1\.(\d+)\.\d+$", (ROOT / "deploy/tools").read_text(), re.MULTILINE)
    assert kubectl
    assert abs(int(kubectl[1]) - int(cluster["metadata"]["version"].partition(".")[2])) <= 1
    # What outlives a pod is collected.
    (collector,) = [one for one in cluster["addons"] if one["name"] == "amazon-cloudwatch-observability"]
    (association,) = collector["podIdentityAssociations"]
    assert association["permissionPolicyARNs"] == ["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]


# moto's CloudFormation takes these without looking at them, so that it completes says nothing of them.
NOT_PLAYED = {
    "AWS::CloudWatch::Alarm",
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
        "StagingSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:t-AbCdEf", "Staging": "yes",
        "LoadBalancer": "app/k8s-auth0api/0123456789abcdef", "TargetGroup": "targetgroup/k8s-auth0api/0123456789abcdef",
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
    assert repository["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    logs: Any = client("logs", aws)
    groups = logs.describe_log_groups()["logGroups"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        "/aws/codebuild/pipeline-build": 30,
        "/aws/codebuild/pipeline-deploy": 30,
        "/aws/codebuild/pipeline-staging": 30,
        "/aws/codebuild/pipeline-check": 30,
    }
