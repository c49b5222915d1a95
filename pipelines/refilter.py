"""Other thresholds for an annotation that is done: which of its scored calls would stay, without asking the model again.

    asked = {"Calculator": Thresholds(tau_s=0.1, tau_f=1.0)}
    check_thresholds(asked, "runs/annotate/scored")                       # what scored/ cannot tell is refused
    rows = refiltered("runs/annotate/scored", asked, Markers())           # rows as those of kept/

`scored/` has the probability of every place that was tried and the gain of every call that could pass, so higher thresholds are exact: the k
likeliest places above a higher tau_s are those of the k likeliest that lie above it, and a call whose gain is not known had less than the
annotation's tau_f. Below its own thresholds nothing was sampled or scored; a sweep wants an annotation made with low ones
(recipes/toolformer/annotate-wide.yaml). The calls are the samples that were drawn then; annotating anew would draw others.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from pipelines import files, manifest
from pipelines.annotate import kept_row
from toolschool.config import Config
from toolschool.errors import ConfigError, DataError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import InlineTool

THRESHOLDS = "thresholds"  # in the settings of the annotation's last stage
SCORED = "scored"


class Thresholds(Config):
    """One tool's; what is left out stays as it was annotated with."""

    tau_s: float | None = Field(default=None, ge=0, lt=1)
    """Calls stay only at places where the start marker was more likely than this."""
    tau_f: float | None = None
    """Nats by which a call must lower the loss."""


Asked = Mapping[str, Thresholds]  # by the tool's name


def thresholds_of(tools: Mapping[str, InlineTool]) -> dict[str, dict[str, float]]:
    """What an annotation with these tools filters by, in nats and as a probability, as its last stage notes it."""
    return {name: {"tau_s": tool.preset.tau_s, "tau_f": tool.preset.tau_f} for name, tool in tools.items()}


def annotated_with(scored: str) -> dict[str, dict[str, float]]:
    """The thresholds of the annotation that wrote a folder scored/, by tool. DataError where none did."""
    run = files.absolute(scored).rstrip("/").rpartition("/")[0]
    made = manifest.read(files.join(run, "stages", "filter"))
    if made is None:
        raise DataError(f"{scored} is not there, or its annotation has not ended; run python -m jobs.annotate first")
    known = made["config"]["settings"].get(THRESHOLDS)
    if known is None:
        raise DataError(f"{run} does not say which thresholds it has; run its jobs.annotate again, with the same name")
    return dict(known)


def check_thresholds(asked: Asked, scored: str) -> dict[str, dict[str, float]]:
    """The thresholds of every tool of the annotation, as asked where they are. ConfigError for a lower one, or a tool it does not have."""
    known = annotated_with(scored)
    for name, thresholds in asked.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
            raise ConfigError(f"inline.thresholds.{name}: {scored} has no calls of such a tool; {hint}")
        for key, value in thresholds.model_dump(exclude_none=True).items():
            if value < known[name][key]:
                raise ConfigError(
                    f"inline.thresholds.{name}.{key}={value:g} is below the {known[name][key]:g} of the annotation {scored}, where nothing was "
                    f"scored; raise it, or annotate with preset {{{key}: {value:g}}}"
                )
    return {name: own | asked.get(name, Thresholds()).model_dump(exclude_none=True) for name, own in known.items()}


def refiltered(scored: str, asked: Asked, markers: Markers) -> Iterator[dict[str, Any]]:
    """The texts with the calls that pass, as rows of kept/, in the order of scored/."""
    bars = check_thresholds(asked, scored)
    for row in files.read_rows(scored):
        if kept := kept_row(row, passes(row, bars), markers):
            yield kept


def passes(row: Mapping[str, Any], bars: Mapping[str, Mapping[str, float]]) -> list[bool]:
    """Whether each call of a scored row stays: p("[") > tau_s at its place, as places are chosen, and a gain of tau_f or more."""
    likely = {(place["tool"], place["place"]): place["probability"] for place in row["places"]}
    return [
        loss["gain"] is not None
        and loss["gain"] >= bars[call["tool"]]["tau_f"]
        and likely[call["tool"], call["place"]] > bars[call["tool"]]["tau_s"]
        for call, loss in zip(row["calls"], row["losses"], strict=True)
    ]
