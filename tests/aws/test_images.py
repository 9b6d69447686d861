from __future__ import annotations

import pytest

from service.aws.images import Image, NoSuchImage, choose, images_in

from .examples import commit, digest, image, images
from .session import NOW, session
from .stand_in import StandIn

IMAGES = [
    Image(digest(1), (commit(1),), NOW),
    Image(digest(2), ("abcdef0" + "1" * 33, "release-2"), NOW),
    Image(digest(3), ("abcdef0" + "2" * 33,), NOW),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (commit(1), 0),
        (commit(1)[:7], 0),
        (digest(2), 1),
        (image(2), 1),
        ("release-2", 1),
        ("abcdef02", 2),
    ],
)
def test_one_image_is_meant(wanted: str, index: int) -> None:
    assert choose(IMAGES, wanted) is IMAGES[index]


@pytest.mark.parametrize("wanted", ["abcdef", "fffffff", "release", digest(9), "", "latest", digest(1)[:30]])
def test_no_image_is_meant(wanted: str) -> None:
    with pytest.raises(NoSuchImage, match="No image goes by"):
        choose(IMAGES, wanted)


def test_more_than_one_image_may_be_meant() -> None:
    with pytest.raises(NoSuchImage, match="Write more of it") as raised:
        choose(IMAGES, "abcdef0")
    assert all(image.tag in str(raised.value) for image in IMAGES[1:])


def test_the_tag_is_the_commit_where_there_is_one() -> None:
    assert IMAGES[1].tag == "abcdef0" + "1" * 33
    assert Image(digest(1), ("b", "c"), NOW).tag == "b"


def test_images_come_newest_first_from_all_pages_and_parts_of_images_do_not(cloud: StandIn) -> None:
    part = {"imageDigest": digest(9), "imagePushedAt": NOW}
    cloud.on(
        "ecr:DescribeImages", {**images(1, 3), "nextToken": "n"}, {"imageDetails": [*images(2)["imageDetails"], part]}
    )
    found = images_in(session(cloud.address), "auth0-api")
    assert [image.digest for image in found] == [digest(3), digest(2), digest(1)]
