"""Toolformer's filter and annotation against the straight way through the paper: the same texts and calls, nano, every core.

`plain filter` makes three whole forwards for each call, in batches of so many rows. `plain annotation` finds the same places with one
forward and calls transformers' `generate` for so many of them at a time (tests/toolschool/methods/toolformer/plain_reference.py;
conceptofmind/toolformer does it so, one place at a time). Every arm takes a text, then the next arm takes it; ratios are of sums
over all texts, least and most of single ones. Tokens are real ones fed to the model, padding left out. toolformer-pytorch takes
part where it is installed (benchmarks/toolformer_upstream.py says how, and what it does less). Limit: train rows, which nano knows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean, median
from typing import Any, NamedTuple, cast

from benchmarks import toolformer_upstream as upstream
from benchmarks.results import Claim, Measured
from benchmarks.timing import alternate, ratios
from jobs.annotate import AnnotateConfig
from pipelines.annotate import Annotate
from tests.toolschool.methods.toolformer import plain_reference as plain
from toolschool.config import build, read_yaml
from toolschool.datasets import registry
from toolschool.methods.toolformer.documents import encode
from toolschool.methods.toolformer.losses import CallIds, CallLosses, Screen, call_losses, plain_losses
from toolschool.methods.toolformer.marker_tokens import marker_tokens
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import InlineTool
from toolschool.models.likelihood import LocalLM, open_lm

TEXTS = 5
FEW = 5  # for what is only looked at
ROWS = (1, 8, 32, 128)  # of the plain filter's batches
PLACES = (1, 5, 20)  # of one `generate`, with m samples each
OURS, SCREENED, UPSTREAM = "ours", "ours, screened in bfloat16", "toolformer-pytorch"


class Case(NamedTuple):
    """A text with the calls that were sampled in it and gave a result."""

    row: dict[str, Any]
    ids: list[int]
    calls: list[CallIds]


Run = Callable[[Case], int]  # returns how many tokens the model was fed


def read_cases(annotate: Annotate, config: Mapping[str, Any]) -> list[Case]:
    texts = registry.texts("gsm8k", split="train", purpose="train", limit=TEXTS)
    raw = [{"key": f"{i}", "raw": json.dumps({"text": text})} for i, text in enumerate(texts)]
    tokenizer = annotate.lm.tokenizer
    rows = plain.executed(raw, config)
    return [Case(row, encode(tokenizer, row["text"]).ids, plain.calls_of(tokenizer, row)) for row in rows]


def our_losses(lm: LocalLM, case: Case, tau: float, screen: Screen | None = None) -> list[CallLosses]:
    """All that the filter asks of the model, the losses without a call included."""
    known = plain_losses(lm, case.ids, sorted({call.place for call in case.calls}), lm.begin)
    return call_losses(lm, case.ids, case.calls, known, tau, lm.begin, screen)


def counted(run: Callable[[Case], object], *models: LocalLM) -> Run:
    """With the tokens that our models count."""

    def one(case: Case) -> int:
        before = sum(lm.tokens for lm in models)
        run(case)
        return sum(lm.tokens for lm in models) - before

    return one


def filter_arms(lm: LocalLM, screen: Screen, tau: float) -> dict[str, Run]:
    def straight(case: Case, batch: int) -> int:
        plain.three_losses(lm.model, case.ids, case.calls, lm.begin, batch)
        return sum(3 * len(case.ids) + len(call.empty) + len(call.done) for call in case.calls)

    arms = {
        OURS: counted(lambda case: our_losses(lm, case, tau), lm),
        SCREENED: counted(lambda case: our_losses(lm, case, tau, screen), lm, cast(LocalLM, screen.scorer)),
    }
    arms |= {f"plain filter, {rows} a batch": partial(straight, batch=rows) for rows in ROWS}
    if upstream.package:
        arms[UPSTREAM] = lambda case: upstream.decide(lm, case.ids, case.calls, tau)[1]
    return arms


def prompted(lm: LocalLM, tool: InlineTool, case: Case) -> list[int]:
    ids: list[int] = lm.tokenizer(tool.prompt.replace("{text}", case.row["text"]))["input_ids"]
    return ids


def annotate_arms(lm: LocalLM, annotate: Annotate, tool: InlineTool) -> dict[str, Run]:
    def straight(case: Case, batch: int) -> int:
        _, samples = plain.plain_annotate(lm.model, lm.tokenizer, tool, case.row["text"], batch)
        before = len(prompted(lm, tool, case))
        return before + len(case.ids) + sum(before + i + len(s) - 1 for i, made in samples.items() for s in made)

    arms = {OURS: counted(lambda case: annotate.annotate(case.row), lm)}
    arms |= {f"plain annotation, {places} a time": partial(straight, batch=places) for places in PLACES}
    if upstream.package:
        arms[UPSTREAM] = lambda case: upstream.rewrite(lm.model, prompted(lm, tool, case), case.ids)[1]
    return arms


@dataclass(frozen=True)
class Beside:
    """Arms side by side: their table, seconds a text, and tokens that a text took on average."""

    text: str
    seconds: dict[str, list[float]]
    tokens: dict[str, float]

    def claim(self, promise: str, ours: str, peers: Sequence[str]) -> Claim:
        """Ours beside the fastest of these peers."""
        fastest = min(peers, key=lambda name: median(self.seconds[name]))
        return Claim(promise, ratios(self.seconds, fastest, ours), (self.tokens[ours], self.tokens[fastest]))


def measured(cases: Sequence[Case], runs: Mapping[str, Run], per: Mapping[str, int]) -> Beside:
    """`per` is what all cases hold together, by name, and the first arm is ours."""
    fed: dict[str, list[int]] = {name: [] for name in runs}
    seconds = alternate({name: _each(run, cases, fed[name]) for name, run in runs.items()}, rounds=len(cases))
    ours = seconds["ours"]
    columns = ("arm", *(f"{unit}/s" for unit in per), "tokens a text", "ours is faster by", "least", "most")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, spent in seconds.items():
        rates = " | ".join(f"{count / sum(spent):.2f}" for count in per.values())
        slower = [there / here for there, here in zip(spent, ours, strict=True)]
        lines.append(
            f"| {name} | {rates} | {mean(fed[name][1:]):,.0f} "
            f"| {sum(spent) / sum(ours):.2f} | {min(slower):.2f} | {max(slower):.2f} |"
        )
    return Beside("\n".join(lines), seconds, {name: mean(counts[1:]) for name, counts in fed.items()})


def claims(filtered: Beside, annotated: Beside) -> Iterator[Claim]:
    """Both ways of the filter, and the annotation, beside the plain ways and toolformer-pytorch."""
    plain_arms = [name for name in filtered.seconds if name.startswith("plain")]
    for ours, promise in ((SCREENED, "toolformer/screened"), (OURS, "toolformer/exact")):
        yield filtered.claim(promise, ours, [f"plain filter, {ROWS[0]} a batch"])
        yield filtered.claim(f"{promise}-best", ours, plain_arms)
        if UPSTREAM in filtered.seconds:
            yield filtered.claim(f"{promise}-upstream", ours, [UPSTREAM])
    yield annotated.claim("toolformer/annotate", OURS, [name for name in annotated.seconds if name.startswith("plain")])
    if UPSTREAM in annotated.seconds:
        yield annotated.claim("toolformer/annotate-upstream", OURS, [UPSTREAM])


def _each(run: Run, cases: Sequence[Case], fed: list[int]) -> Callable[[], None]:
    """A case with every call; the first twice, because `alternate` begins with a round that does not count."""
    todo = iter([cases[0], *cases])
    return lambda: fed.append(run(next(todo)))


def equal_losses(lm: LocalLM, screen: Screen, cases: Sequence[Case], tau: float) -> str:
    """How far our losses and decisions are from those of whole forwards, and what the screen loses."""
    off, other, kept, lost = 0.0, 0, 0, 0
    for case in cases:
        true = plain.three_losses(lm.model, case.ids, case.calls, lm.begin, batch=8)
        screened = our_losses(lm, case, tau, screen)
        for ours, three, looked_at in zip(our_losses(lm, case, tau), true, screened, strict=True):
            pairs = zip((ours.plain, ours.empty, ours.done), three, strict=True)
            off = max([off, *(abs(one - two) for one, two in pairs if one is not None)])
            other += ours.kept != (three.gain >= tau)
            kept += ours.kept
            lost += ours.kept and not looked_at.kept
    calls = sum(len(case.calls) for case in cases)
    return (
        f"{calls} calls, {kept} kept. Largest difference of a loss {off:.0e} nats; other decisions: {other}. "
        f"The screen ({screen.margin} nats, bfloat16) loses {lost} of the kept."
    )


def equal_places(lm: LocalLM, cases: Sequence[Case], tool: InlineTool) -> str:
    """Whether both find the same places, and as many samples that close their call."""
    off, other, closed, ours_closed, wanted = 0.0, 0, 0, 0, 0
    ends = marker_tokens(lm.tokenizer, Markers()).ends
    for case in cases:
        p, samples = plain.plain_annotate(lm.model, lm.tokenizer, tool, case.row["text"], batch=PLACES[-1])
        ours = {place["place"]: place for place in case.row["places"]}
        other += len(p.keys() ^ ours.keys())
        off = max([off, *(abs(p[i] - ours[i]["probability"]) for i in p.keys() & ours.keys())])
        sampled = [i for i, place in ours.items() if not place["pruned"]]
        wanted += tool.preset.m * len(sampled)
        ours_closed -= sum(each["samples"] for each in case.row["failures"] if each["reason"] == "never closed")
        closed += sum(sample[-1] in ends for i in sampled for sample in samples.get(i, []))
    return (
        f"{len(cases)} texts: places that only one side finds: {other}; largest difference of a probability {off:.0e}. "
        f"Of {wanted} samples close their call: ours {wanted + ours_closed}, plain {closed}."
    )


def upstream_words(lm: LocalLM, cases: Sequence[Case], tool: InlineTool, tau: float) -> str:
    """What toolformer-pytorch makes of the same texts and calls."""
    if not upstream.package:
        return "toolformer-pytorch is not installed: benchmarks/toolformer_upstream.py says how to."
    kept = [upstream.decide(lm, case.ids, case.calls, tau)[0] for case in cases]
    ours = [[each.kept for each in our_losses(lm, case, tau)] for case in cases]
    both = sum(a and b for one, two in zip(kept, ours, strict=True) for a, b in zip(one, two, strict=True))
    made = [upstream.rewrite(lm.model, prompted(lm, tool, case), case.ids)[0] for case in cases[:FEW]]
    arguments = [call["argument"] for case in cases for call in case.row["calls"]]
    return (
        f"toolformer-pytorch keeps {sum(map(sum, kept))} calls, ours {sum(map(sum, ours))}, both {both}. Its rewritings of {FEW} "
        f"texts with a call: {sum(upstream.has_call(lm.tokenizer.decode(ids)) for ids in made)}. "
        f"Of our {len(arguments)} sampled calls it runs {sum(map(upstream.runs, arguments))}."
    )


def report() -> Measured:
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    config = build(AnnotateConfig, read_yaml("recipes/toolformer/annotate.yaml")).annotate
    annotate = Annotate(config.model_dump(mode="json"))
    lm, tool = cast(LocalLM, annotate.lm), annotate.tools["Calculator"]
    rough = cast(LocalLM, open_lm(config.model, dtype="bfloat16"))
    tau, screen = tool.preset.tau_f, Screen(rough, config.screen or 0.0)
    cases = read_cases(annotate, config.model_dump(mode="json"))
    texts = {"texts": len(cases)}
    calls = {**texts, "calls": sum(len(case.calls) for case in cases)}
    filtered = measured(cases, filter_arms(lm, screen, tau), calls)
    annotated = measured(cases, annotate_arms(lm, annotate, tool), texts)
    parts = [
        f"### Filter\n\n{equal_losses(lm, screen, cases, tau)}",
        filtered.text,
        f"### Annotation\n\n{equal_places(lm, cases[:FEW], tool)}",
        annotated.text,
        upstream_words(lm, cases, tool, tau),
    ]
    return Measured("\n\n".join(parts), tuple(claims(filtered, annotated)))
