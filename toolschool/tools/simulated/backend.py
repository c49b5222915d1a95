"""The simulated API backend: documented APIs as tools that answer, refuse, fail and remember, the same way every time.

    backend = SimulatedBackend(read_apis("sealtools"), seed=0)
    await run_tool(backend.tool("getClimateData"), {"region": "Europe"})        # as any tool of the project
    exchange = await backend.call("getClimateData", {"place": "Europe"})        # as an agent: a mistake is an observation
    exchange.status, exchange.text      # 400, "Error: getClimateData has no argument place; it takes region, ..."
    backend.log, backend.state()        # what was called, and what is different now

An answer comes from a recorded exchange with the same call, else it is made up from the documented answer (`answers.py`), and computed where
the API's name lets us know it (`computed.py`). It depends
on the seed, the API and the arguments, and, for APIs that write and read the same thing, on what was written before
(`store.py`). Faults are planned in `faults.py`; completion of a task is checked in `completion.py`.

A backend is one run's world: `fresh()` gives an empty one with the same APIs, cheaply. It answers MAX_CALLS calls, so that
log and store stay small. Limits: one event loop at a time; the answers are plausible, not true.
"""

from __future__ import annotations

import asyncio
import copy
import difflib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus

from toolschool.errors import ConfigError, ToolError
from toolschool.records import JsonValue, Tool, ToolFunction
from toolschool.tools.catalog import Catalog
from toolschool.tools.run import check_args, run_tool
from toolschool.tools.simulated.answers import answer
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.calls import Exchange, call_text, full, kept
from toolschool.tools.simulated.computed import computed
from toolschool.tools.simulated.faults import Faults
from toolschool.tools.simulated.store import Found, Row, Store, deed_of, shown

MAX_CALLS = 10_000
MAX_NAME = 100  # characters


class SimulatedBackend:
    """APIs by name, their log and their state. ConfigError: two APIs of one name.

    `recorded` are exchanges of an earlier log, or of the real API; failed ones and those of other APIs are not used.
    """

    def __init__(
        self,
        apis: Iterable[Api],
        *,
        seed: int = 0,
        recorded: Iterable[Exchange] = (),
        faults: Faults | None = None,
        timeout_s: float = 20.0,
    ) -> None:
        apis = tuple(apis)
        self.apis: Mapping[str, Api] = {api.name: api for api in apis}
        if len(self.apis) < len(apis):
            raise ConfigError("two simulated APIs have one name; pass them through uniquely_named")
        self._seed = seed
        self._recorded = {
            call_text(self.apis[past.api], past.arguments): past.answer
            for past in recorded
            if past.ok and past.api in self.apis
        }
        self._faults = faults or Faults()
        self._timeout_s = timeout_s
        self._begin()

    def _begin(self) -> None:
        self.log: list[Exchange] = []
        self._store = Store()
        self._made: Counter[str] = Counter()  # calls in normal form, and APIs by name

    def fresh(self) -> SimulatedBackend:
        """The same APIs, seed, recordings and faults; nothing called yet."""
        other = copy.copy(self)
        other._begin()
        return other

    def tool(self, name: str) -> Tool:
        """One API as a tool. KeyError: there is none of this name."""
        return self._tool(self.apis[name], self._keep)

    def catalog(self, names: Iterable[str] | None = None) -> Catalog:
        """The named APIs as tools, or all."""
        return Catalog(self.tool(name) for name in (self.apis if names is None else names))

    def state(self) -> dict[str, dict[str, list[Row]]]:
        """What was created, changed and deleted; equal to that of another backend of this seed after the same writes."""
        return self._store.state()

    async def call(self, name: str, arguments: JsonValue) -> Exchange:
        """A call as a model wrote it; whatever is wrong with it is in the exchange, which is also in the log."""
        api = self.apis.get(name)
        if api is None:
            name = " ".join(name.split())[:MAX_NAME]  # whatever a model wrote
            near = difflib.get_close_matches(name, self.apis, n=1)
            hint = f"did you mean {near[0]}?" if near else "use one of the APIs you were given"
            return self._refused(name, arguments, HTTPStatus.NOT_FOUND, f"there is no API {name}; {hint}")
        if not isinstance(arguments, Mapping):
            return self._refused(
                name, arguments, HTTPStatus.BAD_REQUEST, f"{name}: the arguments must be a JSON object"
            )
        made: list[Exchange] = []
        tool = self._tool(api, made.append)
        try:
            check_args(tool, arguments)
        except ToolError as error:
            return self._refused(name, arguments, HTTPStatus.BAD_REQUEST, str(error))
        try:
            await run_tool(tool, arguments)
        except ToolError as error:
            if not made:  # it has not come back in time
                return self._refused(name, arguments, HTTPStatus.GATEWAY_TIMEOUT, str(error))
        return self._keep(made[0])

    def _refused(self, name: str, arguments: JsonValue, status: HTTPStatus, error: str) -> Exchange:
        return self._keep(Exchange(name, kept(arguments), int(status), error=error))

    def _keep(self, exchange: Exchange) -> Exchange:
        if len(self.log) < MAX_CALLS:
            self.log.append(exchange)
        return exchange

    def _tool(self, api: Api, made: Callable[[Exchange], object]) -> Tool:
        """The API as a tool that hands its exchanges to `made`."""

        async def run(**arguments: JsonValue) -> JsonValue:
            exchange = await self._exchange(api, arguments)
            made(exchange)
            if not exchange.ok:
                raise ToolError(exchange.error)
            return exchange.answer

        function: ToolFunction = run
        deed = deed_of(api.key)
        writes = deed is not None and deed.kind != "read"
        return Tool(
            api.name,
            api.description,
            api.parameters,
            side_effects=writes,
            idempotent=not writes,
            timeout_s=self._timeout_s,
            run=function,
        )

    async def _exchange(self, api: Api, arguments: Mapping[str, JsonValue]) -> Exchange:
        """One call whose arguments fit the schema."""

        def failed(status: HTTPStatus, reason: str) -> Exchange:
            error = f"{api.name}: {status.value} {status.phrase}: {reason}"
            return Exchange(api.name, arguments, int(status), error=error)

        if len(self.log) >= MAX_CALLS:
            return failed(HTTPStatus.TOO_MANY_REQUESTS, f"{MAX_CALLS} calls are used up; begin a fresh backend")
        try:
            text = call_text(api, arguments)
        except ToolError as error:
            return replace(failed(HTTPStatus.BAD_REQUEST, str(error)), arguments={})
        fault = self._faults.draw(self._seed, text, self._made[text], self._made[api.name])
        self._made.update((text, api.name))
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.status:
            return failed(fault.status, fault.reason)
        deed, said = deed_of(api.key), full(api, arguments)
        found = self._store.find(deed, said) if deed and deed.kind != "create" else Found()
        if found.deleted:
            return failed(HTTPStatus.NOT_FOUND, "it has been deleted")
        try:
            answered = self._answered(api, text, said, found)
        except ToolError as error:
            return failed(HTTPStatus.BAD_REQUEST, str(error))
        if deed:
            self._store.write(deed, said, answered)
        return Exchange(api.name, arguments, answer=answered)

    def _answered(self, api: Api, text: str, said: Mapping[str, JsonValue], found: Found) -> JsonValue:
        """Recorded, or made up and then corrected by what can be computed, or what the store knows. ToolError: no such thing is computed."""
        if text in self._recorded:
            return copy.deepcopy(self._recorded[text])
        invented = answer(api, said, random.Random(f"{self._seed}/{text}"))
        known = computed(api.key, said, self._seed)
        if known is not None and isinstance(invented, dict) and "result" in invented:
            return {**invented, "result": known}
        deed = deed_of(api.key)
        return shown(deed, invented, found.rows, api.answer) if deed and deed.kind == "read" else invented
