"""What httpx reads, and the proxies that every HTTP client reads."""

from __future__ import annotations

import ipaddress
import os
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .rules import Rule, problem, problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PROXY = "a proxy's URL, like http://proxy.example.com:3128, without quotes; SOCKS is not supported"
_NO_PROXY = "hosts, domains and addresses, separated by commas; IPv6 without brackets, and no network of it"


def fetching_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what keeps httpx from fetching over https://."""
    unproxied = _effective(environment, "no")
    try:
        no_proxies = unproxied is not None and _leaves_out_all(environment[unproxied])
    except ValueError as error:
        no_proxies = False
        yield problem(str(unproxied), str(error), _NO_PROXY)
    if not no_proxies:
        yield from proxy_problems(environment)
    # httpx looks at the directory only where there is no file.
    certificates = (
        {"SSL_CERT_FILE": Rule(trusted_file, "a file of certificates in PEM form")}
        if environment.get("SSL_CERT_FILE")
        else {
            "SSL_CERT_DIR": Rule(trusted_directory, "a directory of certificates, with the names that c_rehash gives")
        }
    )
    yield from problems(certificates, environment)
    yield from tls_problems(environment)


def proxy_problems(environment: Mapping[str, str], schemes: Iterable[str] = ("http", "https", "all")) -> Iterator[str]:
    """Yield which proxies cannot be used by any HTTP client of this service."""
    unproxied = _effective(environment, "no")
    if unproxied is not None and environment[unproxied].strip() == "*":
        return
    for scheme in schemes:
        if name := _effective(environment, scheme):
            yield from problems({name: Rule(_proxy, _PROXY)}, environment)


def tls_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what keeps Python from making a TLS context."""
    yield from problems({"SSLKEYLOGFILE": Rule(_appendable, "a file that can be written to; unset it")}, environment)


def _effective(environment: Mapping[str, str], scheme: str) -> str | None:
    """Return the name of the variable that counts for a scheme: in lower case before any other (as `urllib` has it)."""
    lower = f"{scheme}_proxy"
    names = [name for name in environment if name.lower() == lower]
    return lower if lower in names else names[-1] if names else None


def _proxy(value: str) -> None:
    # Here and below, since most commands fetch nothing.
    import httpx

    url = value if "://" in value else f"http://{value}"
    try:
        # With a context that trusts nobody: only the proxy is of interest.
        httpx.HTTPTransport(proxy=url, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False).close()
        parts = urlsplit(url)
        if parts.port == 0:
            raise ValueError
    except (ValueError, ImportError, httpx.InvalidURL):
        # Their words quote the value.
        raise ValueError("it cannot be used as a proxy") from None
    if not parts.hostname:
        raise ValueError("it names no host")


def _leaves_out_all(value: str) -> bool:
    """Whether NO_PROXY has a *, which httpx takes for no proxies at all. Raises ValueError for what it cannot read."""
    import httpx

    hosts = list(filter(None, (part.strip() for part in value.split(","))))
    if "*" in hosts:
        return True
    for place, host in enumerate(hosts, 1):
        try:
            httpx.URL(_as_pattern(host))
        except httpx.InvalidURL:
            raise ValueError(f"number {place} of the list cannot be read") from None
    return False


def _as_pattern(host: str) -> str:
    """Return the URL that httpx makes of a host in NO_PROXY."""
    if "://" in host:
        return host
    for family, pattern in ((ipaddress.IPv4Address, f"all://{host}"), (ipaddress.IPv6Address, f"all://[{host}]")):
        try:
            family(host.split("/")[0])
        except ValueError:
            continue
        return pattern
    return f"all://{host}" if host.lower() == "localhost" else f"all://*{host}"


def trusted_file(value: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)
    except ssl.SSLError:
        raise ValueError("there is no certificate in it that can be read") from None


def trusted_directory(value: str) -> None:
    if not any(os.path.isdir(path) for path in value.split(os.pathsep)):
        raise ValueError("there is no such directory")


def _appendable(value: str) -> None:
    with open(value, "ab"):
        pass
