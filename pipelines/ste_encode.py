"""Examples and general rows as token rows: raw rows in, one folder of rows for each way to train.

    texts = placed_in([*calls(examples, tools), *talk(rows)], rows, batches)        # -> source/
    run_stage(row_stage(run, with_tokens(run, rows, tools), shape))                 # -> ste/, and the folders of rounds

Beside each folder of rows stands what training copies to the model: the tools' documentation, and where they come from.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.stage import Outputs, Rows, Stage, each
from pipelines.ste_rounds import folders_of, round_folders
from toolschool.errors import RowError
from toolschool.methods.ste.learnt import SOURCES_FILE, TOOLS_FILE
from toolschool.methods.ste.template import StePrompt
from toolschool.models.backbone import ModelConfig
from toolschool.models.hub import lasting
from toolschool.records import Tool

if TYPE_CHECKING:
    from pipelines.stage import Shape
    from pipelines.ste_rows import SteRows
    from toolschool.methods.ste.examples import Example

ROWS, TOKENS_FILE = "ste", "tokens.json"
VALIDATION = 10  # per cent of the general rows, beside them


def calls(examples: Sequence[Example], tools: Sequence[Tool]) -> Iterator[dict[str, Any]]:
    """Raw rows of requests that a model learns; arguments in the order of the schema, in which decoding under it lets them be written."""
    known = {tool.name: tool for tool in tools}
    for example in examples:
        if example.part in ingest.PARTS:
            arguments = known[example.tool].ordered(example.arguments)
            yield {"query": example.query, "tool": example.tool, "arguments": arguments, "part": example.part}


def talk(rows: SteRows) -> Iterator[dict[str, Any]]:
    """Raw rows in normal mode, and VALIDATION per cent as many to validate on. DataError for a malformed file of them."""
    from toolschool.methods.ste.general import general_rows, read_general

    for part, share in zip(ingest.PARTS, (100, VALIDATION), strict=True):
        count, seed = rows.general * share // 100, rows.exploit.seed
        given = rows.general_path
        found = read_general(given, part, VALIDATION) if given else general_rows(count, seed, part)
        for query, answer in itertools.islice(found, count):
            yield {"query": query, "answer": answer, "part": part}


def placed_in(texts: Sequence[dict[str, Any]], rows: SteRows, batches: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Raw rows with the folders they go to."""
    if not rows.rounds:
        return [{**text, "folders": [ROWS]} for text in texts]
    more = folders_of(texts, batches, rows.rounds, rows.exploit.seed)
    return [{**text, "folders": [ROWS, *folders]} for text, folders in zip(texts, more, strict=True)]


def with_tokens(run: str, rows: SteRows, tools: Sequence[Tool]) -> SteRows:
    """Write the tools' new tokens with their words (none where names are text); the settings whose tokenizer has them, for any folder."""
    name = lasting(str(rows.model.name))  # workers may stand in another folder
    words = rows.template.token_words([tool.name for tool in tools])
    place = files.join(run, TOKENS_FILE)
    files.write_text(place, json.dumps(words, ensure_ascii=False, indent=0) + "\n")
    model = rows.model.model_copy(update={"name": name, "token_words": place if words else None})
    return rows.model_copy(update={"model": model})


def row_folders(rows: SteRows) -> list[str]:
    """Every folder of rows of a run."""
    if not rows.rounds:
        return [ROWS]
    batches = rows.rounds.batches
    return [ROWS, *round_folders(batches if isinstance(batches, int) else len(batches))]


def row_stage(run: str, rows: SteRows, shape: Shape) -> Stage:
    """The stage that encodes `source/`."""
    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.records import token_schema

    tokenizer = load_tokenizer(rows.model)
    rows.template.check_tokenizer(tokenizer)
    return Stage(
        "rows",
        files.join(run, "source"),
        run,
        Encode,
        {f"{folder}/{part}": token_schema() for folder in row_folders(rows) for part in ingest.PARTS},
        kwargs={"config": rows.model_dump(mode="json", include={"model", "template", "max_length"})},
        settings={"tokenizer": fingerprint(tokenizer)},
        actors=shape.actors,
        cpus=shape.cpus,
    )


class Encode:
    """The transform: raw rows to token rows."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        from toolschool.models.backbone import load_tokenizer

        self.template = StePrompt.model_validate(config["template"])
        self.tokenizer = load_tokenizer(ModelConfig.model_validate(config["model"]))
        self.max_length = config["max_length"]

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.encode, rows)

    def encode(self, row: dict[str, Any]) -> Outputs:
        said = json.loads(row["raw"])
        made = self._call(said) if "tool" in said else self._talk(said)
        return {f"{folder}/{said['part']}": [{"id": row["key"], **made}] for folder in said["folders"]}

    def _call(self, said: Mapping[str, Any]) -> dict[str, list[int]]:
        return self.template.row(self.tokenizer, said["query"], said["tool"], said["arguments"], self.max_length)

    def _talk(self, said: Mapping[str, Any]) -> dict[str, list[int]]:
        from toolschool.methods.ste.general import NORMAL_SYSTEM, general_completion
        from toolschool.models.templates import encode_row

        normal = self.template.model_copy(update={"system": NORMAL_SYSTEM})
        prompt = normal.prompt(said["query"], self.tokenizer)
        return encode_row(self.tokenizer, prompt, general_completion(said["answer"]), self.max_length)


def write_beside(run: str, rows: SteRows, tools: Sequence[Tool], data: str) -> None:
    """Into each folder of rows its cards, and what training copies beside the model: the tools' documentation, and where they come from."""
    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.tools.described import tools_to_json

    made_by = rows.model_dump(mode="json", include={"model", "template", "max_length"})
    names = [tool.name for tool in tools]
    beside = {TOOLS_FILE: tools_to_json(tools)}
    if files.exists(sources := files.join(rows.trials, SOURCES_FILE)):
        beside[SOURCES_FILE] = files.read_text(sources)
    card = {"method": "ste", "template": made_by["template"], "tools": names, "files": list(beside)}
    tokenizer = fingerprint(load_tokenizer(rows.model))
    for name in row_folders(rows):
        folder = files.join(run, name)
        for file, text in beside.items():
            files.write_text(files.join(folder, file), text)
        write_cards(folder, card, tokenizer, made_by, f"{data} {name}")
