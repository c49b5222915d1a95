"""Ray Serve deployment of the planner, or of a caller: plan text is streamed piece by piece while the model writes it.

A replica writes several plans at once, in one batch of the engine; more wait here, as many as the gateway lets in.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ray import serve

from serving.budget import beginning, within
from serving.threads import pieces
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.batching import PLACES
from toolschool.models.engines import EngineName

if TYPE_CHECKING:
    from toolschool.methods.ste.caller import Caller
    from toolschool.methods.tinyagent.guests import PlannerWithGuests
    from toolschool.methods.tinyagent.planner import FindExamples, Planner
    from toolschool.models.engines import Engine

    Plans = Planner | Caller | PlannerWithGuests

_AT_LEAST_EVERY_S = 0.1  # text is told; a message for each token would take the machine longer than the token


def open_planner(
    name: str,
    examples: str | None = None,
    guests: str | None = None,
    engine: EngineName = "transformers",
    url: str | None = None,
    served: str | None = None,
) -> Plans:
    """The planner or caller of a folder or hub id, as its toolschool.json says. ModelError, DataError.

    A planner may have a folder of `examples`; a compact one a caller for `guests`, tools that are not those it was trained with.
    With `url` the server there writes the plans, with its model `served`; the folder gives template and tokenizer.
    """
    from toolschool.methods.ste.caller import Caller
    from toolschool.methods.ste.learnt import METHOD
    from toolschool.methods.tinyagent.planner import Planner
    from toolschool.models.backbone import read_artifact
    from toolschool.models.endpoint_engine import EndpointEngine
    from toolschool.models.engines import open_engine
    from toolschool.models.hub import whole
    from toolschool.tools.desk import desk_catalog

    folder = whole(name, weights=url is None)
    if read_artifact(folder).get("method") == METHOD:
        return Caller.load(folder, engine)
    from_folder = partial(EndpointEngine.load, url=url, name=served) if url else partial(open_engine, name=engine)
    planner = Planner.load(folder, desk_catalog(), _nearest(examples) if examples else None, from_folder)
    return _with_guests(planner, partial(Caller.load, guests, engine) if guests else None)


def open_adapted(
    name: str, adapters: Mapping[str, str], examples: str | None = None, guests: str | None = None
) -> tuple[Plans, dict[str, Plans]]:
    """The planner of a folder or hub id, and by its name that of each LoRA adapter over its base. ModelError, DataError.

    Each has its own template. All write in one batch, over one copy of the base.
    """
    from toolschool.methods.ste.caller import Caller
    from toolschool.methods.tinyagent.planner import Planner
    from toolschool.models.adapters import open_adapters
    from toolschool.models.hub import whole
    from toolschool.tools.desk import desk_catalog

    folder, folders = whole(name), {each: whole(adapter) for each, adapter in adapters.items()}
    engine, engines = open_adapters(folder, folders)
    find_examples = _nearest(examples) if examples else None
    open_caller = cache(partial(Caller.load, guests)) if guests else None

    def opened(folder: Path, engine: Engine) -> Plans:
        return _with_guests(Planner.load(folder, desk_catalog(), find_examples, lambda _: engine), open_caller)

    return opened(folder, engine), {each: opened(folders[each], engines[each]) for each in adapters}


def _with_guests(planner: Planner, open_caller: Callable[[], Caller] | None) -> Planner | PlannerWithGuests:
    """A compact planner with a caller for tools that it was not trained with; any other as it is."""
    from toolschool.methods.tinyagent.guests import PlannerWithGuests

    if open_caller is None or planner.template.style != "compact":
        return planner
    return PlannerWithGuests(planner, open_caller())


def _nearest(folder: str) -> FindExamples:
    """Examples whose tools are all offered, the nearest to the query."""
    from toolschool.methods.tinyagent.examples import ExampleBank
    from toolschool.models.encoder import SentenceEncoder

    bank = ExampleBank.load(folder, SentenceEncoder.load())
    return lambda request, count: bank.nearest(request.query, request.tools, count)


@serve.deployment(name="Planner", max_ongoing_requests=64, max_queued_requests=64)
class PlannerDeployment:
    """A loaded planner or caller, and `adapters` over the planner's base by the names that requests ask for."""

    def __init__(
        self,
        name: str,
        examples: str | None = None,
        guests: str | None = None,
        engine: EngineName = "transformers",
        url: str | None = None,
        served: str | None = None,
        adapters: Mapping[str, str] | None = None,
    ) -> None:
        self._adapted: dict[str, Plans] = {}
        if adapters:
            self._planner, self._adapted = open_adapted(name, adapters, examples, guests)
        else:
            self._planner = open_planner(name, examples, guests, engine, url, served)
        self._pool = ThreadPoolExecutor(PLACES, "plan")
        self._warm_up()

    def _warm_up(self) -> None:
        """Write the first piece of some plan, so that the first request does not pay for compiling grammars."""
        names = self._planner.catalog.names
        for _ in self._planner.stream(PlanRequest("Create a note", names, datetime(2026, 3, 2, 9))):
            break

    async def plan(self, request: PlanRequest) -> AsyncGenerator[str, None]:
        """The plan's text, a step as soon as it is whole; cancelling stops the model at its next token."""
        planner = self._adapted.get(request.model, self._planner)
        stream = pieces(lambda: within(planner.stream(request), self._count, request.max_tokens), self._pool)
        text, told = "", time.monotonic()
        try:
            async for some in stream:
                text += "".join(some)
                if text and ("\n" in text or time.monotonic() - told > _AT_LEAST_EVERY_S):
                    yield text
                    text, told = "", time.monotonic()
        finally:
            await stream.aclose()
        if text:
            yield text

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text."""
        return list(map(self._count, texts))

    def _count(self, text: str) -> int:
        return len(self._planner.engine.tokenizer(text, add_special_tokens=False)["input_ids"])

    async def shorten(self, text: str, tokens: int) -> str:
        """The beginning of a text, at most so many tokens of it."""
        return beginning(text, tokens, self._planner.engine.tokenizer)

    async def ready(self) -> bool:
        """True once the model is loaded, which it is when this replica takes requests."""
        return True
