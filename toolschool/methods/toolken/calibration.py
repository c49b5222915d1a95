"""The bias of a tool head by what its agent really writes: the same questions answered at many biases.

    for bias, reply in replies_over(agent, "What is 2+3?", [-2.0, 0.0, 2.0]): ...

ToolkenGPT's logits_bias (arXiv 2305.11554) decides whether a head over-fires or hardly fires; no procedure for it was published. A reply knows how far the bias
can move before any of its decisions would change, so most biases need no new decoding, and what comes out is exactly what decoding
again would give.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolschool.methods.toolken.agent import Reply, ToolkenAgent


def replies_over(agent: ToolkenAgent, question: str, biases: Sequence[float]) -> Iterator[tuple[float, Reply]]:
    """The reply at each bias (added to every tool's logit), from the lowest up; the head is left at the highest."""
    written: tuple[float, Reply] | None = None
    for bias in sorted(biases):
        if written is None or bias - written[0] > written[1].more:
            agent.head.bias.fill_(bias)
            written = bias, agent.answer(question)
        yield bias, written[1]
