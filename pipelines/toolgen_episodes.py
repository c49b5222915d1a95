"""ToolGen's third stage: tasks become episodes that really happened, and episodes rows of tokens.

    run_stage(act_stage(run, rows, marks, shape))            # tasks/ -> episodes/, act/

`episodes/` has a line of text for each (`Episode.from_json`), `act/` its tokens. `run` is the folder that `lay_out_tasks` has prepared. What does
not work out, is too long, or must not be trained on goes to the quarantine, scenario by scenario: a task may have several.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.collect import QUARANTINE
from pipelines.stage import Outputs, Rows, Shape, Stage, each
from pipelines.toolgen_rows import Encoder
from pipelines.toolgen_sources import HELD_FILE, ToolGenRows, is_unseen, mark
from toolschool.errors import RowError
from toolschool.methods.toolgen.playground import SIMULATED_FILE

if TYPE_CHECKING:
    from toolschool.methods.toolgen.episodes import Episode

EPISODES, ACT = "episodes", "act"


def act_stage(run: str, rows: ToolGenRows, marks: Mapping[str, str], shape: Shape) -> Stage:
    """The stage; `marks` are hashes of what is prepared, tokenizer and index among them."""
    import pyarrow as pa

    from toolschool.records import token_schema

    texts = pa.schema([(name, pa.string()) for name in ("id", "kind", "episode")])
    columns = {EPISODES: texts, ACT: token_schema()}
    return Stage(
        ACT,
        files.join(run, "tasks"),
        run,
        PlayTasks,
        {f"{name}/{part}": schema for name, schema in columns.items() for part in ingest.PARTS},
        kwargs={"config": rows.model_dump(mode="json"), "run": run},
        settings={**marks, SIMULATED_FILE: files.sha256(files.join(run, SIMULATED_FILE))},
        actors=shape.actors,
        cpus=shape.cpus,
    )


class PlayTasks(Encoder):
    """The transform of stage act: a row of `tasks/` to episodes and their token rows."""

    def __init__(self, config: Mapping[str, Any], run: str) -> None:
        from toolschool.methods.toolgen.playground import Playground
        from toolschool.methods.toolgen.protocol import Protocol, Spelling

        super().__init__(config, run)
        assert self.rows.episodes
        self.max_length = self.rows.episodes.max_length
        self.ground = Playground.load(run)
        self.protocol = Protocol(self.index, self.ground.tools)
        self.spelling = Spelling(self.tokenizer, self.index)
        self.held = frozenset(json.loads(files.read_text(files.join(run, HELD_FILE))))

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.play, rows)

    def play(self, row: dict[str, Any]) -> Outputs:
        from toolschool.methods.toolgen.tasks import Task, play_task

        said = json.loads(row["raw"])
        if "bad" in said:
            raise RowError(said["bad"])
        task = Task(**said)
        refused: list[dict[str, Any]] = []
        played: list[dict[str, Any]] = []
        encoded: list[dict[str, Any]] = []

        def refuse(name: str, reason: str) -> None:
            refused.append({"id": name, "reason": reason, "raw": row["raw"]})

        for number, episode in enumerate(play_task(task, self.ground, refuse)):
            name = f"{row['key']}/{number}"
            try:
                encoded.append({"id": name, **self.encode(episode, task.split)})
            except RowError as error:
                refuse(episode.id, str(error))
                continue
            played.append({"id": name, "kind": task.kind, "episode": episode.to_json()})
        return {f"{EPISODES}/{task.split}": played, f"{ACT}/{task.split}": encoded, QUARANTINE: refused}

    def encode(self, episode: Episode, part: str) -> dict[str, list[int]]:
        """RowError for an episode that is too long, or must not be trained on."""
        from toolschool.methods.toolgen.protocol import encode

        if part == "train":
            if mark(episode.query) in self.held:
                raise RowError("the request is kept for validation or test; it must not be trained on")
            if any(is_unseen(key, self.rows.unseen) for key in episode.tools):
                raise RowError("a tool is one of those that no train request may want")
        return encode(self.spelling, self.protocol, episode, self.max_length)
