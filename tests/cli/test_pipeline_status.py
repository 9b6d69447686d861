"""`pipeline status`: what is deployed, what is rolling, and the last builds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..aws import examples
from ..aws.examples import STACK, commit, event, events, image, stack, variables
from ..aws.models import Refusal
from ..aws.stand_in import StandIn
from ..processes import ROOT
from .pipeline_command import assert_rights, built, one_line, pipeline, process

DESCRIBE, EVENTS = "cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"


def test_tells_what_is_deployed_and_what_is_rolling_in_a_process_of_its_own(cloud: StandIn, tmp_path: Path) -> None:
    check = examples.build(40, projectName="auth0-api-check", sourceVersion="pr/12", exportedEnvironmentVariables=[])
    built(cloud, examples.build(8, "IN_PROGRESS"), examples.build(7), check)
    ended = process(cloud, "status", directory=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Stack {STACK} in eu-central-1: CREATE_COMPLETE.")
    deployed, _, rest = ended.stdout.partition("Rolling:")
    assert f"{commit(7)} (build 7 of auth0-api-deploy" in deployed
    assert image(7) in deployed
    assert f"{commit(8)} (build 8 of auth0-api-deploy, phase BUILD" in rest
    assert "GitHub, pr/12" in rest.partition("Builds that check pull requests")[2]


def test_a_failed_rollout_and_then_a_good_one(cloud: StandIn) -> None:
    built(cloud, examples.failed(8, message="deploy/rollout exit status 1"), examples.build(7))
    ended = pipeline(cloud, "status")
    assert f"Deployed: {commit(7)}" in ended.out
    assert "FAILED" in ended.out
    document = json.loads(pipeline(cloud, "status", "--json").out)
    assert document["deployed"] == {"commit": commit(7), "image": image(7), "build": 7}
    failure = document["deploy"][0]["failure"]
    assert failure == {"phase": "BUILD", "messages": ["COMMAND_EXECUTION_ERROR deploy/rollout exit status 1"]}

    built(cloud, examples.build(9), examples.failed(8), examples.build(7))
    assert json.loads(pipeline(cloud, "status", "--json").out)["deployed"]["commit"] == commit(9)


def test_a_build_that_was_overtaken_deployed_nothing(cloud: StandIn) -> None:
    late = variables({"COMMIT": commit(8), "IMAGE": image(8), "DEPLOYED": "no"})
    built(cloud, examples.build(8, exportedEnvironmentVariables=late), examples.build(7))
    assert json.loads(pipeline(cloud, "status", "--json").out)["deployed"]["commit"] == commit(7)


def test_a_rollback_is_told_with_what_it_went_back_to(cloud: StandIn) -> None:
    told = variables({"ROLLBACK_IMAGE": image(5), "ROLLBACK_COMMIT": commit(5)})
    exported = variables({"COMMIT": commit(5), "IMAGE": image(5), "DEPLOYED": "yes"})
    back = examples.build(8, initiator="Admin/alice", exportedEnvironmentVariables=exported)
    back["environment"] = {**back["environment"], "environmentVariables": told}
    built(cloud, back, examples.build(7))
    ended = pipeline(cloud, "status")
    assert f"Deployed: {commit(5)} (build 8" in ended.out
    assert "rollback by alice" in ended.out


def test_with_staging_both_are_shown_and_what_differs(cloud: StandIn) -> None:
    built(cloud, examples.build(7), examples.in_staging(9), examples.in_staging(7), examples.made(9))
    cloud.on(DESCRIBE, stack(outputs={**examples.OUTPUTS, "StagingProject": "auth0-api-staging"}))
    ended = pipeline(cloud, "status")
    assert f"Staging:  {commit(9)}" in ended.out
    assert f"Deployed: {commit(7)}" in ended.out
    assert f"Staging is ahead of production: `git log {commit(7)[:12]}..{commit(9)[:12]}`" in ended.out
    assert "`pipeline promote` takes it on" in ended.out
    assert "A rollback takes about" in ended.out
    document = json.loads(pipeline(cloud, "status", "--json").out)
    assert document["staging_deployed"]["commit"] == commit(9)
    assert document["rollback_seconds"] == 240
    # What callers of staging did not reach runs there, and has not passed.
    exported = variables({"COMMIT": commit(9), "IMAGE": image(9), "DEPLOYED": "yes"})
    unreached = examples.in_staging(9, "FAILED", exportedEnvironmentVariables=exported)
    built(cloud, examples.build(7), unreached)
    cloud.on(DESCRIBE, stack(outputs={**examples.OUTPUTS, "StagingProject": "auth0-api-staging"}))
    ended = pipeline(cloud, "status")
    assert "FAILED: callers may not reach it" in ended.out
    assert "it has not passed there" in ended.out


def test_before_the_first_build_there_is_nothing(cloud: StandIn) -> None:
    built(cloud)
    ended = pipeline(cloud, "status")
    assert ended.status == 0
    assert "Deployed: nothing, as far as the last builds tell." in ended.out
    assert "Deployments to production: none yet" in ended.out


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_a_stack_that_is_stuck_tells_why_and_how_to_go_on(cloud: StandIn, status: str) -> None:
    cloud.on(DESCRIBE, stack(status, outputs={}))
    happened = (event(1, STACK, "CREATE_IN_PROGRESS"), event(2, "DeployAccess", "CREATE_FAILED", "No such cluster"))
    cloud.on(EVENTS, events(*happened, event(3, STACK, status)))
    ended = pipeline(cloud, "status")
    assert ended.status == 1
    assert "`pipeline " in ended.out
    assert "No such cluster" in ended.out.partition("What failed first:")[2]
    document = json.loads(pipeline(cloud, "status", "--json").out)
    assert document["failures"][0]["reason"] == "No such cluster"
    assert document["advice"]


def test_work_that_goes_on_is_told(cloud: StandIn) -> None:
    # As after a Ctrl-C.
    cloud.on(DESCRIBE, stack("CREATE_IN_PROGRESS", outputs={}))
    ended = pipeline(cloud, "status")
    assert ended.status == 0
    assert "CREATE_IN_PROGRESS" in ended.out


def test_without_a_pipeline_or_in_a_wrong_region_it_says_so(cloud: StandIn) -> None:
    cloud.on(DESCRIBE, Refusal("ValidationError", f"Stack with id {STACK} does not exist"))
    ended = pipeline(cloud, "status")
    assert (ended.status, ended.out, one_line(ended.err)) == (1, "", True)
    assert ended.err == (
        f"There is no stack {STACK} in eu-central-1. `pipeline up` creates it; --region and --stack name another one.\n"
    )


def test_a_denied_action_is_named(cloud: StandIn) -> None:
    cloud.on(DESCRIBE, Refusal("AccessDenied", "User: u is not authorized to perform: cloudformation:DescribeStacks"))
    ended = pipeline(cloud, "status")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert ended.err.startswith("AWS denies cloudformation:DescribeStacks to u.")


ROLE = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "There are no AWS credentials."),
        ({"AWS_DEFAULT_REGION": ""}, "Which region?"),
        ({"AWS_PROFILE": "nobody"}, "There is no AWS profile nobody."),
        ({"AWS_PROFILE": "", "AWS_DEFAULT_REGION": ""}, "Which region?"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:port"}, "This machine's settings for AWS cannot be used: "),
        ({"AWS_SESSION_TOKEN": "s3cret\nx"}, "The AWS credentials have a character that none has"),
        (
            {**ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such"},
            "This machine's settings for AWS cannot be used: looking for credentials ends in FileNotFoundError (/no/such)",
        ),
        ({"AWS_DEFAULT_REGION": "no region"}, "no region is not the name of a region"),
        ({"AWS_ENDPOINT_URL": "foo"}, "settings for AWS cannot be used: Invalid endpoint: foo"),
        ({"AWS_MAX_ATTEMPTS": "abc"}, "settings for AWS cannot be used: invalid literal for int()"),
    ],
)
def test_what_this_machine_lacks_is_told_in_one_line(
    cloud: StandIn, tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    ended = process(cloud, "status", directory=tmp_path, **environment)
    assert (ended.returncode, ended.stdout, one_line(ended.stderr)) == (2, "", True)
    assert says in ended.stderr


def test_a_role_that_asks_for_a_code_is_one_line_without_a_terminal(cloud: StandIn, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::123456789012:mfa/me\n"
        "[profile base]\naws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    own = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    for ended in (
        process(cloud, "status", directory=tmp_path, AWS_PROFILE="role", **own),
        process(cloud, "status", "--profile", "role", directory=tmp_path, AWS_PROFILE="", **own),
    ):
        assert (ended.returncode, one_line(ended.stderr)) == (2, True), ended.stderr
        assert "asks for an MFA code, and there is no terminal" in ended.stderr


def test_a_profile_of_aws_login_is_read_and_says_to_sign_in(cloud: StandIn, tmp_path: Path) -> None:
    """The errors recommend it, and without botocore[crt] it would end in a package that is missing."""
    (tmp_path / "config").write_text("[profile p]\nlogin_session = arn:aws:iam::123456789012:user/x\n")
    own = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    own["AWS_LOGIN_CACHE_DIRECTORY"] = str(tmp_path / "login")
    ended = process(cloud, "status", directory=tmp_path, AWS_PROFILE="p", **own)
    assert (ended.returncode, one_line(ended.stderr)) == (1, True), ended.stderr
    assert "Sign in again" in ended.stderr
    assert "crt" not in ended.stderr
    # On a person's machine alone: the image has no profile.
    assert "awscrt" not in (ROOT / "deploy/requirements.txt").read_text()


def test_the_usual_region_counts_and_a_blank_profile_is_none(cloud: StandIn, tmp_path: Path) -> None:
    for environment in (
        {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": ""},
        {"AWS_REGION": "'eu-central-1'\n", "AWS_DEFAULT_REGION": "no region"},
        {"AWS_PROFILE": ""},
        {"AWS_DEFAULT_PROFILE": " ", "AWS_PROFILE": "''"},
    ):
        built(cloud)
        assert process(cloud, "status", directory=tmp_path, **environment).returncode == 0
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    built(cloud)
    own = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_DEFAULT_REGION": ""}
    assert process(cloud, "status", directory=tmp_path, **own).returncode == 0


def test_a_proxy_that_cannot_be_one_is_told_by_name(cloud: StandIn, tmp_path: Path) -> None:
    ended = process(cloud, "status", directory=tmp_path, https_proxy="http://user:s3cret@proxy:port")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines()[1].startswith("  https_proxy: it cannot be used as a proxy")
    assert "s3cret" not in ended.stderr


def test_so_is_what_only_one_of_the_services_cannot_use(cloud: StandIn, tmp_path: Path) -> None:
    built(cloud)
    ended = process(cloud, "status", directory=tmp_path, AWS_ENDPOINT_URL_CODEBUILD="foo")
    assert (ended.returncode, one_line(ended.stderr)) == (2, True)
    assert "Invalid endpoint: foo" in ended.stderr


@pytest.mark.parametrize(
    ("program", "error"),
    [("/no/such", "FileNotFoundError (/no/such)"), ("echo s3cret", "JSONDecodeError"), ("echo null", "AttributeError")],
)
def test_a_program_that_gives_no_credentials_is_told_without_what_it_prints(
    cloud: StandIn, tmp_path: Path, program: str, error: str
) -> None:
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {program}\n")
    own = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    ended = process(cloud, "status", directory=tmp_path, **own)
    assert (ended.returncode, ended.stdout, one_line(ended.stderr)) == (2, "", True)
    assert ended.stderr.endswith(f"cannot be used: looking for credentials ends in {error}.\n")


def test_where_nobody_answers_that_is_said(cloud: StandIn, tmp_path: Path) -> None:
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    ended = process(cloud, "status", directory=tmp_path, **nobody)
    assert (ended.returncode, one_line(ended.stderr)) == (1, True)
    assert "Nobody answers at http://127.0.0.1:1" in ended.stderr


def test_needs_these_rights_and_no_other(request: pytest.FixtureRequest) -> None:
    assert_rights(request, "status")
