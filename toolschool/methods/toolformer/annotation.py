"""Where could a call stand in a text, and which calls would the model write there?

    annotator = Annotator(lm, tool, Markers())      # lm: toolschool/models/likelihood.py
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
from typing import TYPE_CHECKING

from toolschool.errors import RowError
from toolschool.methods.toolformer.marker_tokens import line_ends, marker_tokens
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import TEXT, InlineTool

if TYPE_CHECKING:
    import numpy as np

    from toolschool.models.likelihood import LikelihoodModel


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
    """A model and a tool's prompt, whose constant part is read once."""

    def __init__(self, lm: LikelihoodModel, tool: InlineTool, markers: Markers) -> None:
        head, self.tail = tool.prompt.split(TEXT)
        self.space = head[len(head.rstrip(" ")) :]  # belongs to the text's first word, as in any text
        self.tokenizer, self.tool, self.markers = lm.tokenizer, tool, markers
        self.reader = lm.reader(self.tokenizer(head.rstrip(" "))["input_ids"])
        self.tokens = marker_tokens(self.tokenizer, markers)
        self.stops = line_ends(self.tokenizer)

    def annotate(self, text: str, ids: Sequence[int], losses: Mapping[int, float], seed: str) -> Proposals:
        """`ids` are the text's tokens alone, `losses` L_i(ε) of every place a call may stand at; samples follow from `seed`."""
        import numpy as np

        preset = self.tool.preset
        middle = self.tokenizer(self.space + text + self.tail, add_special_tokens=False)["input_ids"]
        reading = self.reader.read(middle, ids)
        probabilities = reading.probabilities(self.tokens.starts)
        allowed = np.array([i in losses and token not in self.tokens.starts for i, token in enumerate(ids)])
        tried = likeliest(probabilities, preset.tau_s, preset.k, allowed)
        found = tuple(Place(i, float(probabilities[i]), losses[i], losses[i] < preset.tau_f) for i in tried)
        wanted = {place.index: preset.m for place in found if not place.pruned}
        sampled = reading.sample(
            wanted,
            self.tokens.starts,
            self.tokens.ends,
            self.stops,
            preset.max_tokens,
            int.from_bytes(hashlib.sha256(seed.encode()).digest()[:7], "big"),
            preset.temperature,
        )
        calls, failures = self._read(sampled)
        failures["never closed"] += sum(wanted.values()) - sum(map(Counter.total, sampled.values()))
        return Proposals(found, calls, +failures)

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
