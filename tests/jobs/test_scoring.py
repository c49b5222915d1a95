"""From predictions to metrics.json and report.html, without Ray or models; the baseline's part on its own."""

import json

import pytest

from jobs.baseline import Known, read_known, run_baseline, unseen
from jobs.evaluate import write_results
from jobs.scoring import score
from pipelines import manifest
from pipelines.predict import Prediction
from toolschool.plans.grammar import format_plan
from toolschool.records import Call, Example, Plan
from toolschool.tools.desk.specs import desk_catalog

NAMES = desk_catalog().names
SMS = Plan((Call(1, "get_phone_number", ("Sid",)), Call(2, "send_sms", (["$1"], "I am late"))))
MAP = Plan((Call(1, "maps_open_location", ("Paris",)),))


def prediction(number: int, plan: Plan, text: str, *, retrieved=None, split="test", **more) -> Prediction:
    example = Example(f"e{number}", f"query {number}", plan, "tinyagent", format_plan(plan))
    tools = example.tools if retrieved is None else retrieved
    probabilities = {name: 0.9 if name in tools else 0.1 for name in NAMES}
    settings = {"truncated": False, "empty": False, "seconds": 0.5, **more}
    return Prediction(example, split, tuple(tools), probabilities, tuple(tools), text, **settings)


PREDICTIONS = [
    prediction(1, SMS, format_plan(SMS)),
    prediction(
        2, SMS, '1. get_phone_number("Sid")\n2. send_sms(["$1"], "no words in common")\n3. join()<END_OF_PLAN>\n'
    ),
    prediction(3, MAP, "1. maps_open_location(", truncated=True),
    prediction(4, MAP, "", retrieved=("send_sms",), empty=True, split="validation"),
]


def test_the_keys_that_were_promised():
    metrics = score(PREDICTIONS).metrics
    assert metrics["toolrag.set_coverage"] == 0.75
    assert metrics["toolrag.mean_tools"] == pytest.approx(1.5)
    assert metrics["planner.success_published"] == 0.5
    assert metrics["planner.dag_strict"] == 0.5
    assert metrics["planner.args_strict"] == 0.25
    assert metrics["planner.state"] == 0.25
    assert metrics["planner.parse_failures"] == 0.0  # one cut off, one empty
    assert metrics["planner.truncated"] == 0.25
    assert metrics["planner.empty"] == 0.25
    assert metrics["seconds_per_row"] == 0.5


def test_splits_are_scored_apart_where_there_are_several():
    metrics = score(PREDICTIONS).metrics
    assert metrics["test.toolrag.set_coverage"] == 1.0
    assert metrics["validation.toolrag.set_coverage"] == 0.0
    assert metrics["test.planner.dag_strict"] == pytest.approx(2 / 3)
    assert not any(key.startswith("test.") for key in score(PREDICTIONS[:3]).metrics)


def test_only_what_was_asked_for_is_scored():
    assert not any(key.startswith("planner.") for key in score(PREDICTIONS, planner=False).metrics)
    assert not any(key.startswith("toolrag.") for key in score(PREDICTIONS, toolrag=False).metrics)


def known() -> Known:
    """Two kinds of queries that words tell apart."""
    train = [Example(f"a{k}", f"text Sid number {k}", SMS, "tinyagent") for k in range(8)]
    train += [Example(f"b{k}", f"show the map of town {k}", MAP, "tinyagent") for k in range(8)]
    rest = {name: Example(f"c-{name}", name, Plan((Call(1, name, ()),)), "tinyagent") for name in NAMES}
    return Known((*train, *rest.values()), (*train[:2], *train[8:10]))


def test_baseline_learns_what_words_tell():
    result = run_baseline(known(), ["text Emma number 3", "show the map of town 9"], NAMES, mean_tools=3)
    assert result.chosen.shape == (2, 16)
    sms, place = NAMES.index("send_sms"), NAMES.index("maps_open_location")
    assert result.probabilities[0][sms] > 0.5 > result.probabilities[0][place]
    assert result.probabilities[1][place] > 0.5 > result.probabilities[1][sms]
    assert result.chosen[1][place]
    assert result.chosen.sum(axis=1).min() >= 1
    on_validation = run_baseline(known(), [e.query for e in known().validation], NAMES, mean_tools=3)
    assert on_validation.chosen.sum(axis=1).mean() <= 3, "the threshold keeps to the budget where it was picked"


def test_comparison_is_on_rows_neither_saw():
    seen = Prediction(known().train[0], "train", (), dict.fromkeys(NAMES, 0.1), (), "", False, True, 0.1)
    assert unseen([seen, *PREDICTIONS], known()) == PREDICTIONS
    result = score([seen, *PREDICTIONS], known=known(), planner=False)
    assert result.metrics["unseen.toolrag.queries"] == 4
    assert result.metrics["unseen.toolrag.set_coverage"] == 0.75
    assert 0 <= result.metrics["unseen.tfidf.set_coverage"] <= 1
    assert 0 <= result.metrics["unseen.p_value"] <= 1
    assert any("TF-IDF" in cell for table in result.tables for cell in table.header)


def test_known_rows_leave_out_test_and_malformed_ones(tmp_path):
    from toolschool.datasets.splits import split_of

    path = tmp_path / "plans.jsonl"
    lines, splits = [], []
    for name in NAMES:
        row = {"id": name, "query": "q", "tools": [name], "plan": [{"id": 1, "tool": name, "args": []}], "raw_plan": ""}
        lines.append(json.dumps(row))
        splits.append(split_of("tinyagent", row))
    assert set(splits) == {"train", "validation", "test"}
    path.write_text("{broken\n" + "".join(f"{line}\n" for line in lines))
    found = read_known("tinyagent", str(path))
    assert (len(found.train), len(found.validation)) == (splits.count("train"), splits.count("validation"))


def test_results_are_written_whole(tmp_path):
    scoring = score(PREDICTIONS)
    scoring.metrics |= {"rows.scored": 4, "rows.quarantined": 1}
    content = manifest.write(str(tmp_path), "evaluate", config={"a": 1}, inputs={"x": "0"})
    write_results(str(tmp_path), scoring, content)
    assert json.loads((tmp_path / "metrics.json").read_text())["planner.state"] == 0.25
    page = (tmp_path / "report.html").read_text()
    assert "4 rows scored; 1 malformed rows in quarantine" in page
    assert "data:image/png;base64," in page
    assert "<script" not in page
