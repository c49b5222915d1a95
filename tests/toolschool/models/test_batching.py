"""Texts that are written together are those that transformers writes alone, whoever joins and leaves between two tokens."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, MistralConfig, Qwen2Config

from toolschool.errors import ModelError
from toolschool.models.batching import LUMP, Batch
from toolschool.models.torch_steps import TorchSteps

VOCABULARY, END, LIMIT = 50, 0, 30
SMALL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "eos_token_id": END,
    "bos_token_id": 1,
    "pad_token_id": END,
}
CONFIGS = {
    "llama": LlamaConfig(**SMALL),
    "qwen2": Qwen2Config(**SMALL),
    "gpt2": GPT2Config(vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=4, eos_token_id=END, bos_token_id=1),
}


def made(config: Any) -> Any:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config).eval()
    for weight in model.parameters():  # large, so that texts differ, and no two tokens are as likely
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.4)
    return model


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def model(request: pytest.FixtureRequest) -> Any:
    return made(CONFIGS[request.param])


@pytest.fixture(scope="module")
def llama() -> Any:
    return made(CONFIGS["llama"])


def prompts(count: int) -> list[list[int]]:
    draw = random.Random(1)
    return [[draw.randrange(1, VOCABULARY) for _ in range(draw.choice([1, 3, 7, 40]))] for _ in range(count)]


def alone(model: Any, ids: list[int], limit: int = LIMIT) -> list[int]:
    """What transformers writes."""
    with torch.inference_mode():
        whole = model.generate(torch.tensor([ids]), max_new_tokens=limit, do_sample=False, pad_token_id=END)
    return whole[0, len(ids) :].tolist()


def whole(batch: Batch, ids: list[int], limit: int, mask: Any = None) -> list[int]:
    return [token for tokens in batch.write(ids, limit, mask) for token in tokens]


def test_together_as_alone(model: Any) -> None:
    asked = prompts(24)
    batch = Batch(TorchSteps(model), END, places=5)
    with ThreadPoolExecutor(24) as pool:
        texts = list(pool.map(lambda ids: whole(batch, ids, LIMIT), asked))
    assert texts == [alone(model, ids) for ids in asked]
    assert len({len(text) for text in texts}) > 2, "texts should end at different steps"
    assert whole(batch, asked[0], LIMIT) == texts[0], "a batch that came to rest goes on"


def test_a_text_longer_than_the_table(llama: Any) -> None:
    never = LogitsOf(lambda scores: scores.index_fill(1, torch.tensor([END]), float("-inf")))
    (ids,) = prompts(1)
    text = whole(Batch(TorchSteps(llama), END), ids, 400, never)
    assert len(text) == 400
    assert END not in text


def test_tokens_are_told_in_lumps_and_some_at_once(llama: Any) -> None:
    (ids,) = prompts(1)
    turns = iter([3, 3, 5, *[3] * LUMP, 5, 3])
    mask = LogitsOf(lambda scores: only(next(turns))(scores))
    lumps = list(Batch(TorchSteps(llama), END, at_once={5}).write(ids, LUMP + 5, mask))
    assert lumps == [[3, 3, 5], [3] * LUMP, [5], [3]]


def test_who_leaves_makes_room(llama: Any) -> None:
    asked = prompts(8)
    batch = Batch(TorchSteps(llama), END, places=2)
    left = [batch.write(ids, 10_000, LogitsOf(only(7))) for ids in asked[:2]]
    assert [next(text) for text in left] == [[7] * LUMP] * 2
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: whole(batch, asked[2], LIMIT))
        assert next(left[0]) == [7] * LUMP
        assert not waiting.done()
        left[0].close()
        assert waiting.result(30) == alone(llama, asked[2])
    assert next(left[1]) == [7] * LUMP
    left[1].close()


def test_a_mask_holds_for_its_own_text(llama: Any) -> None:
    asked = prompts(6)
    batch = Batch(TorchSteps(llama), END)
    masks = [None, LogitsOf(only(9)), None, LogitsOf(broken), LogitsOf(only(4)), None]

    def write(place: int) -> list[int]:
        return whole(batch, asked[place], 5, masks[place])

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(write, place) for place in range(6)]
    assert futures[1].result() == [9] * 5
    assert futures[4].result() == [4] * 5
    with pytest.raises(ModelError, match="this mask is broken"):
        futures[3].result()
    for place in (0, 2, 5):
        assert futures[place].result() == alone(llama, asked[place], 5)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_tokens_without_a_choice_change_nothing(model: Any, count: int) -> None:
    """A mask that leaves one token, two or all, as the text before it has it."""

    def mask(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        draw = random.Random(str(ids[0].tolist()))
        kept = draw.sample(range(1, VOCABULARY), draw.choice([1, 1, 2, VOCABULARY - 1]))
        return torch.full_like(scores, float("-inf")).index_copy(1, torch.tensor(kept), scores[:, kept])

    asked, batch = prompts(count), Batch(TorchSteps(model), END)
    with ThreadPoolExecutor(count) as pool:
        texts = list(pool.map(lambda ids: whole(batch, ids, LIMIT, mask), asked))
    with torch.inference_mode():
        for ids, text in zip(asked, texts, strict=True):
            alone = model.generate(
                torch.tensor([ids]), max_new_tokens=LIMIT, do_sample=False, pad_token_id=END, logits_processor=[mask]
            )
            assert text == alone[0, len(ids) :].tolist()


def test_a_mask_sees_the_whole_text(llama: Any) -> None:
    seen: list[list[int]] = []

    def note(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        seen.append(ids[0].tolist())
        return scores

    ids = prompts(2)[1]
    text = whole(Batch(TorchSteps(llama), END), ids, 4, note)
    assert seen == [ids + text[:count] for count in range(len(text))]


def test_a_model_that_fails_is_told_to_all_and_works_again(llama: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, working = Batch(TorchSteps(llama), END), llama.forward
    entered = threading.Event()

    def fails(**given: Any) -> Any:
        if given.get("past_key_values") is None:
            return working(**given)
        entered.set()
        raise RuntimeError("out of memory")

    monkeypatch.setattr(llama, "forward", fails)
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(lambda ids=ids: whole(batch, ids, LIMIT)) for ids in prompts(3)]
        for future in futures:
            with pytest.raises(ModelError, match="generation failed: out of memory"):
                future.result(30)
    assert entered.is_set()
    monkeypatch.setattr(llama, "forward", working)
    (ids,) = prompts(1)
    assert whole(batch, ids, LIMIT) == alone(llama, ids)


def test_attention_that_slides_is_refused() -> None:
    model = made(MistralConfig(**SMALL, sliding_window=8))
    with pytest.raises(ModelError, match="attention slides"):
        whole(Batch(TorchSteps(model), END), [3, 4], LIMIT)


class LogitsOf:
    """A mask of scores alone."""

    def __init__(self, change: Any) -> None:
        self.change = change

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return self.change(scores)


def only(token: int) -> Any:
    return lambda scores: torch.full_like(scores, float("-inf")).index_fill(1, torch.tensor([token]), 0.0)


def broken(scores: torch.Tensor) -> torch.Tensor:
    raise ValueError("this mask is broken")
