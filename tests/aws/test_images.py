from __future__ import annotations

import pytest

from service.aws.build import read_build
from service.aws.images import Image, NoSuchImage, Pushed, choose, images_in, images_made

from . import examples
from .examples import URI, commit, digest, image, images, variables
from .session import NOW, ago, session
from .stand_in import StandIn

TAG = f"{commit(1)}-01234567-89ab-cdef-0123-456789abcdef"
IMAGES = [
    Image(digest(1), commit(1), (TAG,), NOW),
    Image(digest(2), "abcdef0" + "1" * 33, ("abcdef0" + "1" * 33, "release-2"), NOW),
    Image(digest(3), "abcdef0" + "2" * 33, (commit(4),), NOW),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (commit(1), 0),
        (commit(1)[:7], 0),
        (digest(2), 1),
        (image(2), 1),
        (TAG, 0),
        ("abcdef02", 2),
    ],
)
def test_one_image_is_meant(wanted: str, index: int) -> None:
    assert choose(IMAGES, wanted) is IMAGES[index]


@pytest.mark.parametrize(
    "wanted", ["abcdef", "fffffff", "release-2", digest(9), "", "latest", digest(1)[:30], commit(4), TAG[:50]]
)
def test_no_image_is_meant(wanted: str) -> None:
    with pytest.raises(NoSuchImage, match="No image goes by"):
        choose(IMAGES, wanted)


def test_more_than_one_image_may_be_meant() -> None:
    with pytest.raises(NoSuchImage, match="Write more of it") as raised:
        choose(IMAGES, "abcdef0")
    assert all(image.commit in str(raised.value) for image in IMAGES[1:])


def test_the_tag_is_the_one_that_names_the_commit() -> None:
    assert [image.tag for image in IMAGES] == [TAG, "abcdef0" + "1" * 33, "abcdef0" + "2" * 33]


def test_images_come_from_all_pages_and_parts_of_images_do_not(cloud: StandIn) -> None:
    part = {"imageDigest": digest(9), "imagePushedAt": NOW}
    cloud.on(
        "ecr:DescribeImages", {**images(1, 3), "nextToken": "n"}, {"imageDetails": [*images(2)["imageDetails"], part]}
    )
    found = images_in(session(cloud.address), "auth0-api")
    assert found == {digest(number): Pushed((commit(number),), ago(100 - number)) for number in (1, 3, 2)}


def read(number: int, status: str = "SUCCEEDED", *, told: dict[str, str] | None = None, **exported: str):
    found = examples.build(number, status)
    if told is not None:
        found["environment"]["environmentVariables"] = variables(told)
    if exported:
        found["exportedEnvironmentVariables"] = variables(exported)
    return read_build(found)  # type: ignore[arg-type]


PUSHED = {digest(number): Pushed((commit(number),), ago(100 - number)) for number in (1, 2, 3, 9)}


def made(*builds: object) -> list[tuple[str, str]]:
    return [(one.digest, one.commit) for one in images_made(PUSHED, URI, [builds])]  # type: ignore[list-item]


def test_only_what_the_projects_own_builds_made_is_an_image_newest_first() -> None:
    assert made(read(1), read(3), read(2), read(8)) == [(digest(number), commit(number)) for number in (3, 2, 1)]


def test_the_commit_is_what_the_build_exported_whatever_the_tags_say() -> None:
    assert made(read(5, COMMIT=commit(7), IMAGE=image(9))) == [(digest(9), commit(7))]


def test_what_a_failed_rollout_has_built_is_an_image_too() -> None:
    assert made(read(2, "FAILED", COMMIT=commit(2), IMAGE=image(2), DEPLOYED="no")) == [(digest(2), commit(2))]


def test_a_rollback_has_made_nothing() -> None:
    told = {"ROLLBACK_IMAGE": image(9), "ROLLBACK_COMMIT": commit(9)}
    assert made(read(2, told=told, COMMIT=commit(9), IMAGE=image(9), DEPLOYED="yes")) == []


@pytest.mark.parametrize("exported", [f"elsewhere.example/auth0-api@{digest(1)}", digest(1), f"{URI}:1", f"{URI}@"])
def test_another_repositorys_image_is_none(exported: str) -> None:
    assert made(read(1, COMMIT=commit(1), IMAGE=exported)) == []


def test_no_more_builds_are_read_than_it_takes() -> None:
    pages = iter([[read(9), read(3)], [read(2), read(1)], [read(0)]])
    assert len(images_made(PUSHED, URI, pages)) == 4
    assert len([*pages]) == 1
