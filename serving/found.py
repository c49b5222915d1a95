"""Tools as a retrieval tells of them: in events and traces, in a search, and to a planner.

    {"name": "play_music", "probability": 0.93, "part": "Play some jazz"}

`probability` is None where nobody scored a tool; `part`, the clause of the query that wants it, is there for likely tools without training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from toolschool.methods.tinyagent.toolrag import ScoredTool
from toolschool.records import JsonValue, Tool

ScoredName = dict[str, JsonValue]


def told(tool: ScoredTool) -> ScoredName:
    """A tool that a planner is offered."""
    part = {"part": tool.part} if tool.part else {}
    return {"name": tool.name, "probability": round(tool.probability, 4), **part}


def parts_of(tools: Sequence[ScoredName]) -> dict[str, str]:
    """What in the query wants each tool, for those that say so."""
    return {tool["name"]: tool["part"] for tool in tools if "part" in tool}


def searched(found: ScoredTool, tool: Tool) -> dict[str, JsonValue]:
    """A tool as a search lists it."""
    return {
        "name": tool.name,
        "description": tool.description,
        "probability": None if math.isnan(found.probability) else round(found.probability, 4),
        "offered": found.chosen,
    }
