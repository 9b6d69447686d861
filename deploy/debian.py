"""Write the Debian packages of an image as a CycloneDX bill of materials.

Reads lines of `NAME VERSION ARCHITECTURE` (dpkg-query) from standard input, writes JSON to standard output. Ends with
status 1 where there are none: an image without packages is not the one that was meant.
"""

import json
import sys
from urllib.parse import quote

packages = [line.split() for line in sys.stdin if line.strip()]
if not packages:
    sys.exit("deploy/debian.py: the image names no Debian package")
components = [
    {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}",
    }
    for name, version, architecture in sorted(packages)
]
json.dump(
    {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}, sys.stdout, indent=1
)
