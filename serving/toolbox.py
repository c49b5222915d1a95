"""The tools of an agent: a desk, sources of the configuration and those added while it runs; and which of them a query needs.

    toolbox = await Toolbox.open(desk, sources, reader)       # ConfigError, DataError
    await toolbox.retrieve("Play some jazz, then text Sid")   # [ScoredTool("play_music", 0.93), ...]
    await toolbox.add(ToolSource(openapi="http://127.0.0.1:9000/openapi.json"))
    await toolbox.remove("play_music")
    await toolbox.close()

Nothing is trained when a tool comes, and only its description is embedded. Requests at work keep the tools they began with; a source
whose last tool is taken away is closed, and calls that are at work there fail. Limits: what was added is forgotten with this process;
what tools other than the desk's change is not seen from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from serving.bench import NO_CHANGES
from serving.effects import Changes, State
from serving.errors import ApiError
from serving.shelf import Held, Shelf
from toolschool.methods.tinyagent.described import clauses, describe, document
from toolschool.methods.tinyagent.finder import FinderCard, Reading, ToolFinder
from toolschool.methods.tinyagent.toolrag import ScoredTool
from toolschool.models.lexical import words
from toolschool.plans.grammar import JOIN
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog, near
from toolschool.tools.desk import Desk
from toolschool.tools.toolsets import ToolSource

if TYPE_CHECKING:
    import numpy as np

EMBEDDED_AT_ONCE = 64  # descriptions in one call of the encoder
KEPT_OF_CLIENTS = 4096  # vectors of descriptions that requests brought; a conversation brings the same in every turn


class Reader(Protocol):
    """The models that read requests and descriptions, wherever they run."""

    async def card(self) -> Mapping[str, Any]:
        """`toolschool.json` of the classifier."""
        ...

    async def classify(self, query: str) -> np.ndarray:
        """The classifier's logits (trained tools,)."""
        ...

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (texts, D)."""
        ...


class Toolbox:
    """A `Bench` whose tools may change. One event loop."""

    def __init__(self, desk: Desk | None, reader: Reader, card: FinderCard) -> None:
        self._desk, self._reader, self._card = desk, reader, card
        self._shelf, self._vectors = Shelf(), dict[str, "np.ndarray"]()
        self._of_clients: dict[str, np.ndarray] = {}
        self._finder = ToolFinder.of((), None, card)
        self._changing = asyncio.Lock()

    @classmethod
    async def open(cls, desk: Desk | None, sources: Sequence[ToolSource], reader: Reader) -> Toolbox:
        """With the desk, if there is one, and all sources open. ConfigError or DataError says which one is not."""
        toolbox = cls(desk, reader, FinderCard.from_json(await reader.card()))
        shelf = Shelf()
        for source in sources:
            shelf = shelf.with_source(await Held.open(source, toolbox._taken(shelf)))
        await toolbox._put(shelf)
        return toolbox

    def catalog(self, now: datetime | None = None) -> Catalog:
        """See `Bench.catalog`."""
        return Catalog(self._tools(self._shelf, now))

    def writers(self) -> Collection[str]:
        """See `Bench.writers`."""
        return self._desk.writers() if self._desk else ()

    def state(self) -> State:
        """See `Bench.state`."""
        return self._desk.state() if self._desk else {}

    def changes(self) -> Changes:
        """See `Bench.changes`."""
        return self._desk.changes() if self._desk else NO_CHANGES

    async def retrieve(self, query: str) -> list[ScoredTool]:
        """The tools that a planner is to be offered, the likeliest first; none where there are none."""
        finder = self._finder
        return finder.search(await self._reading(finder, query))

    async def ranked(self, query: str, most: int) -> list[ScoredTool]:
        """The `most` likeliest tools, and which of them would be offered."""
        finder = self._finder
        return finder.ranked(await self._reading(finder, query), most)

    async def judged(self, query: str, tools: Sequence[Tool]) -> list[ScoredTool]:
        """Tools that a client brought, the likeliest first, by what is said of them alone; none where ToolRAG has no scale for such."""
        if self._card.joint is None or not any(words(document(tool)) for tool in tools):
            return []
        vectors = await self._embedded([describe(tool) for tool in tools], self._of_clients)
        while len(self._of_clients) > KEPT_OF_CLIENTS:
            del self._of_clients[next(iter(self._of_clients))]
        finder = await asyncio.to_thread(ToolFinder.of, tools, vectors, replace(self._card, trained=()))
        return finder.ranked(await self._reading(finder, query), len(tools))

    async def add(self, source: ToolSource) -> tuple[Tool, ...]:
        """The tools of one source more, which can be found when this returns. ApiError 409 for one that is open; ConfigError, DataError."""
        async with self._changing:
            if self._shelf.has(source):
                raise ApiError(409, "this source is open already; remove its tools first", "source_exists")
            held = await Held.open(source, self._taken(self._shelf))
            try:
                await self._put(self._shelf.with_source(held))
            except BaseException:
                await held.kept.close()
                raise
            return held.tools

    async def remove(self, name: str) -> None:
        """Take a tool away; its source is closed with its last one. ApiError 404 where there is none of this name."""
        async with self._changing:
            names = self.catalog().names
            if name not in names:
                raise ApiError(404, f"there is no tool {name}{near(name, names)}", "tool_not_found")
            shelf, ended = self._shelf.without(name)
            await self._put(shelf)
            for held in ended:
                await held.kept.close()

    async def close(self) -> None:
        """Close all sources, and the desk."""
        for held in self._shelf.held:
            await held.kept.close()
        if self._desk:
            self._desk.close()

    def _tools(self, shelf: Shelf, now: datetime | None = None) -> list[Tool]:
        desk = self._desk.catalog(now) if self._desk else ()
        return [*(tool for tool in desk if tool.name not in shelf.hidden), *shelf.tools]

    def _taken(self, shelf: Shelf) -> Collection[str]:
        return (JOIN, *(self._desk.catalog().names if self._desk else ()), *(tool.name for tool in shelf.tools))

    async def _put(self, shelf: Shelf) -> None:
        """Make this the tools from now on: first they can be found, then they are there."""
        tools = self._tools(shelf)
        vectors = None
        if any(tool.name not in self._card.trained for tool in tools):
            texts = [describe(tool) for tool in tools]
            vectors = await self._embedded(texts, self._vectors)
            self._vectors = {text: self._vectors[text] for text in texts}
        self._finder = await asyncio.to_thread(ToolFinder.of, tools, vectors, self._card)
        self._shelf = shelf

    async def _embedded(self, texts: Sequence[str], known: dict[str, np.ndarray]) -> np.ndarray:
        """Vectors of descriptions; those that are not known yet become so."""
        import numpy as np

        missing = list(dict.fromkeys(text for text in texts if text not in known))
        found = {text: known[text] for text in texts if text in known}
        for start in range(0, len(missing), EMBEDDED_AT_ONCE):
            some = missing[start : start + EMBEDDED_AT_ONCE]
            found.update(zip(some, await self._reader.embed(some), strict=True))
        known.update(found)
        return np.stack([found[text] for text in texts])

    async def _reading(self, finder: ToolFinder, query: str) -> Reading:
        pieces = clauses(query)
        logits, vectors = await asyncio.gather(
            self._reader.classify(query) if finder.wants_logits else _nothing(),
            self._reader.embed(pieces) if finder.wants_vectors else _nothing(),
        )
        return Reading(pieces, vectors, logits)


async def _nothing() -> None:
    return None
