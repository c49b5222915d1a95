"""llama.cpp writes what transformers writes, alone and in a batch, free and under a grammar. `make test-llama-cpp` builds and runs it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import ModelError
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.engines import open_engine
from toolschool.tools.desk import desk_catalog

pytest.importorskip("llama_cpp", reason="the extra llama-cpp is not installed; make test-llama-cpp builds it")

NOW = datetime(2026, 3, 2, 9)
PLANNER = "assets/tinyagent/planner"
QUERIES = (
    "Text Priya that I'm running ten minutes late",
    'Add "oat milk" to my Groceries note and remind me tomorrow at 3pm',
    "Summarize Q3-report.pdf, email it to Lena and set up lunch with Dana on Friday at noon for 30 minutes",
    "What is Sid's phone number?",
    "Show me the way to the airport, then text Lena that I am on my way",
)


@pytest.fixture(scope="module")
def planners() -> dict[str, Planner]:
    return {
        name: Planner.load(PLANNER, desk_catalog(), open_engine=partial(open_engine, name=name))
        for name in ("transformers", "llama.cpp")
    }  # type: ignore[arg-type]


def requests() -> list[PlanRequest]:
    return [PlanRequest(query, desk_catalog().names, NOW) for query in QUERIES]


def text(planner: Planner, request: PlanRequest) -> str:
    return "".join(planner.stream(request))


def test_the_same_plans_alone_and_together(planners: dict[str, Planner]) -> None:
    wanted = [text(planners["transformers"], request) for request in requests()]
    fast = planners["llama.cpp"]
    assert [text(fast, request) for request in requests()] == wanted
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda request: text(fast, request), requests() * 6)) == wanted * 6
    assert [output.text for output in fast.plan_many(requests())] == wanted


def test_free_text_and_its_limit(planners: dict[str, Planner]) -> None:
    prompts = ["<tools><query><plan>", "<tools>1. <query>"]
    slow, fast = (planners[name].engine for name in ("transformers", "llama.cpp"))
    assert fast.generate(prompts, max_new_tokens=40) == slow.generate(prompts, max_new_tokens=40)


def test_a_prompt_without_room_is_refused(planners: dict[str, Planner]) -> None:
    with pytest.raises(ModelError, match="1024 is all that is read"):
        next(iter(planners["llama.cpp"].engine.stream("<plan>" * 1024, max_new_tokens=5)))


def test_a_text_ends_where_the_room_does(planners: dict[str, Planner]) -> None:
    (output,) = planners["llama.cpp"].engine.generate(["<plan>" * 1000], max_new_tokens=500)
    assert output.tokens <= 24


def test_a_file_that_is_none(tmp_path: Path) -> None:
    import shutil

    from toolschool.models.llama_cpp_engine import LlamaCppEngine

    for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        shutil.copy(Path(PLANNER) / name, tmp_path)
    (tmp_path / "model.gguf").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"cannot read .*model\.gguf"):
        LlamaCppEngine.load(tmp_path)
    (tmp_path / "other.gguf").touch()
    with pytest.raises(ModelError, match="2 GGUF files"):
        LlamaCppEngine.load(tmp_path)


def test_who_leaves_makes_room(planners: dict[str, Planner]) -> None:
    engine: Any = planners["llama.cpp"].engine
    left = [engine.stream("<tools><query><plan>", max_new_tokens=900) for _ in range(16)]
    for stream in left:
        next(stream)
    for stream in left:
        stream.close()
    test_the_same_plans_alone_and_together(planners)
