from __future__ import annotations

from .stand_in import cloud

__all__ = ["cloud"]
