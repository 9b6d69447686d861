"""Building the image and running it, without a container engine: buildah, and what the kernel has for containers."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..processes import ROOT, Service
from ..tools import need, need_buildah

BASE = "localhost/auth0-quart-service-base:trixie"
TAG = "localhost/auth0-quart-service:test"
CERTIFICATES = "/etc/ssl/certs"


def buildah(*arguments: str, seconds: float = 900) -> str:
    command = [need_buildah(), "--storage-driver", "vfs", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds)
    assert ended.returncode == 0, f"{shlex.join(command)}\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}"
    return ended.stdout.strip()


def base(where: Path) -> str:
    """A base image of Debian's own, made once and kept by buildah: none can be downloaded everywhere."""
    if buildah("images", "--quiet", "--filter", f"reference={BASE}"):
        return BASE
    root = where / "root"
    debootstrap = [need("debootstrap"), "--variant=minbase", "--include=python3,python3-venv,ca-certificates"]
    subprocess.run([*debootstrap, "trixie", str(root)], check=True, capture_output=True, timeout=600)
    working = buildah("from", "scratch")
    buildah("add", "--quiet", working, str(root), "/")
    buildah("commit", "--quiet", "--rm", working, BASE)
    subprocess.run(["rm", "-rf", str(root)], check=True)
    return BASE


def build(where: Path, tag: str = TAG) -> str:
    """Build the Dockerfile, as it stands."""
    arguments = ["--isolation", "chroot", "--format", "docker", "--build-arg", f"BASE={base(where)}"]
    if Path(CERTIFICATES).is_dir():
        # This machine may be behind a proxy with a certificate of its own.
        trusted = f"{CERTIFICATES}/ca-certificates.crt"
        arguments += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro", "--build-arg", f"NODE_EXTRA_CA_CERTS={trusted}"]
    buildah("build", "--quiet", *arguments, "--build-arg", "REVISION=0123abc", "--tag", tag, ".")
    return tag


@dataclass(frozen=True)
class Image:
    """A built image, unpacked at `root`; `configuration` is what it says of how it is run."""

    root: Path
    configuration: dict[str, object]
    bytes: int

    @property
    def command(self) -> list[str]:
        return [*self.configuration["Entrypoint"], *self.configuration["Cmd"]]  # type: ignore[misc]

    @contextlib.contextmanager
    def run(self, *command: str, without_shared_memory: bool = False, **environment: str) -> Iterator[Service]:
        """Run a command in the image: as its user, with a read-only root, without capabilities, in this network.

        There is shared memory, as every container has, unless `without_shared_memory` is set.
        """
        user, _, group = str(self.configuration["User"]).partition(":")
        own = dict(pair.split("=", 1) for pair in self.configuration["Env"])  # type: ignore[attr-defined]
        variables = [f"{name}={value}" for name, value in {**own, **environment}.items()]
        drop = [
            "--reuid",
            user,
            "--regid",
            group,
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
            "--inh-caps=-all",
        ]
        inside = ["setpriv", *drop, "env", "-i", f"--chdir={self.configuration['WorkingDir']}", *variables, *command]
        root = shlex.quote(str(self.root))
        shared = "true" if without_shared_memory else f"mount -t tmpfs -o mode=1777,size=64m tmpfs {root}/dev/shm"
        script = (
            f"mount --bind {root} {root} && mount -o remount,bind,ro {root} && mount -t proc proc {root}/proc && "
            f"mount --bind /dev {root}/dev && {shared} && exec chroot {root} {shlex.join(inside)}"
        )
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-ec", script],
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        running = Service(process)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            running.close()


@contextlib.contextmanager
def unpacked(tag: str) -> Iterator[Image]:
    working = buildah("from", "--pull-never", tag)
    try:
        described = json.loads(buildah("inspect", "--type", "image", tag))
        root = Path(buildah("mount", working))
        size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        yield Image(root, described["Docker"]["config"], size)
    finally:
        buildah("rm", working)
