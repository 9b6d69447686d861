"""Which commit `deploy/rollout` puts over which: never an older one over a newer one, unless it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..kubernetes import Cluster
from .project import SPACE, Project, commit_of, image, serving


def test_an_older_commit_is_not_deployed_unless_that_is_wanted(project: Project, production: Cluster) -> None:
    old = project.git("rev-parse", "HEAD")
    new = project.commit("newer")
    project.rollout(image("2"))
    status, log = project.rollout(image("1"), COMMIT=old)
    assert (status, log) == (3, f"Nothing is deployed: {SPACE} runs {new}, which is newer than {old}.\n")
    assert serving(production) == [image("2")]
    status, log = project.rollout(image("1"), COMMIT=old, ROLLBACK="yes")
    assert status == 0, log
    assert serving(production) == [image("1")]
    assert commit_of(production) == old
    # What is newer may follow again, as ever.
    status, log = project.rollout(image("2"), COMMIT=new)
    assert status == 0, log
    assert commit_of(production) == new


def test_of_two_branches_each_may_follow_the_other(project: Project, production: Cluster) -> None:
    base = project.git("rev-parse", "HEAD")
    one = project.commit("one")
    project.rollout(image("1"))
    project.git("checkout", "--quiet", base)
    other = project.commit("other")
    status, log = project.rollout(image("2"))
    assert status == 0, log
    assert commit_of(production) == other
    status, log = project.rollout(image("1"), COMMIT=one)
    assert status == 0, log
    assert commit_of(production) == one


@pytest.mark.parametrize("options", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_a_build_that_was_overtaken_fetches_what_it_does_not_know(
    project: Project, production: Cluster, tmp_path: Path, options: tuple[str, ...]
) -> None:
    old = project.git("rev-parse", "HEAD")
    overtaken = project.clone(tmp_path / "overtaken", *options)
    new = project.commit("pushed while it was built")
    project.rollout(image("2"))
    status, log = overtaken.rollout(image("1"))
    assert (status, log) == (3, f"Nothing is deployed: {SPACE} runs {new}, which is newer than {old}.\n")
    assert serving(production) == [image("2")]


def test_a_shallow_clone_deploys_what_is_newer(project: Project, production: Cluster, tmp_path: Path) -> None:
    project.rollout(image("1"))
    new = project.commit("newer")
    status, log = project.clone(tmp_path / "shallow", "--depth=1").rollout(image("2"))
    assert status == 0, log
    assert commit_of(production) == new


def test_when_nobody_can_tell_which_is_older_nothing_is_deployed(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    lost = {"metadata": {"annotations": {"auth0-api/commit": "0" * 40}}}
    production.patch("deployments.apps", SPACE, "auth0-api", lost, "somebody")
    new = project.commit("newer")
    status, log = project.rollout(image("2"))
    assert status == 1
    assert log == (
        f"Nothing was changed in {SPACE}: it runs {'0' * 40}, and git cannot tell whether {new} is older. "
        "ROLLBACK=yes deploys it anyway.\n"
    )
    status, log = project.rollout(image("2"), ROLLBACK="yes")
    assert status == 0, log
    assert commit_of(production) == new


def test_a_commit_may_be_named_as_git_knows_it(project: Project, production: Cluster) -> None:
    commit = project.git("rev-parse", "HEAD")
    status, log = project.rollout(image("1"), COMMIT="main")
    assert status == 0, log
    assert commit_of(production) == commit
