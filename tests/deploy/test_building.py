"""`deploy/image`: which image it gives a build, with pipelines of several environments at one repository."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..aws.stand_in import stand_in
from ..aws_server import client
from ..tools import need, need_buildah
from .records import Records
from .stage import URI, Stage, set_up

FOREIGN = "sha256:" + "f" * 64


@pytest.fixture
def records(aws: str) -> Iterator[Records]:
    with stand_in(behind=aws) as cloud:
        yield Records(cloud)


@pytest.fixture
def stage(tmp_path: Path, aws: str, records: Records) -> Iterator[Stage]:
    need_buildah()
    need("docker-registry")
    with set_up(tmp_path, aws) as stage:
        stage.variables["AWS_ENDPOINT_URL"] = records.cloud.address
        yield stage


def put(stage: Stage, tag: str) -> str:
    """What the role of another environment's pipeline can do: push any image under any tag that is free."""
    ecr: Any = client("ecr", stage.aws)
    layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1, "digest": FOREIGN}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {**layer, "mediaType": "application/vnd.docker.container.image.v1+json"},
        "layers": [layer],
    }
    answer = ecr.put_image(repositoryName="auth0-api", imageTag=tag, imageManifest=json.dumps(manifest))
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest


def image(stage: Stage, build: str = "", **variables: str) -> str:
    ended = stage.script("image", URI, CODEBUILD_BUILD_ID=build, **variables)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert re.fullmatch(rf"{re.escape(URI)}@sha256:[0-9a-f]{{64}}\n", ended.stdout)
    return ended.stdout.strip()


def test_an_image_that_another_role_pushed_under_the_next_commit_is_not_taken(stage: Stage, records: Records) -> None:
    foreign = put(stage, stage.git("rev-parse", "HEAD"))
    assert not image(stage, records.begin()).endswith(foreign)
    assert stage.asked.count("docker push") == 1


def test_a_commit_is_built_once_for_a_pipeline_and_by_each_pipeline(stage: Stage, records: Records) -> None:
    commit = stage.git("rev-parse", "HEAD")
    first = records.begin()
    built = image(stage, first)
    records.end(first, {"COMMIT": commit, "IMAGE": built})
    assert stage.pushed() == [f"{commit}-{first.partition(':')[2]}"]
    asked = len(stage.asked)
    assert image(stage, records.begin()) == built
    assert not [line for line in stage.asked[asked:] if line.startswith("docker")]
    # Another environment's project has nothing on record.
    image(stage, records.begin("auth0-api-pipeline-staging-deploy"))
    assert stage.asked.count("docker push") == 2
    assert len(stage.pushed()) == 2


def test_what_is_on_record_is_taken_only_if_this_project_made_it_of_this_commit(stage: Stage, records: Records) -> None:
    digest = put(stage, "0" * 40)
    whole = {"COMMIT": stage.git("rev-parse", "HEAD"), "IMAGE": f"{URI}@{digest}"}
    for wrong in (
        {"COMMIT": "a" * 40},
        {"IMAGE": f"elsewhere.example/auth0-api@{digest}"},
        {"IMAGE": ""},
        {"IMAGE": f"{URI}@sha256:--all"},
    ):
        records.end(records.begin(), {**whole, **wrong})
    records.end(records.begin("auth0-api-pipeline-staging-deploy"), whole)
    assert image(stage, records.begin()) != f"{URI}@{digest}"
    assert stage.asked.count("docker push") == 1


def test_an_image_that_the_registry_has_not_any_more_is_built_again(stage: Stage, records: Records) -> None:
    gone = f"{URI}@{FOREIGN}"
    records.end(records.begin(), {"COMMIT": stage.git("rev-parse", "HEAD"), "IMAGE": gone})
    assert image(stage, records.begin()) != gone
    assert stage.asked.count("docker push") == 1


def test_where_the_record_cannot_be_seen_it_is_built(stage: Stage, records: Records) -> None:
    records.deny()
    ended = stage.script("image", URI, CODEBUILD_BUILD_ID=records.begin())
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert "what this project has built before cannot be seen" in ended.stderr
    assert stage.asked.count("docker push") == 1


def test_a_push_that_is_refused_gives_no_image(stage: Stage, records: Records) -> None:
    build = records.begin()
    put(stage, f"{stage.git('rev-parse', 'HEAD')}-{build.partition(':')[2]}")
    ended = stage.script("image", URI, CODEBUILD_BUILD_ID=build)
    assert (ended.returncode != 0, ended.stdout) == (True, "")
    assert "already exists" in ended.stderr


def test_what_would_be_an_option_or_a_pattern_reaches_no_command(stage: Stage) -> None:
    for argument, variables, says in (
        ("--help", {}, "REPOSITORY_URI is HOST/NAME"),
        ("--config=/x/y", {}, "REPOSITORY_URI is HOST/NAME"),
        (f"{URI}:latest", {}, "REPOSITORY_URI is HOST/NAME"),
        (URI, {"COMMIT": "main"}, "COMMIT is 40 hexadecimal digits"),
        (URI, {"COMMIT": "--all"}, "COMMIT is 40 hexadecimal digits"),
        (URI, {"CODEBUILD_BUILD_ID": "--region:0"}, "CODEBUILD_BUILD_ID is PROJECT:UUID"),
        (URI, {"CODEBUILD_BUILD_ID": "project"}, "CODEBUILD_BUILD_ID is PROJECT:UUID"),
        (URI, {"CODEBUILD_BUILD_ID": "project:0'"}, "CODEBUILD_BUILD_ID is PROJECT:UUID"),
    ):
        ended = stage.script("image", argument, **variables)
        assert (ended.returncode, ended.stdout) == (1, ""), (argument, variables)
        assert says in ended.stderr
    assert stage.asked == []
