"""Ray Serve deployment of the models that find tools: ToolRAG's classifier and the sentence encoder of its scale for other tools.

It knows no tools but the classifier's: those that come and go, and what is said of them, are the executor's (`toolbox.py`), so that
replicas need not be told. Requests that come close together are read as one batch.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ray import serve

if TYPE_CHECKING:
    import numpy as np

    from toolschool.models.encoder import SentenceEncoder

_BATCH = 16
_WAIT_S = 0.005


@serve.deployment(name="Retriever", max_ongoing_requests=4 * _BATCH, max_queued_requests=256)
class RetrieverDeployment:
    """A `serving.toolbox.Reader`; the encoder is loaded when the first description comes."""

    def __init__(self, name: str) -> None:
        from toolschool.methods.tinyagent.toolrag import ToolRag

        self._rag = ToolRag.load(name)
        self._rag.logits(["warm up"])
        self._encoder: SentenceEncoder | None = None

    async def card(self) -> dict[str, Any]:
        """See `Reader.card`."""
        return dict(self._rag.model.card)

    @serve.batch(max_batch_size=_BATCH, batch_wait_timeout_s=_WAIT_S)
    async def classify(self, queries: list[str]) -> list[np.ndarray]:
        """See `Reader.classify`. Callers pass one query each."""
        return list(await asyncio.to_thread(self._rag.logits, queries))

    @serve.batch(max_batch_size=_BATCH, batch_wait_timeout_s=_WAIT_S)
    async def embed(self, texts: list[list[str]]) -> list[np.ndarray]:
        """See `Reader.embed`. Callers pass one list of texts each."""
        import numpy as np

        ends = np.cumsum([len(some) for some in texts])[:-1]
        vectors = await asyncio.to_thread(self._embedded, [text for some in texts for text in some])
        return np.split(vectors, ends)

    def _embedded(self, texts: list[str]) -> np.ndarray:
        from toolschool.models.encoder import MINILM_HUB, SentenceEncoder

        if self._encoder is None:
            joint = self._rag.model.card.get("joint", {})
            self._encoder = SentenceEncoder.load(joint.get("encoder", MINILM_HUB))
        return self._encoder.embed(texts)

    async def ready(self) -> bool:
        """True once the model is loaded, which it is when this replica takes requests."""
        return True
