"""Which commit `deploy/rollout` puts over which: never an older one over a newer one, unless it is told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..kubernetes import Cluster, Pace
from ..tools import need
from .project import SPACE, Project, commit_of, deployment, image, serving


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


def annotate(production: Cluster, commit: str) -> None:
    """As anyone does who may change the Deployment."""
    changed = {"metadata": {"annotations": {"auth0-api/commit": commit}}}
    production.patch("deployments.apps", SPACE, "auth0-api", changed, "somebody")


@pytest.mark.parametrize(
    "written",
    [
        "--upload-pack=touch {marker};",
        "--upload-pack=touch {marker};|" + "a" * 40,
        "main",
        "+refs/heads/*:refs/heads/*",
        "{head}\n--upload-pack=touch {marker};",
        "{HEAD}",
        "{head}0",
        "\x1b[2J{head}",
    ],
)
def test_what_is_no_commit_at_the_deployment_reaches_no_command(
    project: Project, production: Cluster, tmp_path: Path, written: str
) -> None:
    head = project.git("rev-parse", "HEAD")
    project.rollout(image("1"))
    # An origin that is a path is where git runs what it is told to.
    project.git("remote", "add", "origin", str(project.root))
    marker = tmp_path / "marker"
    annotate(production, written.format(marker=marker, head=head, HEAD=head.upper()))
    new = project.commit("newer")
    status, log = project.rollout(image("2"))
    assert not marker.exists()
    assert status == 1
    assert log == (
        f"Nothing was changed in {SPACE}: the annotation auth0-api/commit of its Deployment is no commit of 40 "
        f"hexadecimal digits, so that nothing tells whether {new} is older. ROLLBACK=yes deploys it anyway.\n"
    )
    assert serving(production) == [image("1")]
    status, log = project.rollout(image("2"), ROLLBACK="yes")
    assert status == 0, log
    assert commit_of(production) == new
    assert not marker.exists()


def test_a_commit_may_be_named_as_git_knows_it(project: Project, production: Cluster) -> None:
    commit = project.git("rev-parse", "HEAD")
    status, log = project.rollout(image("1"), COMMIT="main")
    assert status == 0, log
    assert commit_of(production) == commit


def overtaking(production: Cluster, commit: str, letter: str) -> dict[str, Any]:
    """What another build puts there."""
    template = deployment(production)["spec"]["template"]
    (container,) = template["spec"]["containers"]
    return {
        "metadata": {"annotations": {"auth0-api/commit": commit}},
        "spec": {"template": {"spec": {"containers": [{**container, "image": image(letter)}]}}},
    }


def test_what_came_between_looking_and_applying_stays(project: Project, production: Cluster, tmp_path: Path) -> None:
    project.rollout(image("1"))
    old = project.commit("old")
    new = project.commit("new")
    # The other build applies while this one shows what would change.
    shim = tmp_path / "bin" / "kubectl"
    shim.parent.mkdir()
    real = need("kubectl")
    other = f'"{real}" --namespace {SPACE} annotate deployment auth0-api --overwrite auth0-api/commit={new}'
    shim.write_text(f'#!/bin/sh\nfor word; do [ "$word" = diff ] && {other} >/dev/null; done\nexec "{real}" "$@"\n')
    shim.chmod(0o755)
    status, log = project.rollout(image("2"), COMMIT=old, PATH=f"{shim.parent}:/usr/bin:/bin")
    assert status == 3
    assert log.endswith(f"Nothing is deployed: {SPACE} runs {new}, which is newer than {old}.\n")
    assert serving(production) == [image("1")]


@pytest.mark.parametrize("broken", [False, True])
def test_a_rollout_that_is_overtaken_leaves_the_rest_to_the_other_build(
    project: Project, production: Cluster, broken: bool
) -> None:
    project.rollout(image("1"))
    project.commit("new")
    production.pace = Pace.BY_HAND
    production.watched.clear()
    if broken:
        production.broken.add("3" * 64)
    rollout = project.start("production", image("2"))
    assert production.watched.wait(30)
    other = "f" * 40
    production.patch("deployments.apps", SPACE, "auth0-api", overtaking(production, other, "3"), "pipeline")
    production.pace = Pace.WHEN_WATCHED
    production.settle()
    log, _ = rollout.communicate(timeout=60)
    assert rollout.returncode == 3, log
    told = "Nothing is undone" if broken else "It was overtaken"
    assert log.endswith(f"{told}: {other} was put into {SPACE} meanwhile.\n")
    assert commit_of(production) == other
    (container,) = deployment(production)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == image("3")
