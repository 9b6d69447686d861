from __future__ import annotations

from .downloads import downloads
from .weaknesses import database

__all__ = ["database", "downloads"]
