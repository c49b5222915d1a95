"""Nano's flow: generated and licensed text in, a tokenizer and pretraining rows out.

    tasks --ingest--> source/ --tokenizer on a sample--> tokenizer/ --stage rows--> nano/{train,validation}/

A task is a few hundred rows of one part of the mixture (`desk:17`), so that generation itself runs on the cluster and a kill
costs little. Plans are rendered by the planner's own template and supervise the plan only; other text supervises every
token. Validation rows are the real ones of the validation split where the set is there, else generated ones.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pipelines import files, ingest
from pipelines.encode import UNKNOWN_NOW, offered_tools
from pipelines.stage import Outputs, Rows, Stage, StageResult, each, run_stage
from toolschool.config import Config
from toolschool.errors import ConfigError, RowError
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.template import PlannerTemplate
from toolschool.records import Example

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.datasets.augment import Origins

TASK_ROWS = 512
PLANS = ("desk", "written", "varied", "tinyagent")  # requests with plans; "tinyagent" only validates
READ = ("gsm8k", "svamp", "documentation")  # parts made of data sets' own texts
OWN = 3  # how many times our own documentation counts beside the data sets'
METATOOL = 0.25  # share of its requests that are read
IMAGINED = 15_000  # tools made of two
ASKED = 3  # requests made from each description that says what the tool does
BACK_RATE = 0.3  # of documentation rows that go from the request to the tool
Text = tuple[str, str]  # prompt (not supervised) and completion


class Mixture(Config):
    """Rows of each part."""

    desk: int = Field(default=60_000, ge=0)
    """Generated requests over the desk with their plans."""
    written: int = Field(default=2_000, ge=0)
    """Requests written for this project, as they are, each time with another clock."""
    varied: int = Field(default=40_000, ge=0)
    """Written rows and, where the set is there, train rows of tinyagent: names swapped, clauses recombined, paraphrased."""
    arithmetic: int = Field(default=6_000, ge=0)
    """Generated sums and word problems: with calls, calls and results put first, to be annotated, and plain."""
    gsm8k: int = Field(default=7_000, ge=0)
    """Train rows of GSM8K in the same forms; 0 where the set is not there."""
    svamp: int = Field(default=500, ge=0)
    """Train rows of SVAMP in the same forms; 0 where the set is not there."""
    documentation: int = Field(default=10_000, ge=0)
    """A tool's documentation and a request for it, or the other way round: metatool, sealtools, toolbench; 0 where they are not there."""
    trials: int = Field(default=6_000, ge=0)
    """Dialogues of trial and error over the desk."""


class NanoRows(Config):
    """What nano is pretrained on."""

    mixture: Mixture = Mixture()
    """Rows of each part."""
    real: int = Field(default=3, ge=0)
    """How many times a train row of tinyagent counts among the origins of varied rows; 0 where the set is not there."""
    tokenizer: str | None = None
    """Folder of a tokenizer to use, for a model that goes on learning; default: train one."""
    vocab_size: int = Field(default=2048, ge=512)
    """Entries of the tokenizer, added tokens included."""
    template: PlannerTemplate = PlannerTemplate()
    """How requests and plans are rendered; the same as the planner's."""
    negatives: tuple[int, int] = (0, 4)
    """Fewest and most irrelevant tools offered beside the gold ones."""
    max_length: int = Field(default=512, ge=64)
    """Longest row in tokens; longer ones are quarantined."""
    tokenizer_sample: int = Field(default=6_000, ge=100)
    """Rows the tokenizer is trained on."""


class WriteRows:
    """The transform: a task to its encoded rows."""

    def __init__(self, config: Mapping[str, Any], tokenizer: str, data_path: str | None) -> None:
        from transformers import AutoTokenizer

        self.config = NanoRows.model_validate(config)
        self.texts = Texts(self.config, data_path)
        self.tokenizer = AutoTokenizer.from_pretrained(tokenizer)

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.write, rows)

    def write(self, row: dict[str, Any]) -> Outputs:
        """All rows of one task; a row that is too long is left out and counted by its absence."""
        from toolschool.models.templates import encode_row

        task = json.loads(row["raw"])
        written = []
        for number, (prompt, completion) in enumerate(self.texts.of(task)):
            try:
                encoded = encode_row(self.tokenizer, prompt, completion, self.config.max_length)
            except RowError:
                continue
            written.append({"id": f"{task['part']}/{row['key']}/{number}", **encoded})
        return {f"nano/{task['split']}": written}


class Texts:
    """Prompt and completion of every row of a task."""

    def __init__(self, config: NanoRows, data_path: str | None) -> None:
        from toolschool.tools.desk.specs import desk_catalog

        self.config = config
        self.data_path = data_path
        self.catalog = desk_catalog()
        self._read: dict[tuple[str, str], Any] = {}  # by part and split: what all tasks of it draw from

    def of(self, task: Mapping[str, Any]) -> Iterator[Text]:
        """The rows of a task, the same ones whenever and wherever it is asked."""
        part, seed, count, split = task["part"], task["seed"], task["count"], task["split"]
        if part in PLANS:
            for number, example in enumerate(self._examples(part, seed, count, split)):
                yield self.plan(example, f"{part}/{split}/{seed}/{number}")
        else:
            for text in self._plain(part, seed, count, split):
                yield "", text

    def plan(self, example: Example, draw: str) -> Text:
        """A request with its tools, and its plan, as the planner's template writes them."""
        tools = offered_tools(example.tools, self.catalog.names, self.config.negatives, draw)
        request = PlanRequest(example.query, tools, example.now or _some_now(draw))
        prompt = self.config.template.prompt(request, self.catalog)
        return prompt.text, self.config.template.completion(
            example.plan, prompt, self.catalog, lossy=example.now is None
        )

    def _examples(self, part: str, seed: int, count: int, split: str) -> Iterable[Example]:
        from toolschool.datasets import desk, written

        if part in ("desk", "written"):
            return (desk if part == "desk" else written).generate(seed, count, split)
        if part == "varied":
            origins: Origins = self._once(part, split, self._origins)
            return origins.vary(seed, count)
        real: list[Example] = self._once(part, split, lambda split: _real_examples(self.data_path, split))
        return real[seed * TASK_ROWS : seed * TASK_ROWS + count]

    def _once(self, part: str, split: str, read: Callable[[str], Any]) -> Any:
        """What `read` gives for the split, read when it is first asked for."""
        if (part, split) not in self._read:
            self._read[part, split] = read(split)
        return self._read[part, split]

    def _origins(self, split: str) -> Origins:
        """Written examples, and the real ones where there are any."""
        from toolschool.datasets import written
        from toolschool.datasets.augment import Origins

        real = _real_examples(self.data_path, split) if self.config.real else []
        return Origins([*real * self.config.real, *written.every(split)])

    def _plain(self, part: str, seed: int, count: int, split: str) -> Iterator[str]:
        """Running text; forms and directions are drawn by the row's number."""
        from toolschool.datasets import trials
        from toolschool.datasets.inline_calls import some_form

        if part == "trials":
            yield from trials.generate(seed, count, split)
            return
        for number, row in enumerate(self._text_rows(part, seed, count, split)):
            rng = random.Random(f"{part}/{split}/{seed}/{number}")
            yield _documentation(row, rng) if part == "documentation" else some_form(row, rng)

    def _text_rows(self, part: str, seed: int, count: int, split: str) -> Sequence[Any]:
        """`count` texts with inline calls, or (tool, description, request) of the documentation; real ones by their place."""
        from toolschool.datasets import arithmetic

        if part == "arithmetic":
            return [f"{row['question']} {row['call']}" for row in arithmetic.generate(seed, count, split)]
        every: Sequence[Any] = self._once(part, split, lambda split: _real_texts(part, split))
        return [every[(seed * TASK_ROWS + number) % len(every)] for number in range(count)]


def _real_examples(data_path: str | None, split: str) -> list[Example]:
    from toolschool.datasets import registry

    purpose = "train" if split == "train" else "select"
    kept = registry.examples("tinyagent", path=data_path, split=split, purpose=purpose, shipped=split == "train")
    return [example for example in kept if not example.damage]


def _real_texts(part: str, split: str) -> Sequence[Any]:
    """All texts of a part, in an order that mixes its tools."""
    from toolschool.datasets import gsm8k, queries, registry, svamp

    train = split == "train"
    how: dict[str, Any] = {"split": split, "purpose": "train" if train else "select", "shipped": train}
    if part == "documentation":
        own = list(registry.load("own_documentation", limit=10_000, **how))  # all there are
        sources = [list(registry.load(name, **how)) for name in ("metatool", "sealtools", "toolbench")]
        rng = random.Random(split)
        # MetaTool has a hundred requests for each of its tools: all of them teach its tools by heart, not to read
        found: list[Any] = [triple for triple in queries.documented(sources[0]) if rng.random() < METATOOL]
        found += [triple for rows in (*sources[1:], *[own] * OWN) for triple in queries.documented(rows)]
        found += queries.imagined(itertools.chain(*sources), IMAGINED if train else 0, rng)
        found += [triple for rows in sources for _ in range(ASKED) for triple in queries.described(rows, rng)]
    else:
        text = {"gsm8k": gsm8k.text, "svamp": svamp.text}[part]
        found = [text(row, calls=True) for row in registry.load(part, **how)]
    random.Random(part).shuffle(found)
    return found


def _documentation(triple: tuple[str, str, str], rng: random.Random) -> str:
    """Documentation to request, or back."""
    from toolschool.datasets.queries import documentation

    name, description, request = triple
    if rng.random() < BACK_RATE:
        return f"User Query: {request}\n{documentation(name, description)}"
    return f"{documentation(name, description)}\nUser Query: {request}"


def _some_now(draw: str) -> Any:
    """A clock for rows whose own is unknown: varied, so that no date is learned by heart."""
    from datetime import timedelta

    return UNKNOWN_NOW + timedelta(minutes=random.Random(draw).randrange(525_600))


def prepare_nano(
    run: str,
    config: NanoRows,
    *,
    seed: int,
    data_path: str | None,
    validation: Mapping[str, int],
    actors: int = 1,
    cpus: float = 1.0,
    on_stage: Callable[[str, StageResult], None] = lambda name, result: None,
) -> dict[str, Any]:
    """Write tokenizer and rows into the folder `run`; returns counts. Needs a connected Ray; can be repeated after a kill.

    `validation` is rows per part, e.g. {"tinyagent": 120}.
    """

    from toolschool.records import token_schema

    tasks = [*_tasks(config.mixture.model_dump(), "train", seed), *_tasks(validation, "validation", seed)]
    ingest.write_sources(files.join(run, "source"), [ingest.row_source("nano", tasks)])
    tokenizer = files.absolute(config.tokenizer) if config.tokenizer else files.join(run, "tokenizer")
    there = files.exists(files.join(tokenizer, "tokenizer.json"))
    if config.tokenizer and not there:
        raise ConfigError(f"nano.tokenizer: there is no tokenizer.json in {config.tokenizer}; name another folder")
    if not there:
        _train_tokenizer(config, tasks, data_path, seed).save_pretrained(tokenizer)
    schema: pa.Schema = token_schema()
    result = run_stage(
        Stage(
            "nano",
            files.join(run, "source"),
            run,
            WriteRows,
            {"nano/train": schema, "nano/validation": schema},
            kwargs={"config": config.model_dump(mode="json"), "tokenizer": tokenizer, "data_path": data_path},
            actors=actors,
            cpus=cpus,
            batch_size=4,
            block_rows=32,
        )
    )
    on_stage("nano", result)
    return {"nano": result.counts()}


def _tasks(rows: Mapping[str, int], split: str, seed: int) -> list[dict[str, Any]]:
    tasks = []
    for part, total in rows.items():
        for number in range(-(-total // TASK_ROWS)):
            count = min(TASK_ROWS, total - number * TASK_ROWS)
            listed = part in (*READ, "tinyagent")  # rows by their place, not by a seed
            tasks.append(
                {"part": part, "seed": number if listed else seed * 1_000_000 + number, "count": count, "split": split}
            )
    return tasks


def _train_tokenizer(config: NanoRows, tasks: Sequence[Mapping[str, Any]], data_path: str | None, seed: int) -> Any:
    from toolschool.models.tokenizer import train_tokenizer

    chosen = [task for task in tasks if task["split"] == "train"]
    random.Random(seed).shuffle(chosen)
    texts = Texts(config, data_path)
    sample = (prompt + completion for task in chosen for prompt, completion in texts.of(task))
    return train_tokenizer(
        itertools.islice(sample, config.tokenizer_sample), config.vocab_size, config.template.added_tokens
    )
