"""The buildspec, executed: what becomes of a rollout that does not become ready, and of builds in another order."""

from __future__ import annotations

from .pipeline import Pipeline
from .project import commit_of


def test_a_rollout_that_does_not_become_ready_is_undone_and_the_build_is_red(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    _, good = pipeline.push()
    assert good.succeeded, good.log[-4000:]
    commit = pipeline.stage.commit("Break what runs", **{"service__local.py": "raise SystemExit\n"})
    image = pipeline.build().exported["IMAGE"]
    pipeline.cluster.broken.add(image.partition("@")[2])
    bad = pipeline.started()
    assert not bad.succeeded
    assert bad.exported == {"COMMIT": commit, "IMAGE": image, "DEPLOYED": "no"}
    assert "What ran before is back." in bad.log
    assert pipeline.running == good.exported["IMAGE"]
    assert commit_of(pipeline.cluster) == good.exported["COMMIT"]

    # The next good one goes through.
    settings = pipeline.settings
    overlay = "deploy/overlays/production/settings.env"
    changed = (pipeline.stage.source / overlay).read_text() + "JWKS_TTL=60\n"
    pipeline.stage.commit("Mend it", **{"service__local.py": "MENDED = True\n", overlay.replace("/", "__"): changed})
    _, mended = pipeline.push()
    assert mended.succeeded, mended.log[-4000:]
    assert pipeline.running == mended.exported["IMAGE"]
    assert pipeline.settings != settings

    # A build of an older commit that comes late leaves the newer one alone.
    pipeline.stage.git("checkout", "--quiet", good.exported["COMMIT"])
    _, late = pipeline.push()
    assert late.succeeded, late.log[-4000:]
    assert "which is newer than" in late.log
    assert late.exported == {**good.exported, "DEPLOYED": "no"}
    assert pipeline.running == mended.exported["IMAGE"]

    # But it may be returned to, with its settings: without tests and without building.
    pipeline.stage.git("checkout", "--quiet", "main")
    asked = len(pipeline.stage.asked)
    back = pipeline.rollback(good.exported["IMAGE"], good.exported["COMMIT"])
    assert back.succeeded, back.log[-4000:]
    assert pipeline.running == good.exported["IMAGE"]
    assert pipeline.settings == settings
    assert back.exported == {**good.exported, "DEPLOYED": "yes"}
    assert not [line for line in pipeline.stage.asked[asked:] if line.startswith("docker")]
