"""Ray Serve deployment of ToolRAG: requests that come close together are classified as one batch."""

from __future__ import annotations

import asyncio

from ray import serve

from toolschool.records import JsonValue

_BATCH = 16
_WAIT_S = 0.005


@serve.deployment(name="Retriever", max_ongoing_requests=4 * _BATCH, max_queued_requests=256)
class RetrieverDeployment:
    """A loaded tool retriever."""

    def __init__(self, name: str) -> None:
        from toolschool.methods.tinyagent.toolrag import ToolRag

        self._rag = ToolRag.load(name)
        self._rag.search(["warm up"])

    @serve.batch(max_batch_size=_BATCH, batch_wait_timeout_s=_WAIT_S)
    async def search(self, queries: list[str]) -> list[list[dict[str, JsonValue]]]:
        """Tools for each query: `{"name", "probability"}`, the most probable first. Callers pass one query each."""
        found = await asyncio.to_thread(self._rag.search, queries)
        return [[{"name": tool.name, "probability": round(tool.probability, 4)} for tool in tools] for tools in found]

    async def ready(self) -> bool:
        """True once the model is loaded, which it is when this replica takes requests."""
        return True
