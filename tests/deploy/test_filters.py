"""What the stack's parameters may be, and which pushes and pull requests its webhooks take for theirs."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

import pytest

from ..processes import ROOT
from .template import RESOURCES, STACK

COMMIT = "0123456789abcdef" * 2 + "01234567"


def allowed(parameter: str, value: str) -> bool:
    """CloudFormation's rule: the pattern matches the whole of the value."""
    return re.fullmatch(STACK["Parameters"][parameter]["AllowedPattern"], value) is not None


def worked_out(value: Any, parameters: dict[str, str]) -> Any:
    """What CloudFormation makes of the functions that are used in a filter."""
    if not isinstance(value, dict):
        return [worked_out(one, parameters) for one in value] if isinstance(value, list) else value
    ((function, given),) = value.items()
    if function == "Ref":
        return parameters[given]
    if function == "Fn::Join":
        separator, parts = worked_out(given, parameters)
        return separator.join(parts)
    if function == "Fn::Split":
        separator, text = worked_out(given, parameters)
        return text.split(separator)
    assert function == "Fn::Sub"
    text, own = (given, {}) if isinstance(given, str) else given
    values = parameters | {name: worked_out(one, parameters) for name, one in own.items()}
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], text)


def ref_pattern(project: str, branch: str) -> str:
    (group,) = RESOURCES[project]["Properties"]["Triggers"]["FilterGroups"]
    (pattern,) = [rule["Pattern"] for rule in group if rule["Type"] in ("HEAD_REF", "BASE_REF")]
    found: str = worked_out(pattern, {"Branch": branch})
    return found


BRANCHES = ["main", "release-1.0", "team/fix_2.1.x", "v1..2", "a"]


@pytest.mark.parametrize("project", ["BuildProject", "CheckProject"])
@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_is_taken_for_itself_alone(project: str, branch: str) -> None:
    assert allowed("Branch", branch)
    pattern = ref_pattern(project, branch)
    assert re.search(pattern, f"refs/heads/{branch}")
    others = [
        f"{branch}x",
        f"x{branch}",
        f"{branch}/x",
        f"x/{branch}",
        branch.replace(".", "x"),
        branch.replace(".", ""),
    ]
    for other in others:
        assert other == branch or not re.search(pattern, f"refs/heads/{other}"), other
    assert not re.search(pattern, f"refs/tags/{branch}")
    assert not re.search(pattern, f"refs/heads/refs/heads/{branch}")


def test_a_dot_of_a_branch_is_a_dot() -> None:
    assert ref_pattern("BuildProject", "release-1.0") == r"^refs/heads/release-1\.0$"


@pytest.mark.parametrize(
    "wrong",
    [*(f"release{sign}0" for sign in "*+?|()[]{}^$\\ \n,:~"), ".*", "main|.*", "main$|x", "", "main\n",
     "-x", ".x", "/x", "pr/12", "refs/heads/main", "refs/pull/12/head", COMMIT],
)  # fmt: skip
def test_a_branch_has_no_other_sign_that_means_something_in_a_pattern(wrong: str) -> None:
    assert not allowed("Branch", wrong)


@pytest.mark.parametrize(
    ("parameter", "right", "wrong"),
    [
        ("Repository", ["owner/name", "Some-Owner/a.b_c-d"], ["owner", "owner/*", "-o/x", "../x", "a/b/c", "a/b\n", "o/x?y"]),
        ("StagingClusterName", ["", "auth0-api", "A_1"], ["*", "auth0-*", "a/b", "-a", "a b"]),
        ("LoadBalancer", ["none", "app/k8s-auth0api-1/0123456789abcdef"], ["", "*", "app/*/0", "net/x/0", "app/x/0/y"]),
        ("TargetGroup", ["none", "targetgroup/k8s-1/0123456789abcdef"], ["", "*", "targetgroup/*", "app/x/0"]),
        ("ClusterName", ["auth0-api", "A_1"], ["*", "auth0-*", "a/b", "", "-a", "a b", "auth0-api?"]),
        (
            "ConnectionArn",
            ["arn:aws:codeconnections:eu-central-1:123456789012:connection/5b6e2a27-7b2c-4d7c-a8f6-0f9d6cd7cf9f"],
            ["*", "arn:aws:codeconnections:*", "arn:aws:codeconnections:eu-central-1:123456789012:connection/*",
             "arn:aws:codeconnections:*:123456789012:connection/x", "arn:aws:iam::123456789012:role/x"],
        ),
        *((
            name,
            ["", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:auth0-api/production-AbCdEf"],
            ["*", "auth0-api/production", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"],
        ) for name in ("SecretArn", "StagingSecretArn")),
    ],
)  # fmt: skip
def test_no_parameter_is_a_pattern_of_several_things(parameter: str, right: list[str], wrong: list[str]) -> None:
    """A role's resource takes * and ? for anything; a URL and a command take them for themselves."""
    assert [value for value in right if not allowed(parameter, value)] == []
    assert [value for value in wrong if allowed(parameter, value)] == []


def test_every_parameter_that_is_text_is_held_to_a_pattern_or_a_list() -> None:
    free = [name for name, one in STACK["Parameters"].items() if not {"AllowedPattern", "AllowedValues"} & one.keys()]
    # No pattern and no command gets it: whoever creates the stack has to confirm the mail.
    assert free == ["AlarmEmail"]


def pattern() -> re.Pattern[str]:
    (group,) = RESOURCES["BuildProject"]["Properties"]["Triggers"]["FilterGroups"]
    (path,) = [rule["Pattern"] for rule in group if rule["Type"] == "FILE_PATH"]
    assert not any(rule.get("ExcludeMatchedPattern") for rule in group)
    return re.compile(path)


DOCUMENTS = ["README.md", "deploy/README.md", "LICENSE", ".gitignore", ".env.example", "tests/auth/test_jws.py",
             "deploy/aws/pipeline.yaml", "deploy/aws/cluster.yaml", "deploy/bootstrap/auto-mode/ingress-class.yaml",
             ".ci/run"]  # fmt: skip
CODE = ["service/app.py", "service/pages/static/token.js", "Dockerfile", ".dockerignore", "buildspec.yml",
        "pyproject.toml", "deploy/requirements.txt", "deploy/build-requirements.txt", "deploy/vex.openvex.json",
        "deploy/base/deployment.yaml", "deploy/overlays/production/settings.env", "deploy/components/traces/kustomization.yaml",
        "deploy/rollout", "deploy/image", "deploy/tools", "deploy/buildspec.yml", "deploy/advisories.py", "deploy/pins"]  # fmt: skip


def builds(*changed: str) -> bool:
    """CodeBuild's rule: a push builds where the path of one changed file at least has a match."""
    return any(pattern().search(path) for path in changed)


def test_a_change_of_documents_or_tests_only_builds_nothing() -> None:
    assert [path for path in DOCUMENTS if builds(path)] == []
    assert not builds(*DOCUMENTS)


@pytest.mark.parametrize("path", CODE)
def test_a_change_of_what_ships_builds_also_beside_documents(path: str) -> None:
    assert (ROOT / path).exists()
    assert builds(path)
    assert builds(*DOCUMENTS, path)


def test_every_file_is_one_or_the_other() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    shipping = {path.split("/")[0] for path in tracked if builds(path)}
    assert shipping == {"service", "deploy", "Dockerfile", ".dockerignore", "buildspec.yml", "pyproject.toml"}
    quiet = {path for path in tracked if path.startswith("deploy/") and not builds(path)}
    assert all(path.startswith(("deploy/aws/", "deploy/bootstrap/")) or path == "deploy/README.md" for path in quiet)


def test_what_a_night_takes_for_shipping_is_what_a_push_does() -> None:
    """CodeBuild is reported to look at the first hundred files of a push alone; the nightly build looks at all of them."""
    line = re.search(r"^ships=\((.*)\)$", (ROOT / "deploy/image").read_text(), re.MULTILINE)
    assert line
    paths = shlex.split(line[1])
    tracked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    everything = subprocess.run(tracked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    shipping = subprocess.run(
        [*tracked, "--", *paths], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert sorted(shipping) == sorted(path for path in everything if builds(path))
