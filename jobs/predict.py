"""Have a model write the calls of test requests: a prediction file as STE publishes them, for `jobs.evaluate`; in this process, without Ray.

    python -m jobs.predict --config recipes/ste/predict.yaml model=runs/ste/model output.name=mine-calls
    python -m jobs.predict --config recipes/ste/predict.yaml model=Qwen/Qwen3-8B url=http://127.0.0.1:8000/v1 mode=documented
    python -m jobs.predict --config recipes/ste/predict.yaml model=assets/nano mode=demonstrated examples.pool=train.json documents.count=3
    python -m jobs.evaluate --config recipes/ste/score.yaml data.path=runs/mine-calls/predictions.json output.name=mine-scores

Writes below `<storage>/<name>/`: predictions.json, written/ (a file per batch: a run that was killed goes on behind the last), quarantine/ with
malformed items and why, manifest.json. Decoding is greedy. A key for the server comes from OPENAI_API_KEY.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from jobs.calls import Refused
from jobs.common import ClusterConfig, check_common, check_storage, run_folder, run_job
from pipelines import files, manifest
from pipelines.collect import write_quarantine
from toolschool.config import Config, OutputConfig
from toolschool.datasets.ste import every
from toolschool.errors import ConfigError, DataError
from toolschool.methods.ste.inference import STOPS, Inference, grammars_of, template_of

if TYPE_CHECKING:
    from toolschool.datasets.ste import ToolItem
    from toolschool.methods.ste.template import StePrompt

PROG = "jobs.predict"


class ItemsData(Config):
    """Which requests."""

    path: str | None = None
    """File of items, {API: [{query, action, action_input, api_descriptions}, ...]}; default: `$TOOLSCHOOL_DATA/ste/tool_test.json`."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many items of each API."""


class PredictConfig(Inference):
    """One pass over a file of requests."""

    model: str
    """A model folder or hub id; with `url` the name of the server's model."""
    url: str | None = None
    """An OpenAI-compatible server, as http://HOST:8000/v1; default: the model runs in this process."""
    data: ItemsData = ItemsData()
    max_new_tokens: int = Field(default=256, ge=1)
    """Longest output; the published ones were cut at 96."""
    batch_size: int = Field(default=16, ge=1)
    """Outputs written at the same time."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Weights of a model in this process."""
    output: OutputConfig


def check(config: PredictConfig) -> None:
    check_common(ClusterConfig(), config.output)
    if config.constrained and config.url:
        raise ConfigError("constrained=true needs the model in this process; leave out url")
    items_file(config.data)
    if config.examples and not Path(config.examples.pool).is_file():
        raise ConfigError(
            f"examples.pool: {config.examples.pool} is no file; name one of train rows, {{API: [item, ...]}}"
        )


def items_file(data: ItemsData) -> str:
    """The file of items. ConfigError when it is not there."""
    from toolschool.datasets.ste import TEST_FILE

    root = os.environ.get("TOOLSCHOOL_DATA")
    if data.path is None and not root:
        raise ConfigError("which requests? set data.path, or TOOLSCHOOL_DATA to the folder of the data sets")
    path = data.path or str(Path(str(root), "ste", TEST_FILE))
    if not Path(path).is_file():
        raise ConfigError(f"{path} is no file; set data.path to a file of items, {{API: [item, ...]}}")
    return path


def read(config: PredictConfig) -> tuple[dict[str, list[ToolItem]], Refused]:
    """Items by API, and the refused ones. DataError where none is left."""
    from toolschool.datasets.ste import read_items

    refused = Refused()
    path = items_file(config.data)
    items = read_items(path, on_bad=refused)
    if not any(items.values()):
        raise DataError(f"{path} has no item, {refused}")
    return {name: group[: config.data.limit] for name, group in items.items()}, refused


def predict(config: PredictConfig) -> dict[str, Any]:
    """Write what is missing, then the prediction file; returns the manifest."""
    started = time.monotonic()
    run = run_folder(config.output)
    items, refused = read(config)
    template = template_of(config, config.model)
    turns, queries = config.turns(items, template), [item.query for item in every(items)]
    mark = fingerprint(config, turns)
    folder = files.join(run, "written", mark)
    done = already(folder)
    write_missing(config, template, turns, queries, folder, done)
    write_quarantine(run, "items", refused.rows)
    write_predictions(run, items, already(folder), template)
    return manifest.write(
        run,
        "predict",
        config=config.model_dump(mode="json"),
        inputs={items_file(config.data): files.sha256(items_file(config.data))},
        counts={"items": len(turns), "quarantined": len(refused.rows), "found written": len(done)},
        wall_s=time.monotonic() - started,
    )


def fingerprint(config: PredictConfig, turns: Sequence[str]) -> str:
    """What outputs depend on: other requests, prompts, settings or weights begin anew."""
    settings = config.model_dump(
        mode="json", include={"mode", "template", "constrained", "url", "max_new_tokens", "dtype"}
    )
    model = config.model if config.url else files.model_mark(config.model)
    return manifest.fingerprint([settings, model, list(turns), STOPS])


def already(folder: str) -> dict[int, str]:
    """Outputs by the number of their turn."""
    lines = (line for file in files.list_files(folder, ".jsonl") for line in files.read_lines(_uri(folder, file)))
    return {row["turn"]: row["output"] for row in map(json.loads, lines)}


def _uri(folder: str, path: str) -> str:
    """A listed path, which has no scheme, as the URI of its folder."""
    return files.join(folder, path.rsplit("/", 1)[-1])


def write_missing(
    config: PredictConfig,
    template: StePrompt,
    turns: Sequence[str],
    queries: Sequence[str],
    folder: str,
    done: Mapping[int, str],
) -> None:
    """A file for each batch of turns that have no output yet, alike in length so that little is padded."""
    from jobs.progress import Progress
    from toolschool.methods.ste.inference import check_lengths, open_caller

    missing = sorted((place for place in range(len(turns)) if place not in done), key=lambda place: len(turns[place]))
    if not missing:
        return
    writer = open_caller(config, config.model, config.url, config.dtype)
    check_lengths(writer, turns, config.max_new_tokens)
    limits = limits_of(config, template, writer)
    with Progress(f"predict {config.output.name}", len(turns), "items") as bar:
        bar.add(len(done))
        for start in range(0, len(missing), config.batch_size):
            batch = missing[start : start + config.batch_size]
            made = writer.generate([turns[place] for place in batch], **limits([queries[place] for place in batch]))
            write_batch(folder, batch, [output.text for output in made])
            bar.add(len(batch))


def limits_of(config: PredictConfig, template: StePrompt, writer: Any) -> Callable[[Sequence[str]], Mapping[str, Any]]:
    """How the outputs of some requests end: by their length, and by what begins another turn, or by the grammar of each."""
    if not config.constrained:
        return lambda queries: {"max_new_tokens": config.max_new_tokens, "stop": STOPS}
    grammar = grammars_of(config.model, template, writer.engine.tokenizer)
    return lambda queries: {"max_new_tokens": config.max_new_tokens, "grammars": [grammar(query) for query in queries]}


def write_batch(folder: str, places: Sequence[int], outputs: Sequence[str]) -> None:
    """The outputs of some turns, in a file named by the first of them."""
    rows = ({"turn": place, "output": output} for place, output in zip(places, outputs, strict=True))
    text = "".join(json.dumps(row) + "\n" for row in rows)
    files.write_text(files.join(folder, f"{places[0]:07d}.jsonl"), text)


def write_predictions(
    run: str, items: Mapping[str, Sequence[ToolItem]], outputs: Mapping[int, str], template: StePrompt
) -> None:
    """predictions.json: items in the order of their file, each with its output, spelled."""
    from toolschool.datasets.ste import predicted_row

    places = iter(range(len(outputs)))
    found = {
        name: [predicted_row(item, template.read(outputs[next(places)], item.query)) for item in group]
        for name, group in items.items()
    }
    files.write_text(files.join(run, "predictions.json"), json.dumps(found, ensure_ascii=False, indent=1) + "\n")


def work(config: PredictConfig) -> None:
    check_storage(config.output, nodes=1, shared=True)
    made = predict(config)
    place = files.join(run_folder(config.output), "predictions.json")
    print(f"{made['counts']['items']} outputs, {made['counts']['quarantined']} malformed items in quarantine")
    print(
        f"predictions: {place}\nscore them:  python -m jobs.evaluate --config recipes/ste/score.yaml data.path={place}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", PredictConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
