"""`deploy/chosen`: what a deployment takes for the image that it is to roll out, and what it refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..aws.stand_in import stand_in
from ..aws_server import environment
from ..processes import CLEAN, ROOT
from ..tools import need
from .records import PROJECT, STAGING, Records
from .stage import SHIMS, URI

IMAGE = f"{URI}@sha256:{'1' * 64}"
COMMIT = "a" * 40


@pytest.fixture
def records() -> Iterator[Records]:
    need("uv", "pip install uv")
    with stand_in() as cloud:
        yield Records(cloud)


def chosen(records: Records, where: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    shims = {"SHIM_LOG": str(where / "asked"), "SHIM_HERE": str(where / "aws"), "PATH": f"{SHIMS}:{CLEAN['PATH']}"}
    given = {**CLEAN, **environment(records.cloud.address, where), **shims}
    return subprocess.run(
        [str(ROOT / "deploy/chosen")],
        env={**given, "REPOSITORY_URI": URI, "SOURCE_PROJECT": PROJECT, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "nothing is named"),
        ({"FROM_BUILD": "--ids"}, "FROM_BUILD is PROJECT:UUID"),
        ({"FROM_BUILD": f"{PROJECT}:0'"}, "FROM_BUILD is PROJECT:UUID"),
        ({"FROM_BUILD": f"{STAGING}:0000-0000"}, f"{STAGING}:0000-0000 is no build of {PROJECT}"),
        ({"ROLLBACK_IMAGE": IMAGE}, "not 40 hexadecimal digits"),
        ({"ROLLBACK_IMAGE": IMAGE, "ROLLBACK_COMMIT": "--force"}, "not 40 hexadecimal digits"),
        ({"ROLLBACK_IMAGE": f"elsewhere/x@sha256:{'1' * 64}", "ROLLBACK_COMMIT": COMMIT}, f"is not {URI}@sha256"),
        ({"ROLLBACK_IMAGE": f"{URI}:latest", "ROLLBACK_COMMIT": COMMIT}, f"is not {URI}@sha256"),
    ],
)
def test_what_it_is_told_has_to_have_its_form_before_anything_is_asked(
    records: Records, tmp_path: Path, variables: dict[str, str], says: str
) -> None:
    ended = chosen(records, tmp_path, **variables)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert says in ended.stderr
    assert records.cloud.requests == []


@pytest.mark.parametrize(
    ("exported", "status", "says"),
    [
        ({"COMMIT": COMMIT, "IMAGE": f"elsewhere/x@sha256:{'1' * 64}"}, "SUCCEEDED", f"is not {URI}@sha256"),
        ({"COMMIT": "main", "IMAGE": IMAGE}, "SUCCEEDED", "not 40 hexadecimal digits"),
        ({"COMMIT": COMMIT, "IMAGE": IMAGE}, "FAILED", "is FAILED, so nothing of it is deployed"),
        ({"COMMIT": COMMIT, "IMAGE": ""}, "SUCCEEDED", "has made no image, so there is nothing to roll out"),
        ({"COMMIT": COMMIT, "IMAGE": IMAGE, "DEPLOYED": "no"}, "SUCCEEDED", "was overtaken and deployed nothing"),
    ],
)
def test_what_is_on_record_has_to_be_an_image_of_a_build_that_succeeded(
    records: Records, tmp_path: Path, exported: dict[str, str], status: str, says: str
) -> None:
    name = records.begin(PROJECT)
    records.end(name, exported, status=status)
    ended = chosen(records, tmp_path, FROM_BUILD=name)
    assert ended.stdout == ""
    assert says in ended.stderr


def test_it_is_the_commit_the_image_and_whether_it_is_a_rollback(records: Records, tmp_path: Path) -> None:
    name = records.begin(PROJECT)
    records.end(name, {"COMMIT": COMMIT, "IMAGE": IMAGE})
    arn = f"arn:aws:codebuild:eu-central-1:123456789012:build/{name}"
    assert chosen(records, tmp_path, FROM_BUILD=arn).stdout == f"{COMMIT} {IMAGE} no\n"
    back = chosen(records, tmp_path, ROLLBACK_IMAGE=IMAGE, ROLLBACK_COMMIT=COMMIT)
    assert back.stdout == f"{COMMIT} {IMAGE} yes\n"
