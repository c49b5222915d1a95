"""The language model under training: open or create it, add tokens and an adapter, save it as an ordinary folder.

    model, tokenizer = load(ModelConfig(name="assets/nano"))                       # a folder, OWNER/NAME or OWNER/NAME@REVISION
    model, tokenizer = load(ModelConfig(fresh=FreshConfig(tokenizer="tok/", hidden_size=160)))   # weights from scratch

`save` writes safetensors, tokenizer and `toolschool.json`; `AutoModelForCausalLM.from_pretrained` opens the folder.
New tokens are ordinary added tokens, not "special" ones: decoding with `skip_special_tokens` must not lose a marker. Those of
`token_words` begin as the mean of their words (`toolschool/models/new_rows.py`), other ones where transformers puts them.
Limits: 4 bits are for training an adapter alone; an adapter saved unmerged (`merge: false`) with new tokens opens through `load` only,
because the base must be resized first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from toolschool.config import Config
from toolschool.errors import ModelError
from toolschool.models.hub import CARD, place
from toolschool.models.new_rows import begin_rows, read_words

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PAD_CANDIDATES = ("<|pad|>", "<pad>", "[PAD]", "<|finetune_right_pad_id|>", "<|endoftext|>", "<unk>", "[UNK]")


class LoraConfig(Config):
    """Low-rank adapter (Hu et al., 2021)."""

    r: int = Field(default=16, ge=1)
    """Rank."""
    alpha: int = Field(default=32, ge=1)
    """Scale: the update is multiplied by alpha / r."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout in front of the adapter."""
    target_modules: str | tuple[str, ...] = "all-linear"
    """Names of the adapted layers, or all-linear."""


class FreshConfig(Config):
    """A Llama with random weights, for pretraining from scratch."""

    tokenizer: str
    """Folder of the tokenizer; its size is the vocabulary."""
    hidden_size: int = 256
    """Width; a multiple of `heads`."""
    layers: int = 6
    """Decoder layers."""
    heads: int = 4
    """Attention heads."""
    kv_heads: int | None = None
    """Key/value heads; default: `heads`."""
    intermediate_size: int | None = None
    """Width of the gated MLP; default: 8/3 of the width, rounded up to a multiple of 32."""
    max_positions: int = 2048
    """Longest sequence."""
    rope_theta: float = 10000.0
    """Base of the rotary frequencies."""
    tie_embeddings: bool = True
    """One matrix for input and output embeddings."""
    seed: int = 0
    """Seed of the initial weights."""


class ModelConfig(Config):
    """Where the weights come from and which of them learn."""

    name: str | None = None
    """Folder or hub id (OWNER/NAME, OWNER/NAME@REVISION) of the base model; or give `fresh`."""
    fresh: FreshConfig | None = None
    """Create a small Llama with random weights instead."""
    adapter: Literal["full", "lora", "qlora"] = "full"
    """Train all weights; a LoRA adapter; or an adapter over the base in 4 bits (NF4, quantised twice), saved with the base whole."""
    lora: LoraConfig = LoraConfig()
    """Adapter settings, used with `adapter: lora` and `qlora`."""
    new_tokens: tuple[str, ...] = ()
    """Markers that must be single tokens; added where missing, and their embedding and output rows are trained."""
    token_words: str | None = None
    """JSON file {token: words} of further new tokens; a row that is added begins as the mean of its words' rows."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Weights while training."""
    save_dtype: Literal["float32", "bfloat16"] | None = None
    """Weights in the saved folder; default: as trained."""
    merge: bool = True
    """Save an adapter merged into its base (a plain folder), or by itself."""
    attention: Literal["auto", "sdpa", "eager", "flash_attention_2"] = "auto"
    """Attention kernel of a language model; auto is what transformers chooses for it."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, a third slower."""

    @model_validator(mode="after")
    def _one_origin(self) -> ModelConfig:
        if (self.name is None) == (self.fresh is None):
            raise ValueError("give exactly one of model.name (folder or hub id) and model.fresh")
        if self.adapter == "qlora" and self.fresh:
            raise ValueError("4 bits cannot learn: model.adapter=qlora goes with model.name, not with fresh weights")
        return self


def load(config: ModelConfig) -> tuple[Any, PreTrainedTokenizerBase]:
    """Model ready for training and its tokenizer; trainable are all weights, or the adapter and the new tokens' rows.

    Raises ModelError when the folder cannot be opened or a marker cannot become one token.
    """
    tokenizer = _base_tokenizer(config)
    known = tokenizer.get_vocab()
    token_ids = _complete(tokenizer, config)
    model: Any = _fresh(config.fresh, tokenizer) if config.fresh else _pretrained(config)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=True)
    begin_rows(model, tokenizer, {token: said for token, said in _words(config).items() if token not in known})
    if config.adapter != "qlora":  # else the matrices have no such type, and the rest was loaded in it
        model.to(dtype(config.dtype))
    model.config.pad_token_id = tokenizer.pad_token_id
    model.config.use_cache = False
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    if config.adapter != "full":
        model = with_lora(model, config.lora, list(token_ids.values()))
    return model, tokenizer


def load_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    """The tokenizer that rows must be encoded with: new tokens added, padding apart from the end of sequence."""
    tokenizer = _base_tokenizer(config)
    _complete(tokenizer, config)
    return tokenizer


def _base_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    name = place(str(config.fresh.tokenizer if config.fresh else config.name))
    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ModelError(f"no tokenizer at {name}: {_first_line(error)}; give a folder or hub id") from error


def _complete(tokenizer: PreTrainedTokenizerBase, config: ModelConfig) -> dict[str, int]:
    """Add what the configuration asks for; the new tokens' ids by their texts."""
    texts = list(dict.fromkeys((*config.new_tokens, *_words(config))))
    ids = dict(zip(texts, add_tokens(tokenizer, texts), strict=True))
    separate_pad(tokenizer)
    return ids


def _words(config: ModelConfig) -> dict[str, str]:
    return read_words(config.token_words) if config.token_words else {}


def add_tokens(tokenizer: PreTrainedTokenizerBase, markers: Sequence[str]) -> list[int]:
    """Make every marker one token that survives decoding; returns their ids in the order given."""
    from tokenizers import AddedToken

    known = tokenizer.get_vocab()
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in markers if text not in known])
    ids = []
    for text in markers:
        encoded = tokenizer.encode(text, add_special_tokens=False)
        if len(encoded) != 1:
            raise ModelError(f"marker {text!r} is {len(encoded)} tokens in this tokenizer; choose another marker")
        ids.append(int(encoded[0]))
    return ids


def separate_pad(tokenizer: PreTrainedTokenizerBase) -> None:
    """Give the tokenizer a padding token other than its end of sequence; a shared one unlearns stopping."""
    if tokenizer.pad_token_id is not None and tokenizer.pad_token_id != tokenizer.eos_token_id:
        return
    vocabulary = tokenizer.get_vocab()
    free = [text for text in PAD_CANDIDATES if text in vocabulary and vocabulary[text] != tokenizer.eos_token_id]
    tokenizer.add_special_tokens({"pad_token": free[0] if free else "<|pad|>"})


def fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """Hash of everything that decides the ids of a text; rows carry it so that a stale cache is noticed."""
    whole = json.loads(tokenizer.backend_tokenizer.to_str())
    parts = {key: whole.get(key) for key in ("added_tokens", "normalizer", "pre_tokenizer", "model")}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def dtype(name: str) -> torch.dtype:
    """`float32` or `bfloat16` as torch's type."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


def save(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    *,
    config: ModelConfig,
    artifact: Mapping[str, Any] | None = None,
) -> Path:
    """Write the folder; an adapter is merged unless `config.merge` is off. The model should not be trained on after."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if config.adapter == "qlora":
        model = _over_whole_base(model, config)
    if config.adapter != "full" and config.merge:
        model = model.merge_and_unload()
    model.to(dtype(config.save_dtype or config.dtype))
    model.config.use_cache = True
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    write_artifact(folder, {"parent": config.name, "new_tokens": list(config.new_tokens), **(artifact or {})})
    return folder


def _over_whole_base(model: Any, config: ModelConfig) -> Any:
    """What was learnt over the base in 4 bits, over the base itself: merged into 4 bits it would be rounded once more."""
    whole, _ = load(config.model_copy(update={"adapter": "lora"}))
    parts = dict(whole.named_parameters())
    for name, learnt in model.named_parameters():
        if learnt.requires_grad:
            parts[name].data.copy_(learnt.data)
    return whole


def write_artifact(folder: str | Path, entries: Mapping[str, Any]) -> None:
    """`toolschool.json`: method, template, tools, metrics, parent."""
    text = json.dumps(dict(entries), indent=2, ensure_ascii=False, sort_keys=True)
    (Path(folder) / CARD).write_text(text + "\n", encoding="utf-8")


def read_artifact(folder: str | Path) -> dict[str, Any]:
    """The folder's `toolschool.json`; empty where there is none."""
    path = Path(folder) / CARD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def open_model(name: str | Path) -> tuple[Any, PreTrainedTokenizerBase]:
    """A saved folder or hub id for inference, merged or adapter; the base of an adapter is resized before it is put on."""
    from transformers import AutoTokenizer

    folder = Path(place(name))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    adapter_file = folder / "adapter_config.json"
    if not adapter_file.is_file():
        return _pretrained(ModelConfig(name=str(folder))).eval(), tokenizer
    from peft import PeftModel

    base = _pretrained(ModelConfig(name=json.loads(adapter_file.read_text())["base_model_name_or_path"]))
    if len(tokenizer) > base.get_input_embeddings().weight.shape[0]:
        base.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return PeftModel.from_pretrained(base, folder).eval(), tokenizer


def _fresh(config: FreshConfig, tokenizer: PreTrainedTokenizerBase) -> Any:
    import torch
    from transformers import LlamaForCausalLM

    shape = fresh_shape(config, len(tokenizer))
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        setattr(shape, name, getattr(tokenizer, name))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return LlamaForCausalLM(shape)


def fresh_shape(config: FreshConfig, vocabulary: int) -> Any:
    """The configuration of a Llama as `config` describes it."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads or config.heads,
        intermediate_size=config.intermediate_size or -(-config.hidden_size * 8 // 96) * 32,
        max_position_embeddings=config.max_positions,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        tie_word_embeddings=config.tie_embeddings,
    )


def _pretrained(config: ModelConfig) -> Any:
    from transformers import AutoModelForCausalLM

    try:
        return AutoModelForCausalLM.from_pretrained(
            place(str(config.name)),
            dtype=dtype(config.dtype),
            attn_implementation=None if config.attention == "auto" else config.attention,
            **({"quantization_config": _four_bits(config)} if config.adapter == "qlora" else {}),
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot open model {config.name}: {_first_line(error)}") from error


def _four_bits(config: ModelConfig) -> Any:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype(config.dtype),
    )


def with_lora(model: PreTrainedModel, lora: LoraConfig, token_ids: list[int]) -> Any:
    """Adapter over `model`. Untied models need the dict form: the list form leaves the output rows untrained."""
    import peft

    targets = lora.target_modules if isinstance(lora.target_modules, str) else list(lora.target_modules)
    return peft.get_peft_model(
        model,
        peft.LoraConfig(
            r=lora.r,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=targets,
            trainable_token_indices=_token_rows(model, token_ids),
            task_type="CAUSAL_LM",
        ),
    )


def _token_rows(model: PreTrainedModel, token_ids: list[int]) -> list[int] | dict[str, list[int]] | None:
    if not token_ids:
        return None
    if model.get_output_embeddings().weight is model.get_input_embeddings().weight:
        return token_ids
    names = {id(module): name.rpartition(".")[2] for name, module in model.named_modules()}
    return {names[id(model.get_input_embeddings())]: token_ids, names[id(model.get_output_embeddings())]: token_ids}


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
