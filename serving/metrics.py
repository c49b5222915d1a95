"""The served agent in Prometheus' numbers (cluster/monitoring), beside those that Ray Serve counts of replicas and queues.

Ray exports them as `ray_<name>`, with Serve's own tags:

| name | kind | tags | what |
|---|---|---|---|
| toolschool_requests_total | counter | route, status, key, code | requests that ended; `code` is the error's, so rejected ones by reason |
| toolschool_request_seconds | histogram | route | from a request's first byte to the answer's last |
| toolschool_requests_in_flight | gauge | | requests inside a gateway |
| toolschool_first_seconds | histogram | what | from a run's start to its first `text` of a plan, and its first `call` of a tool |
| toolschool_tokens_total | counter | kind | `prompt` and `completion`, as `usage` says |
| toolschool_tool_calls_total | counter | tool, status | calls that ended, by status of the observation |

Keys appear by their names. Requests that Serve's proxy refuses by itself never reach a gateway: `ray_serve_num_http_error_requests_total`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from serving.logs import Entry
from serving.service import Event

REQUESTS = "toolschool_requests"
SECONDS = "toolschool_request_seconds"
IN_FLIGHT = "toolschool_requests_in_flight"
FIRST = "toolschool_first_seconds"
TOKENS = "toolschool_tokens"
CALLS = "toolschool_tool_calls"
UNKNOWN = "unknown"
_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120]  # seconds


class RequestMetrics:
    """A `serving.door.Watch` in a gateway replica."""

    def __init__(self) -> None:
        from ray.serve.metrics import Counter, Gauge, Histogram

        keys: Any = ("route", "status", "key", "code")  # annotated upstream as a tuple of one
        self._requests = Counter(REQUESTS, "Requests that ended, by route, status, key and error.", tag_keys=keys)
        self._seconds = Histogram(
            SECONDS, "Seconds from a request to its end.", boundaries=_BOUNDS, tag_keys=("route",)
        )
        self._in_flight = Gauge(IN_FLIGHT, "Requests inside a gateway.")

    def inside(self, count: int) -> None:
        """See `Watch.inside`."""
        self._in_flight.set(count)

    def ended(self, entry: Entry) -> None:
        """See `Watch.ended`. What is not known has an empty tag."""
        route = entry.route or ""
        tags = {"route": route, "status": str(entry.status), "key": entry.key or "", "code": entry.code or ""}
        self._requests.inc(tags=tags)
        self._seconds.observe(entry.seconds, tags={"route": route})


class RunMetrics:
    """Counts what runs of the agent do, in the executor; `known` says whether a name is a tool's."""

    def __init__(self, known: Callable[[str], bool], clock: Callable[[], float] = time.monotonic) -> None:
        from ray.serve.metrics import Counter, Histogram

        keys: Any = ("tool", "status")
        about = "Tool calls of the agent that ended, by tool and status of the observation."
        self._calls = Counter(CALLS, about, tag_keys=keys)
        self._tokens = Counter(TOKENS, "Tokens of queries, and of plans and answers.", tag_keys=("kind",))
        about = "Seconds from a run's start to its first text and its first tool call."
        self._first = Histogram(FIRST, about, boundaries=_BOUNDS, tag_keys=("what",))
        self._known, self._clock = known, clock

    def watch(self) -> Callable[[Event], None]:
        """To be called as a run starts; what it gives, with each of the run's events."""
        began, seen = self._clock(), set[str]()

        def see(event: Event) -> None:
            what = {"plan": "text", "call_started": "call"}.get(event["type"])
            if what is not None and what not in seen:
                seen.add(what)
                self._first.observe(self._clock() - began, tags={"what": what})
            elif event["type"] == "call_finished":
                self._called(str(event["tool"]), str(event["status"]))
            elif event["type"] == "done":
                for kind in ("prompt", "completion"):
                    if count := event["usage"][f"{kind}_tokens"]:  # Ray refuses to add nothing
                        self._tokens.inc(count, tags={"kind": kind})

        return see

    def _called(self, tool: str, status: str) -> None:
        """A name that is not known, which a model may write, is counted as `unknown`."""
        self._calls.inc(tags={"tool": tool if self._known(tool) else UNKNOWN, "status": status})
