"""Where an agent's calls happen: tools that stay the same, and for every run a place of its own.

    world = DeskWorld()                                   # or SimulatedWorld(read_apis("sealtools"), faults=Faults(server=0.1))
    with world.open(now) as place:
        exchange = await place.call(("", "", "get_phone_number"), {"name": "Mom"})
        place.state()                                     # what is different now

A call goes through the project's runner (schema, time limit); whatever goes wrong is in its exchange, never raised. Tools of one's own:
`running(tools)` is their `call`. On the desk every look-up succeeds (see `tools/desk/invent.py`), so that any request can be served.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from toolschool.datasets.api_docs import Key, from_tool
from toolschool.errors import DataError, ToolError
from toolschool.records import JsonValue, Tool
from toolschool.tools.desk import Desk, desk_catalog, is_failure
from toolschool.tools.run import check_args, run_tool
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.backend import SimulatedBackend
from toolschool.tools.simulated.calls import Exchange, kept
from toolschool.tools.simulated.faults import Faults

Call = Callable[[Key, JsonValue], Awaitable[Exchange]]
State = Mapping[str, Any]

NO_CLOCK = datetime(2024, 1, 1, 8)
"""Time on a desk where the request's own is not known."""


class Place(NamedTuple):
    """One run's world."""

    call: Call
    state: Callable[[], State]


class World(Protocol):
    """Tools by their keys for documentation, the same by their names for `completion.py`, and places to run them."""

    tools: Mapping[Key, Tool]
    apis: Mapping[str, Api]

    def open(self, now: datetime | None) -> AbstractContextManager[Place]:
        """A fresh place, for one run."""
        ...


class DeskWorld:
    """The 16 tools of the desk."""

    def __init__(self) -> None:
        self.tools: Mapping[Key, Tool] = by_key(desk_catalog())
        self.apis: Mapping[str, Api] = {tool.name: _api(key, tool) for key, tool in self.tools.items()}

    @contextmanager
    def open(self, now: datetime | None) -> Iterator[Place]:
        desk = Desk(now or NO_CLOCK, open_world=True)
        try:
            yield Place(running(by_key(desk.catalog()), is_failure), desk.state)
        finally:
            desk.close()


class SimulatedWorld:
    """Documented APIs that answer by themselves. ConfigError: two of one name; DataError: two of one key."""

    def __init__(
        self, apis: Iterable[Api], *, seed: int = 0, faults: Faults | None = None, timeout_s: float = 20.0
    ) -> None:
        self._backend = SimulatedBackend(apis, seed=seed, faults=faults, timeout_s=timeout_s)
        self.apis: Mapping[str, Api] = self._backend.apis
        tools = {api.key: replace(self._backend.tool(name), run=None) for name, api in self.apis.items()}
        if len(tools) < len(self.apis):
            raise DataError("two simulated APIs have the same category, tool and api; load them through a Catalogue")
        self.tools: Mapping[Key, Tool] = tools

    @contextmanager
    def open(self, now: datetime | None) -> Iterator[Place]:
        backend = self._backend.fresh()

        async def call(key: Key, arguments: JsonValue) -> Exchange:
            tool = self.tools.get(key)
            return await backend.call(tool.name if tool else key[2], arguments)

        yield Place(call, backend.state)


def by_key(tools: Iterable[Tool]) -> dict[Key, Tool]:
    """Tools of the project by the keys that their documentation has in a catalogue without category."""
    return {from_tool(tool).key: tool for tool in tools}


def running(tools: Mapping[Key, Tool], is_failure: Callable[[JsonValue], bool] | None = None) -> Call:
    """Calls of tools. `is_failure` knows results that say in the tool's own words that nothing was done."""

    async def call(key: Key, arguments: JsonValue) -> Exchange:
        tool = tools.get(key)
        if tool is None:
            return refused(key[2], arguments, HTTPStatus.NOT_FOUND, f"{key[2]} cannot be called here; use another tool")
        if not isinstance(arguments, Mapping):
            return refused(
                tool.name, arguments, HTTPStatus.BAD_REQUEST, f"{tool.name}: the arguments must be a JSON object"
            )
        try:
            check_args(tool, arguments)
        except ToolError as error:
            return refused(tool.name, arguments, HTTPStatus.BAD_REQUEST, str(error))
        try:
            answer = await run_tool(tool, arguments)
        except ToolError as error:
            return refused(tool.name, arguments, HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        if is_failure and is_failure(answer):
            return refused(tool.name, arguments, HTTPStatus.UNPROCESSABLE_ENTITY, str(answer))
        return Exchange(tool.name, arguments, answer=answer)

    return call


def refused(name: str, arguments: JsonValue, status: HTTPStatus, error: str) -> Exchange:
    """A call that was not carried out."""
    return Exchange(name, kept(arguments), int(status), error=error)


def _api(key: Key, tool: Tool) -> Api:
    """A tool as `completion.py` compares its calls."""
    return Api(key, tool.name, tool.description, tool.parameters, {})
