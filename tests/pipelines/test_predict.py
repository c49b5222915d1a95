"""Predictions: what goes to the planner, what comes back, malformed rows; the models are stand-ins."""

import json

import pytest

from pipelines.predict import Predict, prediction_stage, read_predictions
from pipelines.tinyagent import Shape
from toolschool.errors import ConfigError, RowError
from toolschool.methods.tinyagent.planner import PlannerOutput
from toolschool.methods.tinyagent.toolrag import ScoredTool
from toolschool.tools.desk.specs import desk_catalog

NAMES = desk_catalog().names


def line(number: int, tool: str = "maps_open_location", args=("Paris",)) -> dict:
    row = {"id": f"r{number}", "query": f"query {number}", "tools": [tool], "raw_plan": ""}
    row["plan"] = [{"id": 1, "tool": tool, "args": list(args)}]
    return {"key": f"{number:03d}", "source": "tinyagent", "raw": json.dumps(row)}


class Retriever:
    """Finds send_sms and the map, in an order that is not the catalogue's."""

    tools = NAMES

    def search(self, queries):
        return [[ScoredTool("send_sms", 0.9), ScoredTool("maps_open_location", 0.8)] for _ in queries]

    def probabilities(self, queries):
        return [[0.9 if name == "send_sms" else 0.1 for name in NAMES] for _ in queries]


class Planner:
    """Remembers what it was asked."""

    def plan_many(self, requests, batch_size):
        self.requests, self.batch_size = list(requests), batch_size
        return [
            PlannerOutput(f"1. maps_open_location({r.query!r})\n2. join()", truncated=r.query == "query 2")
            for r in requests
        ]


@pytest.fixture
def predict(monkeypatch):
    def make(offer="retrieved", split=None):
        monkeypatch.setattr("pipelines.predict._open_retriever", lambda folder: Retriever())
        monkeypatch.setattr("pipelines.predict._open_planner", lambda folder, catalog: Planner())
        return Predict("rag", "planner", offer, 4, split)

    return make


def test_batches_keep_their_order_around_malformed_rows(predict):
    transform = predict()
    broken = {**line(3), "raw": "{"}
    results = transform([line(1), broken, line(2)])
    assert isinstance(results[1], RowError)
    rows = [next(iter(results[k].values()))[0] for k in (0, 2)]
    assert [row["id"] for row in rows] == ["r1", "r2"]
    assert [row["text"].startswith(f"1. maps_open_location('query {k}')") for k, row in ((1, rows[0]), (2, rows[1]))]
    assert [row["truncated"] for row in rows] == [False, True]
    assert rows[0]["offered"] == ["maps_open_location", "send_sms"], "catalogue order, as in training"
    assert rows[0]["retrieved"] == ["send_sms", "maps_open_location"], "ToolRAG's order"
    assert json.loads(rows[0]["probabilities"])["send_sms"] == 0.9
    assert transform.planner.batch_size == 4


@pytest.mark.parametrize(("offer", "expected"), [("gold", ("open_note",)), ("all", NAMES)])
def test_the_planner_can_be_offered_other_tools(predict, offer, expected):
    transform = predict(offer)
    transform([line(1, "open_note", ("Ideas", ""))])
    assert transform.planner.requests[0].tools == expected


def test_rows_of_other_splits_are_passed_over(predict):
    found = predict()([line(1)])
    (name,) = found[0]
    other = next(split for split in ("train", "test") if not name.endswith(split))
    assert predict(split=other)([line(1)]) == [{}]
    assert predict(split=name.split("/")[1])([line(1)])[0].keys() == {name}


def test_stages_that_make_no_sense(tmp_path):
    settings = {"offer": "retrieved", "batch_size": 1, "split": None, "shape": Shape()}
    with pytest.raises(ConfigError, match="nothing to evaluate"):
        prediction_stage(str(tmp_path), toolrag=None, planner=None, **settings)
    with pytest.raises(ConfigError, match="needs a ToolRAG"):
        prediction_stage(str(tmp_path), toolrag=None, planner=str(tmp_path), **settings)


def test_predictions_are_read_back(tmp_path, predict):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipelines.predict import prediction_schema

    (outputs,) = predict()([line(1)])
    ((name, rows),) = outputs.items()
    (tmp_path / name).mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=prediction_schema()), tmp_path / name / "part-0.parquet")
    (found,) = read_predictions(str(tmp_path))
    assert found.example.id == "r1"
    assert found.split == name.split("/")[1]
    assert found.retrieved == ("send_sms", "maps_open_location")
    assert found.probabilities["send_sms"] == 0.9
    assert found.text == rows[0]["text"]
