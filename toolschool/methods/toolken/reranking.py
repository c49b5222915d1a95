"""The prompt a reranker reads, the same when its rows are mined and when it decides; and the decision.

    look = SecondLook(model, tokenizer, reranker, documentation, k=3)
    look(["add", "multiply", "divide"], "Q: … A: … 4 + 5 =")      # "add", or None: go on without a tool

Source: Toolken+ (arXiv 2410.12004, section 3), prompt in our own words. Limits: one decision at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolschool.models.reranker import Reranker

INTRODUCTION = "Which operation continues the text? Choose exactly one."
REJECT = "none: go on with the text, no operation is needed"


def render(candidates: Sequence[str], documentation: Mapping[str, str], text: str) -> str:
    """Candidates in their order with a line of documentation each, the way out, and the text to be continued."""
    lines = [f"{number}. {name}: {documentation[name]}" for number, name in enumerate(candidates, 1)]
    return "\n".join([INTRODUCTION, *lines, f"{len(lines) + 1}. {REJECT}", f"Text: {text}", "Answer:"])


class SecondLook:
    """A reranker over its frozen model."""

    def __init__(
        self, model: Any, tokenizer: Any, reranker: Reranker, documentation: Mapping[str, str], k: int = 3
    ) -> None:
        self.model, self.tokenizer, self.reranker = model, tokenizer, reranker
        self.documentation, self.k = documentation, k
        self.numbers = {name: number for number, name in enumerate(reranker.tools)}

    def __call__(self, candidates: Sequence[str], text: str) -> str | None:
        """One of the first k candidates, or None."""
        import torch

        from toolschool.methods.toolken.reading import Reading

        shown = list(candidates[: self.k])
        ids = self.tokenizer(render(shown, self.documentation, text))["input_ids"]
        state = Reading.of(self.model, ids).state
        numbers = torch.tensor([[self.numbers[name] for name in shown]], device=state.device)
        with torch.inference_mode():
            best = int(self.reranker(state[None], numbers).argmax())
        return shown[best] if best < len(shown) else None
