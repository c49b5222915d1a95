"""Every command of the README and of the guides is one that works: make targets exist, jobs accept their words, documents are there.

docs/cluster.md has its own test (tests/cluster/test_documents.py), the tutorial too (tests/test_tutorial.py).
"""

import functools
import json
import re
import shlex
from pathlib import Path

import pytest

from jobs.cli import main

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("tinyagent", "ste", "toolformer", "toolken", "toolgen")
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in (*METHODS, "written-calls")}


def commands(text: str) -> list[str]:
    """Lines of a page's shell blocks, without what is said behind them."""
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    return [line.split(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip("# ")]


ALL = list(dict.fromkeys(line for text in (README, *GUIDES.values()) for line in commands(text)))


@pytest.fixture
def here(tmp_path: Path, learnt_folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What stands for a page's own names: data sets, a model, a file of functions."""
    for name in ("tinyagent", "toolbench", "metatool", "ste"):
        (tmp_path / name).mkdir()
    (tmp_path / "tinyagent" / "plans.jsonl").write_text("{}\n")
    (tmp_path / "ste" / "tool_test.json").write_text("{}")
    for name in ("my_tools.py", "our_apis.jsonl", "our_requests.jsonl", "predictions.json"):
        (tmp_path / name).write_text("")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "toolschool.json").write_text("{}")
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path))
    monkeypatch.chdir(ROOT)
    return {
        "runs/mine/train/model": str(learnt_folder),
        "runs/tinyagent-toolrag/": f"{tmp_path}/",
        "runs/tinyagent-planner/": f"{tmp_path}/",
        "runs/mine-calls/": f"{tmp_path}/",
        "my_tools.py": str(tmp_path / "my_tools.py"),
        "our_": f"{tmp_path}/our_",
        "FILE": str(tmp_path / "tinyagent" / "plans.jsonl"),
        "NAME": "mine",
        "s3://BUCKET/runs": str(tmp_path),
    }


@pytest.mark.parametrize("line", [line for line in ALL if line.startswith("make ")])
def test_make_targets_exist(line: str) -> None:
    assert re.search(rf"^{line.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("line", [line for line in ALL if "python -m jobs." in line])
def test_jobs_accept_their_words(line: str, here: dict[str, str]) -> None:
    """Dry runs: `ray job submit` is replaced by nothing, placeholders by what a reader would write."""
    command = functools.reduce(lambda text, name: text.replace(name, here[name]), here, line[line.index("python -m") :])
    _, _, module, *words = shlex.split(command)
    assert main([module.removeprefix("jobs."), *words, "--dry-run"]) == 0


def test_every_command_is_known_to_these_tests() -> None:
    known = ("make ", ". .venv/bin/activate", "export ", "curl ", "python -m jobs.", "ray job submit ")
    assert [line for line in ALL if not line.startswith(known)] == []


@pytest.mark.parametrize("name", METHODS)
def test_a_methods_page_begins_with_when_how_and_what(name: str) -> None:
    """When to use it, three commands, what to expect with figures and where they are from."""
    when, _, rest = GUIDES[name].partition("**When to use it.**")
    three, _, expected = rest.partition("**What to expect.**")
    assert "## " not in when + three
    assert len(commands(three)) >= 3
    assert re.search(r"\]\((results/|#what-was-measured)", expected.split("\n## ")[0])
    assert re.search(r"\d", expected.split("\n\n")[0])


def test_the_example_row_is_one() -> None:
    from pipelines.tinyagent import parse_raw

    (row,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    example, _ = parse_raw("tinyagent", row)
    assert example.query == json.loads(row)["query"]


def test_the_curl_body_is_the_request_that_the_served_agent_is_tested_with() -> None:
    (line,) = [line for line in commands(README) if line.startswith("curl ")]
    words = shlex.split(line)
    body = json.loads(words[words.index("-d") + 1])
    served = (ROOT / "tests" / "serving" / "test_shipped_agent.py").read_text()
    assert body["model"] == "tinyagent"
    assert body["messages"][0]["content"] in served
    assert words[2].endswith("/v1/chat/completions")


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
