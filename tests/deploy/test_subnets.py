"""`deploy/subnets`: the load balancer's addresses, from the cluster's own VPC."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from ..aws_server import client, environment
from ..processes import CLEAN
from .rendering import DEPLOY, one, text
from .stage import SHIMS


def subnets(where: Path, aws: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("base", "overlays"):
        shutil.copytree(DEPLOY / name, where / "deploy" / name, dirs_exist_ok=True)
    shutil.copy(DEPLOY / "subnets", where / "deploy/subnets")
    shims = {"SHIM_LOG": str(where / "asked"), "SHIM_HERE": str(where / "aws"), "PATH": f"{SHIMS}:{CLEAN['PATH']}"}
    return subprocess.run(
        [str(where / "deploy/subnets"), *arguments],
        env={**CLEAN, **environment(aws, where), **shims},
        capture_output=True,
        text=True,
        check=False,
    )


def cluster(aws: str, *, tagged: bool) -> list[str]:
    """A cluster in a VPC with two public subnets and a private one. Return the public ones' addresses."""
    ec2: Any = client("ec2", aws)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24")["Subnet"]["SubnetId"] for number in range(3)]
    if tagged:
        ec2.create_tags(Resources=made[:2], Tags=[{"Key": "kubernetes.io/role/elb", "Value": "1"}])
    eks: Any = client("eks", aws)
    network = {"subnetIds": made}
    eks.create_cluster(name="auth0-api", roleArn="arn:aws:iam::123456789012:role/c", resourcesVpcConfig=network)
    return ["10.9.0.0/24", "10.9.1.0/24"]


def test_the_policy_lets_in_the_clusters_public_subnets(aws: str, tmp_path: Path) -> None:
    public = cluster(aws, tagged=True)
    for overlay in ("staging", "production"):
        ended = subnets(tmp_path, aws, overlay, "auth0-api")
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == f"overlays/{overlay}/subnets.yaml: {' '.join(public)}\n"
        rendered = list(yaml.safe_load_all(text(tmp_path / "deploy/overlays" / overlay)))
        policy = one(rendered, "NetworkPolicy")["spec"]["ingress"][0]["from"]
        assert [block["ipBlock"]["cidr"] for block in policy] == public


def test_a_vpc_without_public_subnets_is_told_and_nothing_is_written(aws: str, tmp_path: Path) -> None:
    cluster(aws, tagged=False)
    ended = subnets(tmp_path, aws, "production", "auth0-api")
    assert ended.returncode == 1
    assert "has no subnet with the tag kubernetes.io/role/elb=1" in ended.stderr
    written = (tmp_path / "deploy/overlays/production/subnets.yaml").read_text()
    assert written == (DEPLOY / "overlays/production/subnets.yaml").read_text()


def test_wrong_usage_asks_aws_for_nothing(aws: str, tmp_path: Path) -> None:
    for arguments in ((), ("production",), ("nowhere", "auth0-api"), ("production", "--all")):
        assert subnets(tmp_path, aws, *arguments).returncode == 2
    assert not (tmp_path / "asked").exists()
