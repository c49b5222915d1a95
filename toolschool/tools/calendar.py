"""The calendar of Toolformer: what day it is.

    calendar_tool(lambda: datetime(2026, 3, 2))  # calendar() -> "Today is Monday, March 2, 2026."

The clock is an argument, so that texts and tests have their own today.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from toolschool.records import Tool

# Not strftime: its names follow the locale of the process.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def today(now: datetime) -> str:
    """The sentence of Toolformer's calendar (arXiv 2302.04761, appendix A)."""
    return f"Today is {_DAYS[now.weekday()]}, {_MONTHS[now.month - 1]} {now.day}, {now.year}."


def calendar_tool(clock: Callable[[], datetime]) -> Tool:
    """The calendar as a tool; it asks `clock` at every call."""

    async def calendar() -> str:
        return today(clock())

    return Tool(
        name="calendar",
        description="Returns today's date.",
        parameters={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        idempotent=True,
        timeout_s=5.0,
        run=calendar,
    )
