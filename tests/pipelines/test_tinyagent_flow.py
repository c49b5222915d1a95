"""From raw lines to examples and encoded rows: malformed rows of every kind, negatives, keys, cards."""

import json
from datetime import datetime

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import files, ingest
from pipelines.collect import QUARANTINE
from pipelines.encode import Encode, PlannerRows, ToolRagRows, offered_tools
from pipelines.tinyagent import ParseExamples, Shape, parse_raw, prepare
from toolschool.errors import ConfigError, DataError, RowError
from toolschool.models.backbone import ModelConfig, fingerprint, load_tokenizer
from toolschool.records import Call, Example, Plan
from toolschool.tools.desk.specs import desk_catalog

GOOD = {
    "id": "x-1",
    "query": 'Text Sid that "lunch is at noon".',
    "tools": ["get_phone_number", "send_sms"],
    "plan": [
        {"id": 1, "tool": "get_phone_number", "args": ["Sid"], "deps": []},
        {"id": 2, "tool": "send_sms", "args": [["$1"], "lunch is at noon"], "deps": [1]},
    ],
    "raw_plan": '1. get_phone_number("Sid")\n2. send_sms(["$1"], "lunch is at noon")\n3. join()<END_OF_PLAN>\n',
    "flags": [],
}


def changed(**fields) -> str:
    return json.dumps({**GOOD, **fields})


def step(**fields) -> list[dict]:
    return [GOOD["plan"][0], {**GOOD["plan"][1], **fields}]


# kind -> raw line, part of the reason
MALFORMED = {
    "broken JSON": (changed()[:-20], "broken JSON"),
    "half a surrogate pair": (changed(query="\ud800"), "surrogate"),
    "too deep": ("[" * 10_000, "broken JSON"),
    "not an object": ("[1, 2]", "wrong type"),
    "missing field": (json.dumps({k: v for k, v in GOOD.items() if k != "plan"}), "plan"),
    "missing raw plan": (json.dumps({k: v for k, v in GOOD.items() if k != "raw_plan"}), "raw_plan"),
    "wrong type of query": (changed(query=5), "query"),
    "wrong type of id": (changed(id=7), "id must be text"),
    "wrong type of raw plan": (changed(raw_plan=["x"]), "raw_plan"),
    "wrong type of arguments": (changed(plan=step(args="Sid")), "list of arguments"),
    "wrong type of flags": (changed(flags=[1]), "flags"),
    "unknown tool": (changed(plan=step(tool="launch_rocket")), "unknown tool launch_rocket"),
    "plan refers to itself": (changed(plan=step(args=[["$2"], "x"])), "refers to itself"),
    "plan refers ahead": (changed(plan=step(args=[["$3"], "x"])), "not an earlier step"),
    "plan does not parse": (changed(raw_plan="1. send_sms([\n2. join("), "does not parse"),
    "empty query": (changed(query="   "), "empty"),
    "empty plan": (changed(plan=[]), "empty"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_rows_are_refused_with_their_reason(kind):
    raw, reason = MALFORMED[kind]
    (result,) = ParseExamples()([{"key": "00-000000001", "raw": raw, "source": "tinyagent"}])
    assert isinstance(result, RowError)
    assert reason in str(result)
    assert "\n" not in str(result)


def test_a_good_row_goes_to_its_split():
    (result,) = ParseExamples()([{"key": "k", "raw": changed(), "source": "tinyagent"}])
    ((name, (row,)),) = result.items()
    assert name == f"examples/{row['split']}"
    assert row["key"] == "k"
    assert row["raw"] == changed()
    assert Example.from_row(row).plan.calls[1] == Call(2, "send_sms", (["$1"], "lunch is at noon"))


def test_generated_rows_come_back_as_they_were():
    example = Example("g", "Call", Plan((Call(1, "get_phone_number", ("Sid",)),)), "desk", now=datetime(2026, 1, 1))
    raw = json.dumps({**example.to_row(), "split": "validation"})
    assert parse_raw("desk", raw) == (example, "validation")


@given(
    st.sets(st.sampled_from(desk_catalog().names), min_size=1),
    st.integers(0, 8),
    st.integers(0, 8),
    st.text(max_size=5),
)
def test_offered_tools_hold_the_gold_ones_and_some_others(gold, fewest, more, draw):
    names = desk_catalog().names
    found = offered_tools(sorted(gold), names, (fewest, fewest + more), draw)
    assert gold <= set(found)
    assert min(fewest, len(names) - len(gold)) <= len(found) - len(gold) <= fewest + more
    assert list(found) == [name for name in names if name in found], (
        "catalogue order, so that nothing can be read off it"
    )
    assert found == offered_tools(sorted(gold), names, (fewest, fewest + more), draw)


def test_sources_are_keyed_by_source_and_line(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("a\n\n b \nc\n")
    sources = [ingest.file_source("tinyagent", str(path), limit=2), ingest.row_source("desk", [{"x": 1}])]
    assert ingest.write_sources(str(tmp_path / "out"), sources) == 3
    rows = pq.read_table(tmp_path / "out").to_pylist()
    assert [(row["key"], row["raw"], row["source"]) for row in rows] == [
        ("00-000000001", "a", "tinyagent"),
        ("00-000000002", " b ", "tinyagent"),
        ("01-000000001", '{"x": 1}', "desk"),
    ]
    with pytest.raises(DataError, match="JSON Lines"):
        ingest.file_source("tinyagent", str(tmp_path))


@pytest.fixture(scope="session")
def tiny_tokenizer(tmp_path_factory) -> str:
    """A tokenizer with the compact style's tokens, and nothing else of a model."""
    from toolschool.methods.tinyagent.template import COMPACT_TOKENS
    from toolschool.models.tokenizer import train_tokenizer

    folder = str(tmp_path_factory.mktemp("tokenizer"))
    texts = [GOOD["raw_plan"], GOOD["query"], *desk_catalog().names]
    train_tokenizer(texts, 800, COMPACT_TOKENS).save_pretrained(folder)
    return folder


def example_row(**fields) -> dict:
    (result,) = ParseExamples()([{"key": "k", "raw": changed(**fields), "source": "tinyagent"}])
    ((row,),) = result.values()
    return row


def test_encoding_makes_both_kinds_of_rows(tiny_tokenizer):
    planner = PlannerRows(model=ModelConfig(name=tiny_tokenizer), variants=3, negatives=(1, 3))
    encode = Encode(ToolRagRows().model_dump(), planner.model_dump(mode="json"), seed=0)
    row = {**example_row(), "split": "train"}
    ((outputs),) = encode([row])
    (label_row,) = outputs["toolrag/train"]
    names = desk_catalog().names
    assert {name for name, on in zip(names, label_row["labels"], strict=True) if on} == {"get_phone_number", "send_sms"}
    rows = outputs["planner/train"]
    assert [row["id"] for row in rows] == ["k/0", "k/1", "k/2"]
    assert len({tuple(row["input_ids"]) for row in rows}) > 1, "variants offer other irrelevant tools"
    tokenizer = load_tokenizer(planner.model)
    for row in rows:
        supervised = [t for t, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
        assert supervised[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(supervised).startswith("1. get_phone_number(")
    assert encode([{**row, **example_row(), "split": "test"}])[0].keys() == {"toolrag/test", "planner/test"}


def test_a_row_too_long_for_the_planner_still_serves_toolrag(tiny_tokenizer):
    planner = PlannerRows(model=ModelConfig(name=tiny_tokenizer), max_length=16)
    encode = Encode(ToolRagRows().model_dump(), planner.model_dump(mode="json"), seed=0)
    (outputs,) = encode([{**example_row(), "split": "train"}])
    assert "toolrag/train" in outputs
    assert "planner/train" not in outputs
    assert outputs[QUARANTINE][0]["reason"].startswith("planner: ")
    assert "max_length=16" in outputs[QUARANTINE][0]["reason"]
    flagged = Encode(None, planner.model_dump(mode="json") | {"max_length": 900}, seed=0)
    (outputs,) = flagged([{**example_row(flags=["arity:send_sms:3"]), "split": "train"}])
    assert "damaged" in outputs[QUARANTINE][0]["reason"]


def test_nothing_to_prepare_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match="nothing to prepare"):
        prepare(str(tmp_path), [], toolrag=None, planner=None, seed=0, shape=Shape())


@pytest.mark.cluster
@pytest.mark.timeout(240)
def test_the_whole_flow(tmp_path, ray_cluster, tiny_tokenizer):
    """Good rows of all splits, one malformed row of each kind; then the same again, which does nothing."""
    path = tmp_path / "plans.jsonl"
    good = [changed(id=f"x-{k}") for k in range(5)]
    raws = [raw for raw, _ in MALFORMED.values()]
    path.write_text("".join(f"{line}\n" for line in [*good[:2], *raws, *good[2:]]))
    planner = PlannerRows(model=ModelConfig(name=tiny_tokenizer), negatives=(0, 2))

    def run(**changes):
        settings = {"toolrag": ToolRagRows(), "planner": planner, "seed": 0, "shape": Shape(), **changes}
        return prepare(str(tmp_path / "run"), [ingest.file_source("tinyagent", str(path))], **settings)

    made = run()
    assert made.read == 5 + len(raws)
    assert sum(made.examples.rows_out.values()) == 5
    assert made.examples.quarantined == len(raws)
    refused = list(files.read_rows(str(tmp_path / "run" / "quarantine")))
    assert sorted(row["raw"] for row in refused) == sorted(raws), "raw text is kept"
    assert all(row["reason"] for row in refused)
    assert sum(made.rows.rows_out.values()) == 10, "a ToolRAG and a planner row for each"
    card = json.loads(files.read_text(str(tmp_path / "run" / "planner" / "toolschool.json")))
    assert card["template"] == planner.template.model_dump(mode="json")
    assert card["tools"] == list(desk_catalog().names)
    encoding = json.loads(files.read_text(str(tmp_path / "run" / "planner" / "encoding.json")))
    assert encoding["fingerprint"] == fingerprint(load_tokenizer(planner.model))
    assert encoding["cache_key"] == made.cache_keys["planner"]
    again = run()
    assert again.examples.skipped
    assert again.rows.skipped
    assert again.cache_keys == made.cache_keys
    longer = run(planner=planner.model_copy(update={"max_length": 900}))
    assert longer.examples.skipped
    assert not longer.rows.skipped, "another length is another encoding"
    assert longer.cache_keys["planner"] != made.cache_keys["planner"]
    assert longer.cache_keys["toolrag"] == made.cache_keys["toolrag"]
