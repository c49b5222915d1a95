"""A chain with small made-up jobs: order, references, what is skipped, what begins anew, where it goes on; and one real chain on a cluster."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs import chain
from jobs.chain import ChainConfig, Verb, filled, plan
from pipelines import files, manifest
from toolschool.config import Config, OutputConfig, build
from toolschool.errors import ConfigError, DataError, ToolschoolError


class WriteConfig(Config):
    """A made-up job's."""

    text: str = ""
    source: str = ""
    output: OutputConfig


class Jobs:
    """Made-up jobs that tell what they were asked to do."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.broken: set[str] = set()

    def verb(self, name: str) -> Verb:
        return Verb(WriteConfig, self.check, self.work)

    def check(self, config: WriteConfig) -> None:
        if config.text == "wrong":
            raise DataError("the text is wrong; write another")

    def work(self, config: WriteConfig) -> None:
        folder = Path(config.output.storage, config.output.name)
        self.done.append(config.output.name)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "log").open("a") as log:
            log.write("x")
        if config.output.name in self.broken:
            raise DataError("it broke")
        before = Path(config.source).read_text() if config.source else ""
        (folder / "out").write_text(before + config.text)
        manifest.write(
            str(folder), "write", config=config.model_dump(mode="json"), metrics={"size": len(before + config.text)}
        )


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    made = Jobs()
    monkeypatch.setattr(chain, "verb_named", made.verb)
    moments = iter(f"2026-01-01T00:{second // 60:02}:{second % 60:02}+00:00" for second in range(3600))
    write = manifest.write

    def stamped(folder: str, *given: Any, **more: Any) -> dict[str, Any]:
        """Each manifest a second later: real jobs take seconds."""
        content = write(folder, *given, **more) | {"finished": next(moments)}
        Path(folder, manifest.FILE).write_text(json.dumps(content))
        return content

    monkeypatch.setattr(manifest, "write", stamped)
    return made


def config(tmp_path: Path, **texts: str) -> ChainConfig:
    """a <- b <- d, and c by itself; `texts` by step."""
    steps: dict[str, dict[str, Any]] = {
        "a": {"verb": "prepare", "set": {"text": "A"}},
        "b": {"verb": "train", "set": {"text": "B", "source": "{a}/out"}},
        "c": {"verb": "prepare", "set": {"text": "C"}},
        "d": {"verb": "quiz", "set": {"text": "D", "source": "{b}/out"}},
    }
    for name, text in texts.items():
        steps[name]["set"]["text"] = text
    return build(ChainConfig, {"steps": steps, "output": {"storage": str(tmp_path), "name": "run"}})


def run(given: ChainConfig) -> None:
    chain.check(given)
    chain.work(given)


def test_steps_run_in_order_below_one_folder(jobs: Jobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(config(tmp_path))
    assert jobs.done == ["a", "b", "c", "d"]
    assert (tmp_path / "run" / "d" / "out").read_text() == "ABD"
    said = capsys.readouterr().out
    assert "[1/4] a: prepare" in said
    assert "[4/4] d: quiz" in said
    made = manifest.read(str(tmp_path / "run"))
    assert made is not None
    assert made["metrics"] == {"a.size": 1, "b.size": 2, "c.size": 1, "d.size": 3}
    assert made["steps"]["d"]["uses"] == ["b"]


def test_finished_steps_are_not_done_again(jobs: Jobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(config(tmp_path))
    run(config(tmp_path))
    assert jobs.done == ["a", "b", "c", "d"]
    assert "[2/4] b: train, finished before" in capsys.readouterr().out


def test_a_changed_step_and_all_that_use_it_are_done_again(jobs: Jobs, tmp_path: Path) -> None:
    run(config(tmp_path))
    run(config(tmp_path, b="BB"))
    assert jobs.done == ["a", "b", "c", "d", "b", "d"]
    assert (tmp_path / "run" / "d" / "out").read_text() == "ABBD"
    logs = {name: (tmp_path / "run" / name / "log").read_text() for name in "abcd"}
    assert logs == {"a": "x", "b": "x", "c": "x", "d": "xx"}, "a training begins in an empty folder"


def test_a_chain_goes_on_at_the_step_that_failed(jobs: Jobs, tmp_path: Path) -> None:
    jobs.broken = {"b"}
    with pytest.raises(DataError, match=r"step b: it broke; .* goes on here"):
        run(config(tmp_path))
    assert manifest.read(str(tmp_path / "run")) is None
    jobs.broken = set()
    run(config(tmp_path))
    assert jobs.done == ["a", "b", "b", "c", "d"]
    assert (tmp_path / "run" / "b" / "log").read_text() == "xx", "the job resumes in its folder"


def test_a_step_that_is_stopped_while_it_is_done_again_is_not_taken_for_finished(jobs: Jobs, tmp_path: Path) -> None:
    run(config(tmp_path))
    jobs.broken = {"a"}
    with pytest.raises(DataError, match="step a"):
        run(config(tmp_path, a="AA"))
    jobs.broken = set()
    run(config(tmp_path, a="AA"))
    assert (tmp_path / "run" / "d" / "out").read_text() == "AABD"


def test_an_earlier_step_that_was_done_again_is_noticed_after_a_stop(jobs: Jobs, tmp_path: Path) -> None:
    """The setting of b has not changed, but what it reads is newer than it."""
    run(config(tmp_path))
    jobs.broken = {"b"}
    with pytest.raises(DataError, match="step b"):
        run(config(tmp_path, a="AA"))
    jobs.broken = set()
    run(config(tmp_path, a="AA"))
    assert (tmp_path / "run" / "d" / "out").read_text() == "AABD"


def test_what_a_chain_has_not_begun_is_left_alone(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "run" / "b").mkdir(parents=True)
    (tmp_path / "run" / "b" / "mine").write_text("precious")
    with pytest.raises(ConfigError, match="was not made by a chain"):
        run(config(tmp_path))
    assert (tmp_path / "run" / "b" / "mine").read_text() == "precious"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"d": {"verb": "quiz", "set": {"text": "wrong"}}}, "step d: the text is wrong"),
        ({"d": {"verb": "quiz", "set": {"texts": "x"}}}, "step d: unknown key texts; did you mean text"),
        ({"d": {"verb": "serve"}}, "step d: 'serve' is no verb of a chain"),
        (
            {"b": {"verb": "train", "set": {"source": "{d}/out"}}},
            r"step b: \{d\} in '\{d\}/out' is no earlier step, nor given; known: a",
        ),
        ({"c/d": {"verb": "train"}}, "step c/d: output.name 'c/d' must be a plain folder name"),
        ({"e": {"verb": "train", "recipes": ["recipes/none.yaml"]}}, "step e: cannot read config file"),
    ],
)
def test_a_mistake_in_any_step_is_told_before_the_first_starts(
    jobs: Jobs, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    whole = config(tmp_path).model_dump(mode="json")
    whole["steps"] |= changes
    with pytest.raises(ToolschoolError, match=said):
        run(build(ChainConfig, whole))
    assert jobs.done == []
    assert not (tmp_path / "run").exists()


def test_what_an_earlier_step_is_yet_to_write_is_asked_for_at_its_turn(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(given: WriteConfig) -> None:
        if given.source and not Path(given.source).is_file():
            raise DataError(f"{given.source} is no file")

    monkeypatch.setattr(jobs, "check", check)
    run(config(tmp_path))
    assert jobs.done == ["a", "b", "c", "d"]
    whole = config(tmp_path).model_dump(mode="json")
    whole["steps"]["d"]["set"]["source"] = "{b}/other"
    with pytest.raises(DataError, match=r"step d: .*/again/b/other is no file"):
        run(build(ChainConfig, whole, {"output": {"name": "again"}}))
    (tmp_path / "again" / "b" / "out").rename(tmp_path / "again" / "b" / "other")
    run(build(ChainConfig, whole, {"output": {"name": "again"}}))
    whole["steps"]["d"]["set"]["source"] = "{b}/none"
    with pytest.raises(DataError, match="step d"):
        chain.check(build(ChainConfig, whole, {"output": {"name": "again"}}))


def test_references_are_filled_wherever_they_stand() -> None:
    folders = {"rows": "/r", "first-model": "/m"}
    given = {"a": ["{rows}/x", 3], "b": {"c": "{first-model}:{rows}"}, "d": None}
    assert filled(given, folders) == {"a": ["/r/x", 3], "b": {"c": "/m:/r"}, "d": None}


def test_what_is_given_is_filled_in_and_is_no_step(jobs: Jobs, tmp_path: Path) -> None:
    known = {"base": "/b", "old": [{"c": 1}], "new": [{"d": 2}, 3]}
    assert filled({"a": "{base}/model", "b": "{new}"}, known) == {"a": "/b/model", "b": [{"d": 2}, 3]}
    assert filled(["{old}", "x", "{new}", ["{base}"]], known) == [{"c": 1}, "x", {"d": 2}, 3, ["/b"]]
    with pytest.raises(ConfigError, match=r"\{new\} in 'x\{new\}' is no text; let it stand alone"):
        filled("x{new}", {"new": [1]})
    whole = config(tmp_path).model_dump(mode="json")
    whole["steps"]["a"]["set"]["text"] = "{word}!"
    given = build(ChainConfig, whole, {"given": {"word": "hello"}})
    run(given)
    assert (tmp_path / "run" / "d" / "out").read_text() == "hello!BD"
    run(given)
    assert jobs.done == ["a", "b", "c", "d"]
    run(build(ChainConfig, whole, {"given": {"word": "bye"}}))
    assert jobs.done == ["a", "b", "c", "d", "a", "b", "d"]
    with pytest.raises(ConfigError, match="step a: a step is named as something that is given"):
        plan(build(ChainConfig, whole, {"given": {"word": "x", "a": "y"}}))


def test_the_shipped_chain_is_wired(monkeypatch: pytest.MonkeyPatch) -> None:
    from toolschool.config import read_yaml

    root = chain.ROOT / "recipes" / "toolgen"
    todo = {each.name: each for each in plan(build(ChainConfig, read_yaml(root / "chain.yaml")))}
    folder = files.absolute("runs/toolgen")
    assert todo["retrieve"].config.model.name == f"{folder}/memorize/model"
    assert (
        todo["retrieve"].config.model.token_words
        == todo["memorize"].config.model.token_words
        == f"{folder}/rows/tokens.json"
    )
    assert todo["memorize"].config.rows == f"{folder}/rows/memorize"
    assert todo["rank"].uses == ("retrieve",)
    assert todo["act"].config.rows == f"{folder}/rows/act"
    assert todo["act"].config.model.name == f"{folder}/retrieve/model"
    assert todo["rows"].config.toolgen.episodes.max_length == todo["act"].config.train.max_length
    assert (todo["solve"].config.model, todo["solve"].uses) == (f"{folder}/act/model", ("act",))
    desk = build(ChainConfig, read_yaml(root / "chain.yaml"), read_yaml(root / "chain-desk.yaml"))
    rows = plan(desk)[0].config.toolgen
    assert [source.source for source in rows.sources] == ["toolbench", "desk"]
    assert set(rows.episodes.asked) == {"desk", "written"}
    llama = build(ChainConfig, read_yaml(root / "chain.yaml"), read_yaml(root / "chain-llama-3.2-1b.yaml"))
    rows = plan(llama)[0].config.toolgen
    first, second, third = (each.config for each in plan(llama) if each.step.verb == "train")
    assert [each.model.name for each in (first, second, third)] == [
        "meta-llama/Llama-3.2-1B",
        files.absolute("runs/toolgen-llama-3.2-1b/memorize/model"),
        files.absolute("runs/toolgen-llama-3.2-1b/retrieve/model"),
    ]
    assert rows.episodes.max_length == third.train.max_length == 512
    for each, group in ((first, 8), (second, 16), (third, 16)):
        assert each.model.adapter == "qlora"
        assert (each.model.lora.r, each.model.lora.alpha, each.model.lora.dropout) == (8, 32, 0.05)
        assert each.model.lora.target_modules == ("q_proj", "k_proj", "v_proj", "o_proj")
        options = each.train
        assert (options.lr, options.epochs, options.batch_size, options.grad_accumulation) == (5e-5, 3, 1, group)
        assert (options.optimizer, options.batch_tokens) == ("adamw", None)


@pytest.mark.cluster
@pytest.mark.timeout(1200)
def test_thirty_tools_from_documentation_to_figures(
    ray_cluster: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows, all stages for a step each, figures; then nothing is left to do, and a change goes on where it matters."""
    apis, asked = tmp_path / "apis.jsonl", tmp_path / "asked.jsonl"
    rows = [
        {"category": f"C{n % 3}", "tool": f"Tool {n % 10}", "api": f"get {n}", "description": f"Get number {n}"}
        for n in range(30)
    ]
    wanted = [
        {"query": f"which is number {n} of {m}?", "relevant": [[f"C{n % 3}", f"Tool {n % 10}", f"get {n}"]]}
        for n in range(30)
        for m in "abc"
    ]
    apis.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked.write_text("".join(json.dumps(row) + "\n" for row in wanted))
    tools = {"apis": str(apis), "requests": str(asked)}
    short = {"train.max_steps": 1, "train.eval_every": 1, "train.eval_rows": 4}
    layer: dict[str, Any] = {
        "steps": {
            "rows": {
                "set": {
                    "toolgen.sources": [tools],
                    "toolgen.synthesis.each": 2,
                    "toolgen.episodes": {"asked": {"desk": 20}},
                }
            },
            "memorize": {"set": short},
            "retrieve": {"set": short},
            "rank": {"set": {"tools": {"source": None, **tools}, "split": None, "probes": 3, "limit": 10}},
            "act": {"set": short},
            "solve": {"set": {"limit": 1, "tasks": {"asked": {"desk": 2}}}},
        },
        "output": {"storage": str(tmp_path), "name": "run"},
    }
    from toolschool.config import read_yaml, to_yaml

    whole = build(ChainConfig, read_yaml(chain.ROOT / "recipes/toolgen/chain.yaml"), layer)
    (tmp_path / "chain.yaml").write_text(to_yaml(whole))
    assert chain.main(["--config", str(tmp_path / "chain.yaml")]) == 0
    run_folder = tmp_path / "run"
    for name in ("memorize", "retrieve"):
        model = run_folder / name / "model"
        assert {"tool_index.json", "tool_requests.json", "tokenizer.json", "toolschool.json"} <= {
            path.name for path in model.iterdir()
        }
    acting = {path.name for path in (run_folder / "act" / "model").iterdir()}
    assert {"tool_index.json", "apis.jsonl", "simulated.jsonl"} <= acting
    counts = json.loads((run_folder / "rows" / "manifest.json").read_text())["counts"]["act"]
    assert counts["out"]["act/train"] == counts["out"]["episodes/train"] > 60
    solved = json.loads((run_folder / "solve" / "metrics.json").read_text())
    assert solved["all.hallucinated.n"] >= 2
    second = manifest.read(str(run_folder / "retrieve"))
    first = manifest.read(str(run_folder / "memorize"))
    assert first is not None
    assert second is not None
    assert second["parent"] == {
        "model": f"{run_folder}/memorize/model",
        "run": f"{run_folder}/memorize",
        "finished": first["finished"],
    }
    assert first["parent"] == {"model": "assets/nano", "run": None, "finished": None}
    metrics = json.loads((run_folder / "rank" / "metrics.json").read_text())
    assert metrics["memorized.apart"] == 1.0
    assert metrics["unseen.requests"] == 0
    assert "seen tools" in (run_folder / "rank" / "report.html").read_text()
    capsys.readouterr()
    assert chain.main(["--config", str(tmp_path / "chain.yaml")]) == 0
    assert capsys.readouterr().out.count("finished before") == 6
    assert chain.main(["--config", str(tmp_path / "chain.yaml"), "steps.rank.set.limit=5"]) == 0
    assert capsys.readouterr().out.count("finished before") == 5


@pytest.mark.verify
@pytest.mark.timeout(1200)
def test_tools_are_added_to_a_trained_model(
    ray_cluster: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """recipes/toolgen/add.yaml, to a tiny model of eight tools that a chain has made: it learns four more and is measured before and after."""
    from toolschool.config import read_yaml, to_yaml
    from toolschool.models.backbone import FreshConfig, ModelConfig, load, save

    things = (
        "river",
        "train",
        "bird",
        "planet",
        "recipe",
        "painting",
        "insect",
        "song",
        "castle",
        "film",
        "tree",
        "city",
    )
    apis = [{"category": "F", "tool": f"{t} base", "api": f"find {t}", "description": f"Find a {t}."} for t in things]
    asked = [
        {"query": f"{how} {thing} {letter}?", "relevant": [["F", f"{thing} base", f"find {thing}"]]}
        for thing in things
        for how in ("which", "show me")
        for letter in "abcdefghij"
    ]
    source = {"apis": str(tmp_path / "apis.jsonl"), "requests": str(tmp_path / "asked.jsonl")}
    for place, rows in ((source["apis"], apis), (source["requests"], asked)):
        Path(place).write_text("".join(json.dumps(row) + "\n" for row in rows))
    old, new = {**source, "limit": 8}, {**source, "skip": 8}
    fresh = ModelConfig(fresh=FreshConfig(tokenizer="assets/nano", hidden_size=32, layers=1, heads=1))
    save(*load(fresh), tmp_path / "plain", config=fresh)
    output = {"storage": str(tmp_path)}
    quick = {"train.max_steps": 60, "train.eval_every": 60, "train.batch_tokens": 1024, "train.lr": 1e-2}
    first: dict[str, Any] = read_yaml(chain.ROOT / "recipes/toolgen/chain-metatool-99.yaml")
    first["steps"].pop("memorize")
    first["steps"]["rows"]["set"] |= {"toolgen.sources": [old], "toolgen.model.name": str(tmp_path / "plain")}
    first["steps"]["retrieve"]["set"] |= {**quick, "model.name": str(tmp_path / "plain")}
    more = {
        "given": {"base": f"{tmp_path}/first/retrieve/model", "old": [old], "new": [new]},
        "steps": {"add": {"set": quick}},
    }
    for name, whole in (
        ("first", build(ChainConfig, first, {"output": {**output, "name": "first"}})),
        (
            "more",
            build(
                ChainConfig,
                read_yaml(chain.ROOT / "recipes/toolgen/add.yaml"),
                more,
                {"output": {**output, "name": "more"}},
            ),
        ),
    ):
        (tmp_path / f"{name}.yaml").write_text(to_yaml(whole))
        assert chain.main(["--config", str(tmp_path / f"{name}.yaml")]) == 0, capsys.readouterr().err
    metrics = json.loads((tmp_path / "more" / "after" / "metrics.json").read_text())
    made = json.loads((tmp_path / "more" / "rows" / "manifest.json").read_text())
    assert made["counts"]["tools"] == 12
    assert metrics["ToolGen.change.NDCG@5.n"] + metrics["ToolGen.new.NDCG@5.n"] == metrics["ToolGen.NDCG@5.n"]
    assert metrics["ToolGen.before.NDCG@5"] > 0.9
    assert metrics["ToolGen.after.NDCG@5"] > 0.9
    assert metrics["ToolGen.new.NDCG@5"] > 0.9
    assert "Before and after" in (tmp_path / "more" / "after" / "report.html").read_text()
    index = json.loads((tmp_path / "more" / "add" / "model" / "tool_index.json").read_text())
    assert len(index["tools"]) == 13
