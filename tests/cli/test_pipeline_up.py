"""`pipeline up`: against moto where it knows enough, scripted where it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..aws import examples
from ..aws.examples import CHANGE_SET_ID, CONNECTION, STACK, STACK_ID, event, events, stack
from ..aws.models import Refusal, operation
from ..aws.session import Time, ago
from ..aws.stand_in import StandIn
from ..aws_server import environment
from ..processes import CLEAN, ROOT
from .pipeline_command import Ended, assert_rights, one_line, pipeline, process

# moto says so of what it does not make: CodeBuild projects, access entries and Pod Identity.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")

STATUSES = operation("cloudformation", "DescribeStacks").service_model.shape_for("StackStatus").enum  # type: ignore[attr-defined]
GIVEN = ("--parameter", "Repository=example/api", "--parameter", f"ConnectionArn={CONNECTION}")

CREATE, MADE = "cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet"
EXECUTE, DISCARD = "cloudformation:ExecuteChangeSet", "cloudformation:DeleteChangeSet"
DESCRIBE, DELETE = "cloudformation:DescribeStacks", "cloudformation:DeleteStack"
EVENTS = "cloudformation:DescribeStackEvents"
ABSENT = Refusal("ValidationError", f"Stack with id {STACK} does not exist")
NO_REPOSITORY = Refusal("RepositoryNotFoundException", "The repository with name 'auth0-api' does not exist")
ADDED = {"Type": "Resource", "ResourceChange": {"Action": "Add", "LogicalResourceId": "Alarm", "ResourceType": "AWS::SNS::Topic"}}  # fmt: skip


def prepared(cloud: StandIn) -> None:
    """A cluster and a connection, as they have to be. moto knows no connections, and no access entries."""
    cloud.on("eks:DescribeCluster", examples.cluster())
    cloud.on("codeconnections:GetConnection", examples.connection())


def scripted(cloud: StandIn, before: Any = ABSENT, after: str = "CREATE_COMPLETE", *happens: dict[str, Any]) -> None:
    """All of AWS, for a change that ends in `after`; `happens` on the way."""
    prepared(cloud)
    cloud.on(
        "cloudformation:GetTemplateSummary",
        {
            "Parameters": [
                {"ParameterKey": "Repository"},
                {"ParameterKey": "ConnectionArn"},
                {"ParameterKey": "Branch", "DefaultValue": "main"},
                {"ParameterKey": "ClusterName", "DefaultValue": "auth0-api"},
                {"ParameterKey": "CreateRepository", "DefaultValue": "yes"},
            ]
        },
    )
    cloud.on("ecr:DescribeRepositories", NO_REPOSITORY)
    cloud.on("cloudformation:ListStackResources", {"StackResourceSummaries": []})
    cloud.on(DESCRIBE, before, stack(after))
    cloud.on(CREATE, {"Id": CHANGE_SET_ID, "StackId": STACK_ID})
    cloud.on(MADE, {"Status": "CREATE_IN_PROGRESS"}, {"Status": "CREATE_COMPLETE", "Changes": [ADDED]})
    cloud.on(DISCARD, {})
    cloud.on(EXECUTE, {})
    cloud.on(DELETE, {})
    known = event(0, STACK, "REVIEW_IN_PROGRESS")
    cloud.on(EVENTS, events(known), events(known, *happens, event(99, STACK, after)))


def told_parameters(request: Any) -> dict[str, str]:
    """What a change set was told: values, and `kept` for those that stay."""
    numbers = [name.split(".")[2] for name in request if name.endswith(".ParameterKey")]
    return {
        request[f"Parameters.member.{number}.ParameterKey"]: request.get(
            f"Parameters.member.{number}.ParameterValue", "kept"
        )
        for number in numbers
    }


def untouched(cloud: StandIn) -> bool:
    return not {CREATE, EXECUTE, DELETE} & {request.action for request in cloud.requests}


def test_creates_the_pipeline_in_a_process_of_its_own(cloud_on_moto: StandIn, tmp_path: Path) -> None:
    prepared(cloud_on_moto)
    ended = process(cloud_on_moto, "up", *GIVEN, directory=tmp_path, stdin="y\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"Create {STACK} in eu-central-1:" in ended.stdout
    for part in (
        "add  ImageRepository",
        "AWS::Logs::LogGroup",
        "Do it? [y/N]",
        "CREATE_IN_PROGRESS",
        f"{STACK} is CREATE_COMPLETE.",
    ):
        assert part in ended.stdout
    assert "\x1b" not in ended.stdout


def test_an_update_keeps_what_is_not_given(cloud: StandIn) -> None:
    scripted(cloud, stack(), "UPDATE_COMPLETE")
    ended = pipeline(cloud, "up", "--parameter", "Branch=next", "--yes", "--json")
    document = json.loads(ended.out)
    assert (ended.status, document["status"], document["changed"]) == (0, "UPDATE_COMPLETE", True)
    told = told_parameters(cloud.asked(CREATE)[0])
    assert told["Repository"] == told["ConnectionArn"] == told["ClusterName"] == "kept"
    assert (told["Branch"], told["CreateRepository"]) == ("next", "yes")


def test_nothing_to_change_is_said_and_leaves_nothing_behind(cloud: StandIn) -> None:
    scripted(cloud, stack())
    cloud.on(
        MADE, {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes. Submit other."}
    )
    assert pipeline(cloud, "up") == Ended(0, "Nothing has to change.\n", "")
    assert cloud.asked(DISCARD)[0]["ChangeSetName"] == CHANGE_SET_ID
    assert cloud.asked(EXECUTE) == cloud.asked(DELETE) == []
    document = json.loads(pipeline(cloud, "up", "--yes", "--json").out)
    assert document == {"stack": STACK, "region": "eu-central-1", "warnings": [], "changed": False, "changes": []}


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "yes please\n"])
def test_whoever_does_not_say_yes_changes_nothing(cloud_on_moto: StandIn, typed: str) -> None:
    prepared(cloud_on_moto)
    ended = pipeline(cloud_on_moto, "up", *GIVEN, typed=typed)
    assert (ended.status, ended.err) == (1, "Nothing was changed.\n")
    assert len(cloud_on_moto.asked(DISCARD)) == len(cloud_on_moto.asked(DELETE)) == 1
    assert "There is no stack" in pipeline(cloud_on_moto, "down", "--confirm", STACK).out


def test_declining_an_update_leaves_the_stack_alone(cloud: StandIn) -> None:
    scripted(cloud, stack())
    assert pipeline(cloud, "up", typed="n\n").status == 1
    assert len(cloud.asked(DISCARD)) == 1
    assert cloud.asked(DELETE) == cloud.asked(EXECUTE) == []


def test_declining_leaves_a_stack_alone_that_somebody_else_created_meanwhile(cloud: StandIn) -> None:
    scripted(cloud, ABSENT, "CREATE_IN_PROGRESS")
    assert pipeline(cloud, "up", *GIVEN, typed="n\n").status == 1
    assert cloud.asked(DELETE) == []


def test_a_replacement_and_a_removal_stand_out(cloud: StandIn) -> None:
    scripted(cloud, stack())
    details = [{"Target": {"Attribute": "Properties", "Name": "Name"}}]
    changes = [
        {
            "Action": "Remove",
            "LogicalResourceId": "Alarm",
            "ResourceType": "AWS::SNS::Topic",
            "PhysicalResourceId": "t",
        },
        {"Action": "Modify", "Replacement": "True", "LogicalResourceId": "Deploy", "Details": details},
        {"Action": "Modify", "Replacement": "False", "LogicalResourceId": "Check"},
        {"Action": "Remove", "PolicyAction": "Retain", "LogicalResourceId": "Images"},
    ]
    pages = [{"Type": "Resource", "ResourceChange": change} for change in changes]
    cloud.on(
        MADE,
        {"Status": "CREATE_COMPLETE", "Changes": pages[:2], "NextToken": "more"},
        {"Status": "CREATE_COMPLETE", "Changes": pages[2:]},
    )
    lines = pipeline(cloud, "up", typed="n\n").out.splitlines()
    assert [line.split()[:2] for line in lines[2:6]] == [["modify", "Check"], ["release", "Images"], ["REMOVE", "Alarm"], ["REPLACE", "Deploy"]]  # fmt: skip
    assert lines[5].rstrip().endswith("Name")


def test_a_change_of_no_part_is_told(cloud: StandIn) -> None:
    scripted(cloud, stack(), "UPDATE_COMPLETE")
    cloud.on(MADE, {"Status": "CREATE_COMPLETE", "Changes": []})
    ended = pipeline(cloud, "up", "--yes")
    assert ended.status == 0
    assert "none of its parts" in ended.out
    assert "DeployProject        auth0-api-deploy" in ended.out


def test_what_is_missing_is_named_before_anything_is_made(cloud: StandIn) -> None:
    scripted(cloud)
    ended = pipeline(cloud, "up", "--yes")
    assert (ended.status, one_line(ended.err)) == (2, True)
    assert "--parameter Repository=… --parameter ConnectionArn=…" in ended.err
    assert untouched(cloud)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("Brunch=main", "The template has no parameter Brunch."),
        ("CreateRepository=no", "CreateRepository is not for you to give"),
        ("Branch", "is not KEY=VALUE"),
        ("ConnectionArn=arn:aws:iam::1:role/x", "ConnectionArn is arn:aws:codeconnections:"),
    ],
)
def test_a_wrong_parameter_is_wrong_usage(cloud: StandIn, given: str, says: str) -> None:
    scripted(cloud, stack())
    ended = pipeline(cloud, "up", "--parameter", given, "--yes")
    assert (ended.status, one_line(ended.err)) == (2, True)
    assert says in ended.err
    assert untouched(cloud)


@pytest.mark.parametrize(
    ("exists", "owned", "creates"),
    [(False, False, "yes"), (True, False, "no"), (True, True, "yes"), (False, True, "yes")],
)
def test_the_repository_is_created_unless_somebody_elses_is_there(
    cloud: StandIn, exists: bool, owned: bool, creates: str
) -> None:
    scripted(cloud, stack())
    if exists:
        cloud.on("ecr:DescribeRepositories", {"repositories": [{"repositoryName": "auth0-api"}]})
    part = {
        "LogicalResourceId": "Images",
        "PhysicalResourceId": "auth0-api",
        "ResourceType": "AWS::ECR::Repository",
        "ResourceStatus": "CREATE_COMPLETE",
        "LastUpdatedTimestamp": ago(9),
    }
    cloud.on("cloudformation:ListStackResources", {"StackResourceSummaries": [part] if owned else []})
    pipeline(cloud, "up", typed="n\n")
    assert told_parameters(cloud.asked(CREATE)[0])["CreateRepository"] == creates


@pytest.mark.parametrize(
    ("action", "answer", "says"),
    [
        ("eks:DescribeCluster", Refusal("ResourceNotFoundException", "No cluster", 404), "There is no cluster auth0-api in eu"),
        ("eks:DescribeCluster", examples.cluster(mode="CONFIG_MAP"), "authenticationMode=API_AND_CONFIG_MAP"),
        ("codeconnections:GetConnection", examples.connection("PENDING"), "Update pending connection"),
        ("codeconnections:GetConnection", examples.connection("ERROR"), "GitHub is ERROR"),
        ("codeconnections:GetConnection", Refusal("ResourceNotFoundException"), "There is no connection arn:aws:"),
        ("cloudformation:GetTemplateSummary", Refusal("ValidationError", "Template format error"), "Template format error"),
        (CREATE, Refusal("AccessDenied", "User: u is not authorized to perform: cloudformation:CreateChangeSet on resource: r"), "AWS denies cloudformation:CreateChangeSet to u on r."),
    ],
)  # fmt: skip
def test_what_would_fail_later_is_said_now(cloud: StandIn, action: str, answer: Any, says: str) -> None:
    scripted(cloud)
    cloud.on(action, answer)
    ended = pipeline(cloud, "up", *GIVEN, "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert says in ended.err
    assert cloud.asked(EXECUTE) == []


def test_a_cluster_of_another_version_is_warned_of(cloud: StandIn) -> None:
    scripted(cloud)
    cloud.on("eks:DescribeCluster", examples.cluster("1.31"))
    ended = pipeline(cloud, "up", *GIVEN, "--yes", "--json")
    assert ended.status == 0
    assert "Kubernetes 1.31, and the builds' kubectl is 1.36" in ended.err
    assert len(json.loads(ended.out)["warnings"]) == 1


@pytest.mark.parametrize(
    "status",
    [
        status
        for status in STATUSES
        if status.endswith(("FAILED", "IN_PROGRESS")) and status != "REVIEW_IN_PROGRESS"
    ],
)  # fmt: skip
def test_a_stack_that_cannot_be_changed_now_is_left_alone_and_told_how_to_go_on(cloud: StandIn, status: str) -> None:
    scripted(cloud, stack(status))
    ended = pipeline(cloud, "up", "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert ended.err.startswith(f"The stack {STACK} is {status}. ")
    assert "`pipeline " in ended.err
    assert untouched(cloud)


def test_a_stack_whose_creation_failed_is_deleted_first_and_created_with_what_it_had(cloud: StandIn) -> None:
    scripted(cloud)
    cloud.on(DESCRIBE, stack("ROLLBACK_COMPLETE"), stack("DELETE_COMPLETE"), stack("CREATE_COMPLETE"))
    gone = event(50, STACK, "DELETE_COMPLETE")
    created = event(99, STACK, "CREATE_COMPLETE")
    cloud.on(EVENTS, events(), events(gone), events(gone), events(gone, created))
    ended = pipeline(cloud, "up", typed="y\ny\n")
    assert (ended.status, ended.err) == (0, "")
    assert "Delete it first? [y/N]" in ended.out
    asked = cloud.asked(CREATE)[0]
    assert asked["ChangeSetType"] == "CREATE"
    assert told_parameters(asked)["Repository"] == "example/api"
    assert cloud.asked(DELETE)[0]["StackName"] == STACK_ID


def test_declining_to_delete_it_changes_nothing(cloud: StandIn) -> None:
    scripted(cloud, stack("ROLLBACK_COMPLETE"))
    assert pipeline(cloud, "up", typed="n\n").status == 1
    assert untouched(cloud)


def test_a_creation_that_was_begun_is_taken_up_and_declining_leaves_it(cloud: StandIn) -> None:
    scripted(cloud, stack("REVIEW_IN_PROGRESS", outputs={}))
    assert pipeline(cloud, "up", *GIVEN, typed="n\n").status == 1
    assert cloud.asked(CREATE)[0]["ChangeSetType"] == "CREATE"
    assert cloud.asked(DELETE) == []


def test_a_change_that_fails_tells_what_failed_first(cloud: StandIn) -> None:
    happens = (
        event(1, STACK, "CREATE_IN_PROGRESS"),
        event(2, "Deploy", "CREATE_FAILED", "Invalid connection"),
        event(3, "Check", "CREATE_FAILED", "Resource creation cancelled"),
        event(4, STACK, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Deploy, Check]."),
    )
    scripted(cloud, ABSENT, "ROLLBACK_COMPLETE", *happens)
    ended = pipeline(cloud, "up", *GIVEN, "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert f"The stack {STACK} ended as ROLLBACK_COMPLETE." in ended.err
    told = ended.out.partition("What failed first:")[2]
    assert "Invalid connection" in told
    assert "cancelled" not in told
    scripted(cloud, ABSENT, "ROLLBACK_COMPLETE", *happens)
    document = json.loads(pipeline(cloud, "up", *GIVEN, "--yes", "--json").out)
    assert [failure["part"] for failure in document["failures"]] == ["Deploy"]
    assert document["changed"] is False


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("Invalid template", "The change cannot be made: Invalid template"),
        ("failed: [AWS::EarlyValidation::PropertyValidation]", "Deploy: #/Source is required"),
    ],
)
def test_a_change_that_cannot_be_made_says_why(cloud: StandIn, reason: str, says: str) -> None:
    scripted(cloud)
    cloud.on(MADE, {"Status": "FAILED", "StatusReason": reason})
    found = {"LogicalResourceId": "Deploy", "ValidationStatusReason": "#/Source is required"}
    cloud.on("cloudformation:DescribeEvents", {"OperationEvents": [found, {"LogicalResourceId": "Check"}]})
    cloud.on(DESCRIBE, ABSENT, stack("REVIEW_IN_PROGRESS"))
    ended = pipeline(cloud, "up", *GIVEN, "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert says in ended.err
    assert len(cloud.asked(DISCARD)) == len(cloud.asked(DELETE)) == 1


def interrupt() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_during_the_change_says_that_it_goes_on(cloud: StandIn) -> None:
    scripted(cloud)
    cloud.on(MADE, {"Status": "CREATE_COMPLETE", "Changes": [ADDED]})
    cloud.on(EVENTS, events(), events(event(1, STACK, "CREATE_IN_PROGRESS")))
    ended = pipeline(cloud, "up", *GIVEN, "--yes", time=Time(interrupt))
    assert ended.status == 130
    assert ended.err == f"\nThe change of {STACK} goes on at AWS: `pipeline status` tells how far it is.\n"
    assert cloud.asked(DISCARD) == []


def test_ctrl_c_before_the_question_leaves_nothing_behind(cloud: StandIn) -> None:
    scripted(cloud)
    cloud.on(DESCRIBE, ABSENT, stack("REVIEW_IN_PROGRESS"))
    assert pipeline(cloud, "up", *GIVEN, "--yes", time=Time(interrupt)).status == 130
    assert len(cloud.asked(DISCARD)) == len(cloud.asked(DELETE)) == 1
    assert cloud.asked(EXECUTE) == []


def test_a_machine_is_not_asked(cloud: StandIn) -> None:
    ended = pipeline(cloud, "up", *GIVEN, "--json")
    assert ended == Ended(2, "", "--json asks nothing, so it needs --yes.\n")


def test_a_template_that_cannot_be_sent_is_wrong_usage(cloud: StandIn, tmp_path: Path) -> None:
    long = tmp_path / "long.yaml"
    long.write_text("#" * 51_201)
    assert "longer than 51200 bytes" in pipeline(cloud, "up", "--template", str(long)).err
    assert "cannot be read" in pipeline(cloud, "up", "--template", str(tmp_path / "none.yaml")).err
    assert pipeline(cloud, "up", "--template", "/dev/null") == Ended(2, "", "/dev/null is empty.\n")


def test_outside_a_clone_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "service").symlink_to(ROOT / "service")
    ended = subprocess.run(
        [sys.executable, "-m", "service", "pipeline", "up"],
        cwd=tmp_path,
        env={**CLEAN, "PYTHONPATH": str(tmp_path), **environment("http://127.0.0.1:9", tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == "deploy/aws/pipeline.yaml is not here: run it in a clone of the repository.\n"


def test_needs_these_rights_and_no_other(request: pytest.FixtureRequest) -> None:
    assert_rights(request, "up")
