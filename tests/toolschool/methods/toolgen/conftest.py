"""A small town of simulated APIs, tools that are tokens of nano's tokenizer, and a model that writes what it is told."""

import copy
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from toolschool.datasets.api_docs import ApiDoc, Key, Parameter
from toolschool.methods.toolgen.indexing import ToolIndex, build_index
from toolschool.methods.toolgen.protocol import Protocol, Spelling
from toolschool.methods.toolgen.worlds import DeskWorld, SimulatedWorld, World
from toolschool.models.backbone import add_tokens
from toolschool.tools.simulated import Faults, simulated_api

CITY = Parameter("city", "STRING", "The city (e.g., Bonn, Porto, Quito).")
DOCS = (
    ApiDoc(
        "Town", "Sky", "forecast", "Get the forecast of a city.", (CITY,), (Parameter("days", "NUMBER", default="3"),)
    ),
    ApiDoc(
        "Town",
        "Hall",
        "createEvent",
        "Create an event.",
        (Parameter("event_name", "str", "Its name (e.g., Fair, Market)"), CITY),
    ),
    ApiDoc("Town", "Hall", "cancelEvent", "Cancel an event.", (Parameter("event_id", "str"),)),
    ApiDoc("Town", "Shops", "find shops", "", (CITY, Parameter("kind", "ENUM", "Must be one of: bread, books"))),
)
SHAPES: dict[str, Any] = {
    "forecast": {"city": "str", "summary": "str", "high": "float"},
    "createEvent": {"event_id": "str", "status": "str"},
    "cancelEvent": {"success": "bool"},
}


class Playback:
    """A causal LM that writes given ids one after the other, whatever it reads; its cache is how many it has read."""

    device = torch.device("cpu")

    def __init__(self, ids: Sequence[int], vocabulary: int) -> None:
        self.ids = [*ids, 0]
        self.config = SimpleNamespace(vocab_size=vocabulary, max_position_embeddings=4096)
        self.read: list[int] = []

    def eval(self) -> "Playback":
        return self

    def __call__(self, input_ids: Any, past_key_values: Any = None, **_: Any) -> Any:
        self.read += input_ids[0].tolist()
        length = (past_key_values or 0) + input_ids.shape[1]
        logits = torch.zeros(1, 1, self.config.vocab_size)
        logits[0, 0, self.ids[min(length, len(self.ids) - 1)]] = 5.0
        return SimpleNamespace(past_key_values=length, logits=logits, hidden_states=[logits])


class Known:
    """A world with tools that a tokenizer knows."""

    def __init__(self, world: World, docs: Sequence[ApiDoc], tokenizer: Any, kind: Any = "atomic") -> None:
        self.world, self.docs = world, docs
        self.index: ToolIndex = build_index(kind, docs)
        self.tokenizer = copy.deepcopy(tokenizer)
        if kind == "atomic":
            add_tokens(self.tokenizer, list(self.index.texts.values()))
        self.protocol = Protocol(self.index, world.tools)
        self.spelling = Spelling(self.tokenizer, self.index)

    def key(self, api: str) -> Key:
        return next(key for key in self.world.tools if key[2] == api)

    def llama(self, seed: int = 0, **size: Any) -> Any:
        from transformers import LlamaConfig, LlamaForCausalLM

        torch.manual_seed(seed)
        shape: dict[str, Any] = {
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
        }
        config = {**shape, "initializer_range": 0.5, "vocab_size": len(self.tokenizer), **size}
        return LlamaForCausalLM(LlamaConfig(**config)).eval()


def simulated(faults: Faults | None = None) -> SimulatedWorld:
    return SimulatedWorld([simulated_api(doc, SHAPES.get(doc.api)) for doc in DOCS], faults=faults)


def desk_docs(world: DeskWorld) -> list[ApiDoc]:
    return [ApiDoc(*key, tool.description) for key, tool in world.tools.items()]


@pytest.fixture(scope="session")
def town(nano_tokenizer: Any) -> Known:
    return Known(simulated(), DOCS, nano_tokenizer)


@pytest.fixture(scope="session")
def desk(nano_tokenizer: Any) -> Known:
    world = DeskWorld()
    return Known(world, desk_docs(world), nano_tokenizer)


@pytest.fixture(scope="session")
def known(nano_tokenizer: Any) -> Callable[..., Known]:
    """`known(faults, kind)`: the town with faults, or in another indexing."""
    return lambda faults=None, kind="atomic": Known(simulated(faults), DOCS, nano_tokenizer, kind)


@pytest.fixture(scope="session")
def playback() -> type[Playback]:
    return Playback
