"""Server-side apply, as Kubernetes documents it."""

from __future__ import annotations

import pytest

from . import Cluster
from .asking import CONFIG_MAPS, DEPLOYMENTS, Asking, config_map, deployment, owners, with_container

API = f"{DEPLOYMENTS}/api"


def test_applying_makes_what_is_not_there_and_owns_what_it_says_without_the_defaults(api: Asking) -> None:
    made = api.apply(DEPLOYMENTS, deployment())
    assert made["metadata"]["generation"] == 1
    assert made["metadata"]["uid"]
    assert made["spec"]["replicas"] == 1
    container = {"k:" + '{"name":"api"}': {".": {}, "f:name": {}, "f:image": {}, "f:ports": {
        "k:" + '{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}},
    }}}  # fmt: skip
    template = {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:containers": container}}
    assert owners(made) == {"pipeline": {"f:spec": {"f:selector": {}, "f:template": template}}}


def test_applying_the_same_again_is_no_change(api: Asking) -> None:
    api.apply(DEPLOYMENTS, deployment())
    before = api.get(API)
    assert api.apply(DEPLOYMENTS, deployment()) == before


def test_a_value_that_somebody_else_set_is_a_conflict_until_it_is_forced(api: Asking) -> None:
    api.apply(DEPLOYMENTS, deployment(replicas=2))
    api.patch(API, {"spec": {"replicas": 5}}, "autoscaler")
    refused = api.apply(DEPLOYMENTS, deployment(replicas=3), expected=409)
    assert refused["reason"] == "Conflict"
    assert (
        refused["message"] == 'Apply failed with 1 conflict: conflict with "autoscaler" using apps/v1: .spec.replicas'
    )
    assert refused["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "autoscaler" using apps/v1',
            "field": ".spec.replicas",
        }
    ]
    assert api.get(API)["spec"]["replicas"] == 5
    taken = api.apply(DEPLOYMENTS, deployment(replicas=3), force="true")
    assert taken["spec"]["replicas"] == 3
    assert "autoscaler" not in owners(taken)
    assert owners(taken)["pipeline"]["f:spec"]["f:replicas"] == {}


def test_conflicts_are_counted_and_named_by_their_paths(api: Asking) -> None:
    api.apply(DEPLOYMENTS, deployment("api:1", replicas=2), "one")
    refused = api.apply(DEPLOYMENTS, deployment("api:2", replicas=3), "two", expected=409)
    assert refused["message"] == (
        'Apply failed with 2 conflicts: conflicts with "one":\n'
        '- .spec.replicas\n- .spec.template.spec.containers[name="api"].image'
    )


def test_a_value_on_which_two_agree_has_two_owners(api: Asking) -> None:
    api.apply(CONFIG_MAPS, config_map(A="1", B="1"), "one")
    both = api.apply(CONFIG_MAPS, config_map(A="1"), "two")
    assert owners(both) == {"one": {"f:data": {"f:A": {}, "f:B": {}}}, "two": {"f:data": {"f:A": {}}}}


def test_what_is_applied_no_longer_goes_unless_somebody_else_owns_it(api: Asking) -> None:
    api.apply(CONFIG_MAPS, config_map(A="1", B="1", C="1"))
    api.apply(CONFIG_MAPS, config_map(B="1"), "other")
    api.patch(f"{CONFIG_MAPS}/settings", {"data": {"C": "2"}})
    left = api.apply(CONFIG_MAPS, config_map(A="1"))
    assert left["data"] == {"A": "1", "B": "1", "C": "2"}
    assert api.apply(CONFIG_MAPS, config_map())["data"] == {"B": "1", "C": "2"}


def test_what_was_never_applied_stays(api: Asking) -> None:
    api.apply(DEPLOYMENTS, deployment())
    api.patch(API, {"metadata": {"annotations": {"note": "mine"}}, "spec": {"replicas": 4}})
    after = api.apply(DEPLOYMENTS, deployment("api:2"))
    assert after["metadata"]["annotations"]["note"] == "mine"
    assert after["spec"]["replicas"] == 4


def test_items_of_a_list_are_merged_by_their_keys(api: Asking) -> None:
    first = with_container(deployment(), env=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}])
    api.apply(DEPLOYMENTS, first)
    api.apply(DEPLOYMENTS, with_container(deployment(), env=[{"name": "C", "value": "1"}]), "other")
    second = with_container(deployment(), env=[{"name": "B", "value": "2"}])
    (container,) = api.apply(DEPLOYMENTS, second)["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "B", "value": "2"}, {"name": "C", "value": "1"}]
    # Defaults that nobody owns go with the item that they are in.
    (container,) = api.apply(DEPLOYMENTS, with_container(deployment(), ports=[{"containerPort": 81}]))["spec"]["template"]["spec"]["containers"]  # fmt: skip
    assert [port["containerPort"] for port in container["ports"]] == [80, 81]


def test_other_lists_are_replaced_as_a_whole(api: Asking) -> None:
    source = [{"configMapRef": {"name": "a"}}, {"configMapRef": {"name": "b"}}]
    api.apply(DEPLOYMENTS, with_container(deployment(), envFrom=source))
    after = api.apply(DEPLOYMENTS, with_container(deployment(), envFrom=source[1:]))
    assert after["spec"]["template"]["spec"]["containers"][0]["envFrom"] == source[1:]
    refused = api.apply(DEPLOYMENTS, with_container(deployment(), envFrom=source), "other", expected=409)
    assert refused["details"]["causes"][0]["field"] == '.spec.template.spec.containers[name="api"].envFrom'


def test_a_dry_run_answers_as_if_and_changes_nothing(api: Asking, running: Cluster) -> None:
    made = api.apply(DEPLOYMENTS, deployment(), dryRun="All")
    assert made["metadata"]["uid"]
    assert "resourceVersion" not in made["metadata"]
    api.get(API, expected=404)
    api.apply(DEPLOYMENTS, deployment())
    before = api.get(API)
    assert api.apply(DEPLOYMENTS, deployment("api:2"), dryRun="All")["metadata"]["generation"] == 2
    api.apply(DEPLOYMENTS, deployment("api:2"), "other", dryRun="All", expected=409)
    assert api.get(API) == before
    assert len(running.list("replicasets.apps")) == 1


def test_the_generation_counts_changes_of_the_spec_alone(api: Asking) -> None:
    api.apply(DEPLOYMENTS, deployment())
    api.patch(API, {"metadata": {"annotations": {"note": "mine"}}, "status": {"replicas": 9}})
    after = api.get(API)
    assert after["metadata"]["generation"] == 1
    assert after["status"]["replicas"] == 1
    assert api.apply(DEPLOYMENTS, deployment(replicas=2))["metadata"]["generation"] == 2


@pytest.mark.parametrize("validation", ["Strict", "Ignore"])
def test_a_field_that_nobody_knows_is_refused(api: Asking, validation: str) -> None:
    wrong = with_container(deployment(), imagePullPolice="Always")
    refused = api.apply(DEPLOYMENTS, wrong, expected=500, fieldValidation=validation)
    assert refused["message"] == (
        "failed to create typed patch object (space/api; apps/v1, Kind=Deployment): "
        ".spec.template.spec.containers[0].imagePullPolice: field not declared in schema"
    )


def test_a_value_of_a_wrong_type_is_refused(api: Asking) -> None:
    refused = api.apply(DEPLOYMENTS, deployment(replicas="many"), expected=422)
    assert refused["message"].startswith('Deployment.apps "api" is invalid: spec.replicas: ')


def test_without_a_namespace_nothing_is_made_and_nothing_is_missed(api: Asking) -> None:
    elsewhere = DEPLOYMENTS.replace("/space/", "/elsewhere/")
    assert api.get(f"{elsewhere}/api", expected=404)["message"] == 'deployments.apps "api" not found'
    assert api.get(elsewhere)["items"] == []
    refused = api.apply(elsewhere, deployment(), expected=404, dryRun="All")
    assert refused["message"] == 'namespaces "elsewhere" not found'


def test_a_name_must_be_that_of_its_address(api: Asking) -> None:
    api.patch(API, {}, expected=404)
    api.apply(DEPLOYMENTS, deployment())
    assert api.patch(API, {"metadata": {"name": "other"}}, expected=400)["reason"] == "BadRequest"


def test_a_write_on_what_changed_meanwhile_is_refused(api: Asking) -> None:
    api.apply(CONFIG_MAPS, config_map(A="1"))
    refused = api.patch(f"{CONFIG_MAPS}/settings", {"metadata": {"resourceVersion": "1"}}, expected=409)
    assert "the object has been modified" in refused["message"]


def test_patches_are_of_four_kinds(api: Asking) -> None:
    api.create(DEPLOYMENTS, deployment())
    again = api.create(DEPLOYMENTS, deployment(), expected=409)
    assert again["message"] == 'deployments.apps "api" already exists'
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 1},
        {"op": "replace", "path": "/spec/replicas", "value": 2},
        {"op": "add", "path": "/metadata/labels", "value": {}},
        {"op": "add", "path": "/metadata/labels/a~1b", "value": "c"},
    ]
    patched = api.patch(API, operations, how="application/json-patch+json")
    assert (patched["spec"]["replicas"], patched["metadata"]["labels"]) == (2, {"a/b": "c"})
    wrong = [{"op": "replace", "path": "/spec/nothing", "value": 2}]
    api.patch(API, wrong, how="application/json-patch+json", expected=422)
    merged = api.patch(API, {"metadata": {"labels": {"a/b": None, "d": "e"}}})
    assert merged["metadata"]["labels"] == {"d": "e"}
    sidecar = {"name": "sidecar", "image": "proxy:1"}
    strategic = {"spec": {"template": {"spec": {"containers": [sidecar, {"name": "api", "$patch": "delete"}]}}}}
    how = "application/strategic-merge-patch+json"
    (container,) = api.patch(API, strategic, how=how)["spec"]["template"]["spec"]["containers"]
    assert container.items() >= sidecar.items()
    api.patch(API, {}, how="application/json", expected=415)
