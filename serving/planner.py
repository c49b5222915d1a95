"""Ray Serve deployment of the planner: plan text is streamed piece by piece while the model writes it.

One plan at a time per replica (the engine is busy with it); more wait here, as many as the gateway lets in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from ray import serve

from serving.settings import find_folder
from serving.threads import pieces
from toolschool.methods.tinyagent.request import PlanRequest


@serve.deployment(name="Planner", max_ongoing_requests=64, max_queued_requests=64)
class PlannerDeployment:
    """A loaded planner."""

    def __init__(self, folder: str) -> None:
        from toolschool.methods.tinyagent.planner import Planner
        from toolschool.tools.desk import desk_catalog

        self._planner = Planner.load(find_folder(folder), desk_catalog())
        self._places = asyncio.Semaphore(1)
        self._warm_up()

    def _warm_up(self) -> None:
        """Write the first piece of some plan, so that the first request does not pay for compiling grammars."""
        for _ in self._planner.stream(PlanRequest("Create a note", ("create_note",), datetime(2026, 3, 2, 9))):
            break

    async def plan(self, request: PlanRequest) -> AsyncGenerator[str, None]:
        """The plan's text; cancelling stops the model at its next token."""
        stream = pieces(lambda: self._planner.stream(request), self._places)
        try:
            async for piece in stream:
                if piece:  # a token may add nothing to the text yet
                    yield piece
        finally:
            await stream.aclose()

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text."""
        return [len(self._planner.engine.tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]

    async def ready(self) -> bool:
        """True once the model is loaded, which it is when this replica takes requests."""
        return True
