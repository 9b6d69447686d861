"""The tests start some hundred interpreters. Where a container's settings forbid bytecode (PYTHONDONTWRITEBYTECODE), each
of them would compile all that it imports again, which takes longer than most tests."""

from __future__ import annotations

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
