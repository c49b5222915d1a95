"""Adapters over one base write, mixed in one batch, what each writes alone and what its merged model writes."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from toolschool.errors import ModelError
from toolschool.models.adapters import base_of, check_adapters, open_adapters
from toolschool.models.backbone import FreshConfig, LoraConfig, ModelConfig, load, open_model, save
from toolschool.models.engines import TransformersEngine
from toolschool.models.tokenizer import train_tokenizer

PROMPTS = ["Text Sid", "Create a note called Groceries", "7", "Remind me to call Mom tomorrow at 3 pm, please"]
LIMIT = 24
WORDS = 'start: WORD (" " WORD)* "."\nWORD: /[a-z]{1,5}/'


def save_base(folder: Path, seed: int = 0) -> Path:
    train_tokenizer(PROMPTS * 3, 300, ()).save_pretrained(folder)
    config = ModelConfig(fresh=FreshConfig(tokenizer=str(folder), hidden_size=32, layers=2, heads=2, seed=seed))
    model, tokenizer = load(config)
    for weight in model.parameters():  # large, so that texts differ
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.3)
    return save(model, tokenizer, folder, config=config, artifact={"method": "tinyagent", "template": {}})


def save_adapter(folder: Path, base: Path, seed: int, targets: Any = "all-linear", **more: Any) -> Path:
    config = ModelConfig(
        name=str(base), adapter="lora", lora=LoraConfig(r=4, target_modules=targets), merge=False, **more
    )
    model, tokenizer = load(config)
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.3)
    return save(model, tokenizer, folder, config=config, artifact={"method": "tinyagent", "template": {}})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return save_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("adapters")
    few = save_adapter(folder / "b", base, 2, ("q_proj", "down_proj"))
    return {"sales": save_adapter(folder / "a", base, 1), "v1.2-support": few}


def merged(folder: Path) -> TransformersEngine:
    """The adapter in its base: a model as any other."""
    model, tokenizer = open_model(folder)
    return TransformersEngine(model.merge_and_unload(), tokenizer)


def streamed(engine: TransformersEngine, prompt: str, grammar: str | None = None) -> str:
    return "".join(engine.stream(prompt, max_new_tokens=LIMIT, grammar=grammar))


def test_a_mixed_batch_is_each_alone_and_merged(base: Path, adapters: dict[str, Path]) -> None:
    first, others = open_adapters(base, adapters)
    alone = {"": TransformersEngine.load(base), **{name: merged(folder) for name, folder in adapters.items()}}
    engines = {"": first, **others}
    asked = [(name, prompt, grammar) for prompt in PROMPTS for name in engines for grammar in (None, WORDS)]
    wanted = [streamed(alone[name], prompt, grammar) for name, prompt, grammar in asked]
    with ThreadPoolExecutor(len(asked)) as pool:  # more than there are places: texts come and go
        together = list(pool.map(lambda one: streamed(engines[one[0]], *one[1:]), asked))
    assert together == wanted
    assert [streamed(engines[name], prompt, grammar) for name, prompt, grammar in asked] == wanted
    assert len(set(wanted)) > len(asked) // 2, "adapters should change texts"


def test_whole_texts_are_those_of_the_adapter(base: Path, adapters: dict[str, Path]) -> None:
    first, others = open_adapters(base, adapters)
    for engine, alone in ((first, TransformersEngine.load(base)), (others["sales"], merged(adapters["sales"]))):
        here = engine.generate(PROMPTS, max_new_tokens=LIMIT, grammars=[WORDS] * 4)
        assert here == alone.generate(PROMPTS, max_new_tokens=LIMIT, grammars=[WORDS] * 4)


def test_the_base_is_in_memory_once(base: Path, adapters: dict[str, Path]) -> None:
    first, others = open_adapters(base, adapters)
    assert all(engine.model is first.model for engine in others.values())
    assert all(engine._batch is first._batch for engine in others.values())
    size = sum(weight.numel() for name, weight in first.model.named_parameters() if "lora_" not in name)
    assert size == sum(weight.numel() for weight in TransformersEngine.load(base).model.parameters())


def test_the_first_may_be_an_adapter_itself(base: Path, adapters: dict[str, Path]) -> None:
    first, others = open_adapters(adapters["sales"], {"support": adapters["v1.2-support"]})
    assert base_of(adapters["sales"]) == str(base.resolve())
    with ThreadPoolExecutor(2) as pool:
        texts = pool.map(lambda engine: streamed(engine, PROMPTS[1]), (first, others["support"]))
        assert list(texts) == [streamed(merged(folder), PROMPTS[1]) for folder in adapters.values()]


def test_a_base_that_was_opened_elsewhere_is_found_by_its_name(
    base: Path, adapters: dict[str, Path], tmp_path: Path
) -> None:
    moved = shutil.copytree(adapters["sales"], tmp_path / "moved")
    path = moved / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "base_model_name_or_path": "/gone/with/the/job"}))
    check_adapters(base, {"a": moved})
    (moved / "toolschool.json").write_text("{}")
    with pytest.raises(ModelError, match="lies over /gone/with/the/job"):
        check_adapters(base, {"a": moved})


def test_an_adapter_of_something_else_is_refused(base: Path, adapters: dict[str, Path], tmp_path: Path) -> None:
    elsewhere = save_base(tmp_path / "elsewhere", seed=1)
    with pytest.raises(ModelError, match=r"adapters\.a: .* lies over .*, the planner is .*elsewhere"):
        check_adapters(elsewhere, {"a": adapters["sales"]})
    with pytest.raises(ModelError, match=r"adapters\.a: .* has no LoRA adapter"):
        check_adapters(base, {"a": elsewhere})
    other = shutil.copytree(adapters["sales"], tmp_path / "other")
    train_tokenizer(["quite other words"] * 3, 290, ()).save_pretrained(other)
    with pytest.raises(ModelError, match="another tokenizer"):
        check_adapters(base, {"a": other})
    card = shutil.copytree(adapters["sales"], tmp_path / "card")
    (card / "toolschool.json").write_text(json.dumps({"method": "ste"}))
    with pytest.raises(ModelError, match="is a model of ste, not of tinyagent"):
        check_adapters(base, {"a": card})


def test_rows_of_tokens_cannot_be_shared(base: Path, tmp_path: Path) -> None:
    known = save_adapter(tmp_path / "known", base, 1, new_tokens=("e",))  # a token there is: its row is trained
    with pytest.raises(ModelError, match=r"trained more than LoRA matrices .*cannot share the base; merge it"):
        check_adapters(base, {"a": known})
    new = save_adapter(tmp_path / "new", base, 1, new_tokens=("<new>",))
    with pytest.raises(ModelError, match=r"trained more than LoRA matrices .*rows of new tokens"):
        check_adapters(base, {"a": new})
