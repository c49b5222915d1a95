"""How a model is asked for calls: as it was trained, or with the tools' documentation, with or without solved examples.

    inference = Inference(mode="demonstrated", examples=Examples(pool="train.json"))
    turns = inference.turns(items, template_of(inference, model))     # a user turn for each item, API after API
    writer = open_caller(inference, "Qwen/Qwen3-8B", url="http://127.0.0.1:8000/v1")
    outputs = writer.generate(turns, max_new_tokens=256, stop=STOPS)

`trained`: the template that travels with the model, no documentation. `documented`: for models that never saw the tools. `demonstrated`: the
same with the nearest train rows as examples (arXiv 2403.04746, section 4.1; reference 6). Decoding is greedy.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError, model_validator

from toolschool.config import Config
from toolschool.datasets.ste import ToolItem, every, read_items
from toolschool.errors import ConfigError, ModelError
from toolschool.methods.ste.documented import (
    SYSTEM,
    Documents,
    documentation_of,
    documented_prompt,
    offers,
    read_template,
)
from toolschool.methods.ste.learnt import METHOD
from toolschool.methods.ste.template import StePrompt

if TYPE_CHECKING:
    from toolschool.models.chat import Writer
    from toolschool.models.engines import TransformersEngine

Mode = Literal["trained", "documented", "demonstrated"]
STOPS = ("\nObservation", "Observation:", "\nUser Query:", "\n---")
"""What begins a turn that is not the model's, or the next example."""


class Examples(Config):
    """Solved requests in the prompt."""

    pool: str
    """File of train rows, {API: [item, ...]} as the items that are asked."""
    count: int = Field(default=8, ge=1)
    """Of a prompt; they come from the whole pool, whichever APIs it documents."""
    encoder: str = "minilm"
    """What finds them."""


class Inference(Config):
    """How a model is asked."""

    mode: Mode = "trained"
    """trained: no documentation; documented: with it; demonstrated: with solved examples, too."""
    template: StePrompt | None = None
    """With trained: how its rows were rendered; default: as the model folder says."""
    constrained: bool = False
    """With trained: under the grammar of the tools that the model learnt, as the endpoint has it write."""
    documents: Documents | None = None
    """With documented and demonstrated: what of the tools is in the prompt; default: 15 APIs."""
    examples: Examples | None = None
    """With demonstrated: where its examples come from."""

    @model_validator(mode="after")
    def _fits_its_mode(self) -> Inference:
        if self.mode == "trained" and (self.documents or self.examples):
            raise ValueError("mode=trained has neither documents nor examples; leave them out, or choose another mode")
        if self.mode != "trained" and (self.template or self.constrained):
            raise ValueError(f"mode={self.mode} has neither template nor grammar: they are those of mode=trained")
        if (self.mode == "demonstrated") != (self.examples is not None):
            raise ValueError("mode=demonstrated and examples.pool go together")
        return self

    def turns(self, items: Mapping[str, Sequence[ToolItem]], trained: StePrompt) -> list[str]:
        """The user turn of each item, API after API; `trained` is the template of that mode. ConfigError, DataError: a file cannot be used."""
        asked = list(every(items))
        if self.mode == "trained":
            return [trained.turn(item.query) for item in asked]
        documents = self.documents or Documents()
        template, said = read_template(documents.template), documentation_of(items)
        offered = offers(said, documents)
        return [
            documented_prompt(
                template, [said[name] for name in offered[item.api]], offered[item.api], item.query, shown
            )
            for item, shown in zip(asked, self._shown(asked), strict=True)
        ]

    def _shown(self, asked: Sequence[ToolItem]) -> Sequence[Sequence[ToolItem]]:
        """Solved examples of each prompt."""
        if self.examples is None:
            return [()] * len(asked)
        from toolschool.methods.ste.demonstrations import Demonstrations
        from toolschool.models.encoder import SentenceEncoder

        queries, encoder = [item.query for item in asked], SentenceEncoder.load(self.examples.encoder)
        bank = Demonstrations.of(every(read_items(self.examples.pool)), encoder, held_back=queries)
        return bank.nearest(queries, self.examples.count)


def template_of(inference: Inference, model: str) -> StePrompt:
    """The template that a trained model's rows were rendered by; in other modes as published. ConfigError where nobody says which."""
    from toolschool.models.backbone import read_artifact
    from toolschool.models.hub import place

    if inference.mode != "trained":
        return StePrompt(system=SYSTEM)
    if inference.template:
        return inference.template
    card = read_artifact(place(model))
    if "template" not in card:
        raise ConfigError(f"{model} does not say how its rows were rendered; give template.wrapper and template.tools")
    if card.get("method", METHOD) == METHOD:
        with contextlib.suppress(ValidationError):
            return StePrompt.model_validate(card["template"])
    raise ConfigError(f"the template of {model} is of another method ({card.get('method')}); give template.wrapper")


def open_caller(inference: Inference, model: str, url: str | None = None, dtype: str = "float32") -> Writer:
    """What writes the calls: a model folder or hub id in this process, on the GPU where there is one, or a server's model."""
    from toolschool.models.chat import ChatWriter, LocalWriter

    template = template_of(inference, model)
    if url:
        return ChatWriter(url, model, system=template.system)
    return LocalWriter(
        open_engine(model, dtype), template.system, template.wrapper if inference.mode == "trained" else None
    )


def open_engine(model: str, dtype: str) -> TransformersEngine:
    """A model in this process; a folder may hold an adapter by itself. ModelError when it cannot be opened."""
    import torch

    from toolschool.models.backbone import open_model
    from toolschool.models.engines import TransformersEngine
    from toolschool.models.hub import place

    folder = place(model)
    if (Path(folder) / "adapter_config.json").is_file():
        engine = TransformersEngine(*open_model(folder))
        engine.model.to(getattr(torch, dtype))
    else:
        engine = TransformersEngine.load(folder, dtype)
    engine.model.to("cuda" if torch.cuda.is_available() else "cpu")
    return engine


def grammars_of(model: str, template: StePrompt, tokenizer: Any) -> Callable[[str], str]:
    """What may be written behind a request, by the tools that the model's folder says it learnt. ModelError where it does not."""
    from toolschool.methods.ste.caller import CallGrammars
    from toolschool.methods.ste.learnt import read_learnt

    catalog = read_learnt(model).catalog
    grammars = CallGrammars(template, tokenizer, catalog)
    return lambda query: grammars.of(catalog.names, query)


def check_lengths(writer: Writer, turns: Sequence[str], max_new_tokens: int) -> None:
    """ModelError where a model in this process cannot read a prompt as a whole; a server says so itself."""
    from toolschool.models.chat import LocalWriter

    if not isinstance(writer, LocalWriter):
        return
    room = getattr(writer.engine.model.config, "max_position_embeddings", None)
    if not room:
        return
    ids = writer.engine.tokenizer(writer.wrapped(turns), add_special_tokens=False)["input_ids"]
    longest, over = max(map(len, ids)), sum(len(row) + max_new_tokens > room for row in ids)
    if over:
        raise ModelError(
            f"{over} of {len(ids)} prompts have no room: up to {longest} tokens and {max_new_tokens} to write, the model reads {room}; "
            "lower documents.count, examples.count or max_new_tokens"
        )
