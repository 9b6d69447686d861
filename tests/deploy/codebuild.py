"""What CodeBuild does with a buildspec: its phases in order, in one shell, as the reference of version 0.2 has them.

A failing command ends its phase, but for its `finally`; with `on-failure: ABORT` nothing comes after it, else the next
phase does, and post_build at any rate. Variables carry over from command to command and from phase to phase.
"""

from __future__ import annotations

import base64
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
_KNOWN = {"version", "env", "phases", "reports", "cache", "artifacts"}


@dataclass
class Build:
    """What came of it. `phases` has those that ran; `exported` are the variables that the buildspec exports."""

    log: str = ""
    phases: dict[str, bool] = field(default_factory=dict)
    exported: dict[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return all(self.phases.values())


class _Shell:
    """One bash, to which commands are given one after the other."""

    def __init__(self, source: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=source,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._end = f"end-of-command-{os.urandom(8).hex()}"

    def run(self, command: str) -> tuple[int, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        encoded = base64.b64encode(command.encode()).decode()
        # Its own input is no command's.
        self._process.stdin.write(
            f'eval "$(printf %s {encoded} | base64 -d)" </dev/null\nprintf "\\n%s %s\\n" {self._end} $?\n'
        )
        self._process.stdin.flush()
        lines = []
        for line in self._process.stdout:
            if line.startswith(self._end):
                return int(line.split()[1]), "".join(lines)
            lines.append(line)
        raise AssertionError(f"a command has ended the shell: {command}\n{''.join(lines)}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def run(buildspec: str, source: Path, environment: dict[str, str]) -> Build:
    """Run a buildspec's text on a copy of the repository."""
    spec = yaml.safe_load(buildspec)
    assert spec["version"] == 0.2
    assert spec.keys() <= _KNOWN
    assert spec["phases"].keys() <= set(PHASES)
    build = Build()
    shell = _Shell(source, environment)
    try:
        for name in PHASES:
            phase = spec["phases"].get(name)
            if phase is None:
                continue
            assert phase.keys() <= {"commands", "finally", "on-failure"}
            build.phases[name] = _run_phase(phase, shell, build)
            if not build.phases[name] and phase.get("on-failure") == "ABORT":
                break
        for name in spec.get("env", {}).get("exported-variables", []):
            build.exported[name] = shell.run(f'printf %s "${{{name}-}}"')[1].strip()
    finally:
        shell.close()
    return build


def _run_phase(phase: dict[str, Any], shell: _Shell, build: Build) -> bool:
    good = True
    for part in ("commands", "finally"):
        for command in phase.get(part, []):
            status, said = shell.run(command)
            build.log += f"[Container] Running command {command}\n{said}"
            if status != 0:
                build.log += f"[Container] Command did not exit successfully {command} exit status {status}\n"
                good = False
                break
    return good
