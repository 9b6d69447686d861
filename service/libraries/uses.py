"""What a command uses of the libraries, and so what has to work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .counting import counting_problems
from .http import fetching_problems
from .traces import tracing_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Uses:
    """`issuers` says that keys or tokens are had from the settings' issuers; `urls` are fetched beside them. Traces are
    made where the settings ask for them, and `counts` says that metrics are counted."""

    issuers: bool = True
    urls: tuple[str, ...] = ()
    traces: bool = False
    counts: bool = False

    def problems(
        self, environment: Mapping[str, str], issuers: tuple[str, ...], collector: str | None
    ) -> Iterator[str]:
        """Yield a line for each variable that keeps a library from doing its part, each once.

        `issuers` are domains or URLs as they were given. http:// is the loopback range, for which httpx reads nothing.
        """
        fetched = (*self.urls, *(issuers if self.issuers else ()))
        found: list[str] = []
        if not all(address.lower().startswith("http://") for address in fetched):
            found += fetching_problems(environment)
        if self.traces and collector is not None:
            found += tracing_problems(environment, collector)
        if self.counts:
            found += counting_problems(environment)
        yield from dict.fromkeys(found)
