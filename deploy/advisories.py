"""Decide what known weaknesses stop: all of them a check, and a deployment only those that are exploited.

    python3 deploy/advisories.py gate|deploy <REPORT

REPORT is what pip-audit writes as JSON. `gate` ends with status 1 where there is any. `deploy` names each and what to
do, and ends with status 1 where one is known to be exploited (CISA's catalogue) or likely to be (EPSS, a probability
from 0 to 1, at or above AUDIT_STOP_AT); AUDIT_OVERRIDE, which names each of these and says why, lets them pass. Where
a catalogue does not answer, that is said and stops nothing: a hotfix must not wait for a third party.
AUDIT_KEV_URL and AUDIT_EPSS_URL replace the catalogues' addresses.
"""

import json
import os
import re
import sys
from urllib.parse import urlencode
from urllib.request import urlopen

KEV = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS = "https://api.first.org/data/v1/epss"
SECONDS = 20


def fetched(url: str) -> dict:
    if not url.startswith(("https://", "http://127.0.0.1:")):
        sys.exit(f"deploy/advisories.py: {url} is no https URL")
    with urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the scheme is checked above
        return json.load(answer)


def exploited(names: set[str]) -> set[str]:
    """Those of the catalogue of what is exploited. Raises OSError, ValueError, KeyError."""
    listed = fetched(os.environ.get("AUDIT_KEV_URL") or KEV)["vulnerabilities"]
    return names & {one["cveID"] for one in listed}


def likely(names: set[str], threshold: float) -> set[str]:
    """Those that are likely to be exploited within a month. Raises OSError, ValueError, KeyError."""
    address = os.environ.get("AUDIT_EPSS_URL") or EPSS
    scores = fetched(f"{address}?{urlencode({'cve': ','.join(sorted(names))})}")["data"]
    return {one["cve"] for one in scores if one["cve"] in names and float(one["epss"]) >= threshold}


def stopping(names: set[str], threshold: float) -> set[str]:
    found: set[str] = set()
    for question, catalogue in ((exploited, "CISA"), (lambda asked: likely(asked, threshold), "EPSS")):
        try:
            found |= question(names)
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"Whether it is exploited cannot be told: {catalogue} does not answer ({type(error).__name__}).")
    return found


def main(mode: str) -> int:
    threshold = float(os.environ.get("AUDIT_STOP_AT") or 0.5)
    override = os.environ.get("AUDIT_OVERRIDE", "")
    names: set[str] = set()
    count = 0
    for package in json.load(sys.stdin)["dependencies"]:
        for weakness in package.get("vulns", []):
            count += 1
            known = [weakness["id"], *weakness.get("aliases", [])]
            names.update(name for name in known if name.startswith("CVE-"))
            fixed = " or ".join(weakness.get("fix_versions", [])) or "no release yet"
            print(f"WEAKNESS: {package['name']} {package['version']}: {', '.join(known)}. Mended in {fixed}.")
            if not any(name.startswith("CVE-") for name in known):
                print(f"  {weakness['id']} has no CVE number, so no catalogue tells whether it is exploited.")
    if mode == "gate" or not count:
        return int(count > 0)
    print(
        "`deploy/lock deploy --upgrade` takes what is mended; what cannot reach us stands in deploy/vex.openvex.json."
    )
    stops = stopping(names, threshold) if names else set()
    for name in sorted(stops):
        if re.search(rf"\b{re.escape(name)}\b", override):
            print(f"OVERRIDDEN: {name} is exploited or likely to be. AUDIT_OVERRIDE says: {override}")
        else:
            print(
                f"STOPPED: {name} is exploited or likely to be (EPSS of {threshold} or more). Mend it, or deploy "
                f"anyway with `service pipeline build --override-audit '{name}: WHY'`, which stays on record."
            )
    return int(any(not re.search(rf"\b{re.escape(name)}\b", override) for name in stops))


if __name__ == "__main__":
    if sys.argv[1:] not in (["gate"], ["deploy"]):
        sys.exit("usage: deploy/advisories.py gate|deploy <REPORT")
    sys.exit(main(sys.argv[1]))
