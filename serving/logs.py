"""JSON lines for the gateway's log: one object per request, and one per unhandled error.

    {"time": "...", "level": "info", "message": "request", "request_id": "...", "key": "alice", "method": "POST",
     "route": "/v1/chat/completions", "status": 200, "code": null, "seconds": 0.412}

Queries, keys, raw paths and query strings are never logged: `route` is the pattern of the route that answered, null where none did.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Entry:
    """A request that has ended."""

    request_id: str
    key: str | None
    """Name of its key."""
    method: str
    route: str | None
    status: int
    """499 where the client left first."""
    code: str | None
    """`error.code` of a refusal, as the client saw it."""
    seconds: float


class JsonFormatter(logging.Formatter):
    """`{"time", "level", "message", ...fields, "error"}`; `fields` comes from `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure(level: int = logging.INFO) -> None:
    """Send the gateway's log to standard error as JSON; once per process."""
    logger = logging.getLogger("toolschool.gateway")
    if not any(isinstance(handler.formatter, JsonFormatter) for handler in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)
    logger.setLevel(level)
