"""Plans with tools that a compact planner was never trained with: it plans for its own, and a caller writes the call of each other one.

    planner = PlannerWithGuests(Planner.load("assets/tinyagent/planner", desk_catalog()), Caller.load("assets/ste/caller"))
    request = PlanRequest("Play some jazz and text Priya that I'm late", tools, now, catalog=catalog, parts={"play_music": "Play some jazz"})
    "".join(planner.stream(request))

A model of a few million parameters passes over names that it has not seen. What it cannot judge is decided before: `PlanRequest.parts`
names the tools that are likely wanted, and the part of the query that wants each. The caller fills the arguments from that part by
pointing at it (`methods/ste/pointing.py`), under the grammar of the tool's schema; the planner gets what is left of the query, and the
calls of tools whose texts have a format. Limits: one
call of each such tool, in no order but the query's; no result is passed on to or from them; nothing on a replan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from toolschool.methods.ste.caller import Caller
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.engines import Engine
from toolschool.plans.grammar import END_OF_PLAN, JOIN
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog

_LOOSE_END = re.compile(r"^(?:[\s,.;]|(?:and|then|also)\b)+|(?:[\s,;]|\b(?:and|then|also))+$", re.IGNORECASE)
_LAST = re.compile(rf"\d+\. {JOIN}\(\).*", re.DOTALL)


class PlannerWithGuests:
    """A planner, and the caller of tools that are not the planner's."""

    def __init__(self, planner: Planner, caller: Caller) -> None:
        self.planner, self.caller = planner, caller

    @property
    def engine(self) -> Engine:
        """The planner's."""
        return self.planner.engine

    @property
    def catalog(self) -> Catalog:
        """What the planner was trained with."""
        return self.planner.catalog

    def stream(self, request: PlanRequest) -> Iterator[str]:
        """The plan, piece by piece, in the plan language, join included."""
        guests = {name: part for name, part in request.parts.items() if self._is_guest(name, part, request)}
        if not guests or request.context or request.max_calls == 0:
            yield from self.planner.stream(request)
            return
        number = request.first_id
        for text in self._calls(request, guests):
            yield text
            number += text.count("\n")
        yield f"{number}. {JOIN}(){END_OF_PLAN}\n"

    def _is_guest(self, name: str, part: str, request: PlanRequest) -> bool:
        known = name in request.tools and name in (request.catalog or ()) and name not in self.catalog
        return known and part in request.query  # an earlier turn's part was answered then

    def _calls(self, request: PlanRequest, guests: Mapping[str, str]) -> Iterator[str]:
        """The planner's own steps for what is left of the query, then one call for each guest."""
        number = request.first_id
        own, rest = (
            tuple(name for name in request.tools if name in self.catalog),
            without(request.query, guests),
        )
        if own and rest:
            for text in _steps(self.planner.stream(replace(request, query=rest, tools=own, parts={}, must_call=False))):
                yield text
                number += text.count("\n")
        assert request.catalog is not None
        left = None if request.max_calls is None else request.first_id + request.max_calls - number
        for name, part in islice(guests.items(), left):
            asked = PlanRequest(part, (name,), request.now, first_id=number, must_call=True, max_calls=1)
            ended = ""
            for text in _steps(self._call(request.catalog[name], asked)):
                yield text
                ended = text or ended
            if not ended.endswith("\n"):  # cut off: a line of its own, for whoever reads it to complain of
                yield "\n"
            number += 1

    def _call(self, tool: Tool, request: PlanRequest) -> Iterator[str]:
        """One call. Days, addresses and the like are written by the planner, whose forms (`forms.py`) know them."""
        catalog = Catalog([tool])
        if '"format"' in json.dumps(tool.parameters):
            return self.planner.stream(replace(request, catalog=catalog))
        return Caller(self.caller.engine, self.caller.template, catalog).stream(request)


def _steps(pieces: Iterator[str]) -> Iterator[str]:
    """A plan without its join, which comes whole in the last piece."""
    for piece in pieces:
        yield _LAST.sub("", piece)


def without(query: str, parts: Mapping[str, str]) -> str:
    """What is left of the query without these parts of it; "" where that is less than two words."""
    for part in parts.values():
        query = query.replace(part, "", 1)
    rest = _LOOSE_END.sub("", query)
    return rest if len(rest.split()) > 1 else ""
