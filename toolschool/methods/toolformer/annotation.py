"""Where could a call stand in a text, and which calls would the model write there?

    annotator = Annotator(model, tokenizer, tool, markers, preset)
    annotator.annotate(text, ids, losses, seed)     # Proposals: probability of the start marker by place, sampled calls

Source: Toolformer (arXiv 2302.04761), section 2, "Sampling API calls": one teacher-forced pass of the text behind the tool's prompt gives
the probability of a call at every place; the k likeliest places above tau_s get m samples each. Exact saving: a place whose text
is already likely (L_i(ε) < tau_f) can keep no call, so nothing is sampled there; its slot is not given to another place.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolschool.config import Config
from toolschool.errors import ModelError, RowError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import TEXT, InlineTool
from toolschool.models.branches import Reader

if TYPE_CHECKING:
    import numpy as np


class Preset(Config):
    """Table and appendix A of the paper; what it leaves open is said so."""

    tau_s: float = 0.05
    """A place is tried when the start marker is at least this likely."""
    k: int = 5
    """Places per text, the likeliest."""
    m: int = 5
    """Samples per place."""
    tau_f: float = 1.0
    """Nats by which a call must lower the loss."""
    temperature: float = 1.0
    """Of the samples (the paper does not say)."""
    max_tokens: int = 28
    """Of a call (the paper does not say); longer ones are dropped."""


PRESETS: Mapping[str, Preset] = {
    "default": Preset(),
    "calculator": Preset(tau_s=0.0, k=20, m=10, tau_f=0.5),
}


def likeliest(probabilities: np.ndarray, tau_s: float, k: int, allowed: np.ndarray) -> list[int]:
    """The at most k places with p > tau_s, likeliest first (of equals the earlier); only `allowed` ones (n, bool)."""
    import numpy as np

    order = np.argsort(-probabilities, kind="stable")
    return [int(i) for i in order if probabilities[i] > tau_s and allowed[i]][:k]


@dataclass(frozen=True)
class Place:
    """A place that was tried: token index, p(start marker), L_i(ε), and whether sampling was pointless (pruned)."""

    index: int
    probability: float
    loss: float
    pruned: bool


@dataclass(frozen=True)
class Proposals:
    """What annotating one text with one tool gave. `calls`: argument -> samples, by place; `failures`: samples lost, by kind."""

    places: tuple[Place, ...]
    calls: Mapping[int, Counter[str]]
    failures: Counter[str]


class Annotator:
    """A model and a tool's prompt, which is read once."""

    def __init__(self, model: Any, tokenizer: Any, tool: InlineTool, markers: Markers, preset: Preset) -> None:
        head, tail = tool.prompt.split(TEXT)
        strings = tokenizer.batch_decode([[i] for i in range(len(tokenizer))])
        self.tokenizer, self.tool, self.markers, self.preset = tokenizer, tool, markers, preset
        self.tail = tail
        self.reader = Reader(model, tokenizer(head)["input_ids"])
        self.ends = frozenset(i for i, text in enumerate(strings) if markers.end in text)
        self.starts = [
            i for i, text in enumerate(strings) if text.lstrip(" ").startswith(markers.start) and i not in self.ends
        ]
        if not self.starts:
            raise ModelError(f"no token begins with {markers.start!r}; choose other markers or add them as tokens")
        self.stops = frozenset(i for i, text in enumerate(strings) if "\n" in text) | {tokenizer.eos_token_id}

    def annotate(self, text: str, ids: Sequence[int], losses: Mapping[int, float], seed: str) -> Proposals:
        """`ids` are the text's tokens alone, `losses` L_i(ε) of every place a call may stand at; samples follow from `seed`."""
        import numpy as np
        import torch

        middle = self.tokenizer(text + self.tail, add_special_tokens=False)["input_ids"]
        reading = self.reader.read(middle, ids)
        probabilities = reading.probabilities(self.starts)
        allowed = np.array([i in losses and token not in self.starts for i, token in enumerate(ids)])
        tried = likeliest(probabilities, self.preset.tau_s, self.preset.k, allowed)
        places = tuple(Place(i, float(probabilities[i]), losses[i], losses[i] < self.preset.tau_f) for i in tried)
        wanted = {place.index: self.preset.m for place in places if not place.pruned}
        generator = torch.Generator().manual_seed(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:7], "big"))
        sampled = reading.sample(
            wanted, self.starts, self.ends, self.stops, self.preset.max_tokens, generator, self.preset.temperature
        )
        calls, failures = self._read(sampled)
        failures["never closed"] += sum(wanted.values()) - sum(map(Counter.total, sampled.values()))
        return Proposals(places, calls, +failures)

    def _read(self, sampled: Mapping[int, Counter[tuple[int, ...]]]) -> tuple[dict[int, Counter[str]], Counter[str]]:
        calls: dict[int, Counter[str]] = {}
        failures: Counter[str] = Counter()
        for place, samples in sampled.items():
            for tokens, count in samples.items():
                text = self.tokenizer.decode(list(tokens)).lstrip(" ").removeprefix(self.markers.start)
                try:
                    argument = self.markers.read(text.partition(self.markers.end)[0], self.tool.name)
                except RowError as error:
                    failures[str(error)] += count
                else:
                    calls.setdefault(place, Counter())[argument] += count
        return calls, failures
