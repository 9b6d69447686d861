from __future__ import annotations

from ..aws.stand_in import cloud, cloud_on_moto

__all__ = ["cloud", "cloud_on_moto"]
