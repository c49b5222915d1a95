"""ToolGen's transforms: what tools and requests become on their way to token rows; those of episodes are in `toolgen_episodes.py`.

    AskForTools(how, unseen, run)                      # wanted/ -> requests/: checked ones, and made-up ones for tools that have few
    EncodeDocumentation(config, run, share)            # tools/ -> memorize/
    EncodeRequests(config, run)                        # requests/ -> retrieve/

`run` is the folder that `pipelines/toolgen_sources.py` has laid out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.stage import Outputs, Rows, each
from pipelines.toolgen_sources import HELD_FILE, Synthesis, ToolGenRows, is_unseen, mark, to_key
from toolschool.errors import RowError
from toolschool.methods.toolgen.playground import APIS_FILE

if TYPE_CHECKING:
    from toolschool.datasets.api_docs import Key

MORE = 4  # requests made up besides those that are wanted: one of twenty is kept for testing


class AskForTools:
    """The transform of stage requests: a row of `wanted/` to checked requests {query, gold, part}."""

    def __init__(self, how: Mapping[str, Any], unseen: int, run: str) -> None:
        from toolschool.datasets.catalogues import read_catalogue
        from toolschool.methods.toolgen.synthesis import companions
        from toolschool.models.chat import open_writer

        self.how = Synthesis.model_validate(how)
        docs = [doc for doc in read_catalogue(Path(run) / APIS_FILE).docs if not is_unseen(doc.key, unseen)]
        self.docs = {doc.key: doc for doc in docs}
        self.near = dict(zip(self.docs, companions(docs), strict=True))
        self.held = frozenset(json.loads(files.read_text(files.join(run, HELD_FILE))))
        self.writer = open_writer(self.how.model, self.how.url) if self.how.model else None

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        given = [{**json.loads(row["raw"]), "key": row["key"]} for row in rows]
        return each(self.ask, self._with_answers(given))

    def ask(self, row: dict[str, Any]) -> Outputs:
        """RowError: the row is bad, the model wrote nothing for the tool, or nothing is left that may be trained on."""
        if "bad" in row:
            raise RowError(row["bad"])
        found = self._made(row) if "tool" in row else [{name: row[name] for name in ("query", "gold", "part")}]
        kept = [made for made in found if made["part"] != "train" or mark(made["query"]) not in self.held]
        if not kept:
            raise RowError("the request is kept for validation or test; it must not be trained on")
        texts = [json.dumps(request, ensure_ascii=False) for request in kept]
        return {"requests": [{"key": f"{row['key']}-{n:03d}", "raw": text} for n, text in enumerate(texts)]}

    def _with_answers(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows, those of tools with what the model wrote for them; all are asked together."""
        from toolschool.methods.toolgen.writing import TOKENS_EACH, asking

        tools = [row for row in given if "tool" in row]
        if self.writer and tools:
            prompts = [asking(self.docs[to_key(row["tool"])], row["count"]) for row in tools]
            limit = TOKENS_EACH * max(row["count"] for row in tools)
            for row, answer in zip(tools, self.writer.generate(prompts, max_new_tokens=limit), strict=True):
                row["answer"] = answer.text
        return given

    def _made(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Requests made up for a tool."""
        from toolschool.methods.toolgen.synthesis import made_up
        from toolschool.methods.toolgen.writing import written

        doc, count = self.docs[to_key(row["tool"])], row["count"]
        found: list[tuple[str, Sequence[Key]]]
        if "answer" in row:
            found = [(query, [doc.key]) for query in written(row["answer"], doc, count)]
        else:
            made = made_up(doc, self.near[doc.key], count + MORE, self.how.seed, self.how.together)
            found = [(request.query, sorted(request.gold)) for request in made]
        return [
            {"query": query, "gold": gold, "part": part}
            for query, gold in found
            if (part := _part(query, row["validation"])) != "test"
        ][:count]


class Encoder:
    """What all encoding transforms hold: settings, tokenizer with the new tokens, index."""

    def __init__(self, config: Mapping[str, Any], run: str) -> None:
        from toolschool.methods.toolgen.indexing import ToolIndex
        from toolschool.models.backbone import load_tokenizer

        self.rows = ToolGenRows.model_validate(config)
        self.tokenizer = load_tokenizer(self.rows.model)
        self.index = ToolIndex.load(run)


class EncodeDocumentation(Encoder):
    """The transform of stage memorize: a row of `tools/` to a token row. `share` per cent of them are validated on, too."""

    def __init__(self, config: Mapping[str, Any], run: str, share: int) -> None:
        super().__init__(config, run)
        self.share = share

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.encode, rows)

    def encode(self, row: dict[str, Any]) -> Outputs:
        from toolschool.datasets.api_docs import to_doc
        from toolschool.datasets.splits import hash_percent
        from toolschool.methods.toolgen.stages import memorize_row

        said = json.loads(row["raw"])
        if "bad" in said:
            raise RowError(said["bad"])
        doc = to_doc(said)
        made = memorize_row(self.rows.template, self.tokenizer, doc, self.index, self.rows.max_length)
        known = hash_percent(f"validation/{'/'.join(doc.key)}") < self.share
        return {f"memorize/{part}": [{"id": row["key"], **made}] for part in ingest.PARTS[: 1 + known]}


class EncodeRequests(Encoder):
    """The transform of stage retrieve: a row of `requests/` to a token row for each tool that it wants."""

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.encode, rows)

    def encode(self, row: dict[str, Any]) -> Outputs:
        from toolschool.methods.toolgen.stages import retrieve_rows

        said, rows = json.loads(row["raw"]), self.rows
        gold = [to_key(key) for key in said["gold"]]
        made = retrieve_rows(rows.template, self.tokenizer, said["query"], gold, self.index, rows.max_length)
        return {f"retrieve/{said['part']}": [{"id": f"{row['key']}/{n}", **encoded} for n, encoded in enumerate(made)]}


def _part(query: str, validates: bool) -> str:
    """Of a made-up request; where a source has validation requests of its own, none is made up for it."""
    from toolschool.datasets.splits import split_of_made_up

    part = split_of_made_up(query)
    return part if validates or part == "test" else "train"
