from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.aws.retained import kept_parts

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = [
    path for path in (Path(__file__).parent / "pipeline.yaml", ROOT / "deploy/aws/pipeline.yaml") if path.exists()
]


class Template(yaml.SafeLoader):
    """Takes CloudFormation's tags for what they hold."""


def _bare(loader: Any, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Template.add_multi_constructor("!", _bare)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_finds_in_a_template_what_a_yaml_reader_finds(path: Path) -> None:
    text = path.read_text()
    parts: dict[str, Any] = yaml.load(text, Template)["Resources"]
    policies = {name: part.get("DeletionPolicy") for name, part in parts.items()}
    assert kept_parts(text) == {
        name for name, policy in policies.items() if policy in ("Retain", "RetainExceptOnCreate")
    }
    assert re.search(r"^Resources:", text, re.MULTILINE)


def test_finds_it_in_a_json_template() -> None:
    resources = {"Images": {"DeletionPolicy": "Retain"}, "Role": {}, "Log": {"DeletionPolicy": "Delete"}}
    assert kept_parts({"Resources": resources}) == {"Images"}


def test_an_output_of_the_same_name_is_no_part() -> None:
    text = "Resources:\n  Role:\n    Type: A\nOutputs:\n  Role:\n    DeletionPolicy: Retain\n"
    assert kept_parts(text) == frozenset()
