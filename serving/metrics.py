"""Tool calls of the served agent as a Prometheus counter (cluster/monitoring); requests and queues Ray Serve counts itself.

Ray exports it as `ray_toolschool_tool_calls_total`, with the tool, the status of its observation and Serve's own tags.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving.service import Event

CALLS = "toolschool_tool_calls"
UNKNOWN = "unknown"


class ToolCalls:
    """Counts calls that ended; a name that is not `known`, which a model may write, is counted as `unknown`."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        from ray.serve.metrics import Counter

        about = "Tool calls of the agent that ended, by tool and status of the observation."
        self._known = known
        keys: Any = ("tool", "status")  # annotated upstream as a tuple of one
        self._calls = Counter(CALLS, about, tag_keys=keys)

    def see(self, event: Event) -> None:
        """Count the event if it is the end of a call."""
        if event["type"] == "call_finished":
            tool = str(event["tool"])
            self._calls.inc(tags={"tool": tool if self._known(tool) else UNKNOWN, "status": str(event["status"])})
