"""The one list of what this service replaces in other libraries, or calls there, without their promise to keep it.

Each row has its reason and its way out. The fingerprints are of the sources of its members, one for each release that
was read; a test fails when an installed release has others, and when something is replaced that is not listed. Then
read what has changed there, mend what rests on it, and add the fingerprint that the test prints.

connections  of Hypercorn, h11 and wsproto
frameworks   of Quart, Flask and Werkzeug
internal     a row of either
"""

from .connections import CONNECTIONS
from .frameworks import FRAMEWORKS
from .internal import Internal

INTERNALS = (*CONNECTIONS, *FRAMEWORKS)

__all__ = ["INTERNALS", "Internal"]
