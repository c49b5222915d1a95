"""The tool classifier: an encoder with one yes/no head per tool (multi-label), small enough to ship as an adapter.

    model = ToolClassifier.build(encoder="minilm", num_labels=16, lora={"r": 16})
    logits = model(input_ids, attention_mask)            # (B, 16)
    model.save_pretrained("runs/x/toolrag", tools=names) # adapter + head, about 1.5 MB
    model = ToolClassifier.from_pretrained("runs/x/toolrag")

Two ways to pool the token states: `mean` (one vector for all tools, as a plain fine-tune does) and `label_attention`
(every tool has its own query over the tokens, Mullenbach et al. 2018, eq. 3-5, with the tanh key of Vu et al. 2020):
a request of several clauses is then read clause by clause. Imports torch at the top because it defines a module: import
this file lazily. Limits: a folder without an adapter holds the whole encoder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from toolschool.errors import ModelError
from toolschool.models.encoder import hub_name, load_model, load_tokenizer, mean_pool
from toolschool.models.hub import CARD, whole

Pooling = Literal["mean", "label_attention"]
HEAD = "head.safetensors"
METHOD = "tool_classifier"
LORA_DEFAULTS: Mapping[str, Any] = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.0, "target_modules": "all-linear"}


class MeanHead(nn.Module):
    """Mean pooling and one linear layer."""

    def __init__(self, hidden: int, num_labels: int) -> None:
        super().__init__()
        self.out = nn.Linear(hidden, num_labels)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """States (B, T, D), mask (B, T) -> logits (B, K)."""
        return self.out(mean_pool(states, mask))


class LabelAttentionHead(nn.Module):
    """One attention query and one linear score per label.

    a = softmax over tokens of (query_k · tanh(W h_t)); logit_k = sum_t a_t (weight_k · h_t) + bias_k.
    Scoring each token before the weighted sum equals scoring the weighted sum, and keeps tensors at (B, T, K).
    """

    def __init__(self, hidden: int, num_labels: int, attention_dim: int = 128) -> None:
        super().__init__()
        self.key = nn.Linear(hidden, attention_dim)
        self.query = nn.Parameter(torch.randn(num_labels, attention_dim) * 0.05)
        self.weight = nn.Parameter(torch.randn(num_labels, hidden) * 0.02)
        self.bias = nn.Parameter(torch.full((num_labels,), -1.0))  # most tools are not needed

    def attention(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Weights (B, T, K); over the tokens of a text they sum to 1 for each label."""
        scores = torch.tanh(self.key(states)) @ self.query.T.to(states.dtype)
        return scores.float().masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).softmax(dim=1)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """States (B, T, D), mask (B, T) -> logits (B, K)."""
        token_scores = states.float() @ self.weight.T.float()
        return (self.attention(states, mask) * token_scores).sum(dim=1) + self.bias.float()


class ToolClassifier(nn.Module):
    """Encoder, head and what is needed to save them; `settings` is what `build` was called with."""

    def __init__(self, encoder: nn.Module, head: nn.Module, settings: Mapping[str, Any], dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.dropout = nn.Dropout(dropout)
        self.settings = dict(settings)
        self.card: dict[str, Any] = {}  # toolschool.json of a loaded folder: tools, thresholds, metrics

    @classmethod
    def build(
        cls,
        *,
        encoder: str = "minilm",
        num_labels: int,
        pooling: Pooling = "label_attention",
        lora: Mapping[str, Any] | None = None,
        attention_dim: int = 128,
        dropout: float = 0.1,
    ) -> ToolClassifier:
        """A fresh classifier over a pretrained encoder.

        `lora` holds fields of peft.LoraConfig over LORA_DEFAULTS; None trains the encoder itself. Raises ModelError
        for an unknown pooling or an encoder that cannot be opened.
        """
        plain = load_model(encoder)
        hidden = int(plain.config.hidden_size)
        fields = None if lora is None else {**LORA_DEFAULTS, **lora}
        settings = {
            "encoder": hub_name(encoder),
            "num_labels": num_labels,
            "pooling": pooling,
            "lora": fields,
            "attention_dim": attention_dim,
            "dropout": dropout,
        }
        base: nn.Module = plain if fields is None else _with_lora(plain, fields)
        return cls(base, _head(pooling, hidden, num_labels, attention_dim), settings, dropout)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Token ids and mask (B, T) -> logits (B, K), float32. `labels` is ignored: losses live in training."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.head(self.dropout(states), attention_mask).float()

    def tokenizer(self) -> Any:
        """The tokenizer of the encoder this classifier was built on."""
        return load_tokenizer(self.settings["encoder"])

    def save_pretrained(self, folder: str | Path, **card: Any) -> Path:
        """Write adapter (or whole encoder), head and `toolschool.json`, whose fields are `card` (tools, metrics, …).

        Floats are stored in half precision. Returns the folder.
        """
        from safetensors.torch import save_file

        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        _save_encoder(self.encoder, target, self.settings["encoder"])
        head = {name: value.detach().to(torch.float16).contiguous() for name, value in self.head.state_dict().items()}
        save_file(head, target / HEAD)
        fields = {**self.card, "method": METHOD, "classifier": self.settings, **card}
        (target / CARD).write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return target

    @classmethod
    def from_pretrained(cls, folder: str | Path, *, merge: bool = True) -> ToolClassifier:
        """Open a saved folder, here or on the hub, in evaluation mode; the adapter is merged into the encoder unless `merge` is False.

        Raises ModelError when files are missing or of another method.
        """
        from safetensors.torch import load_file

        source = whole(folder)
        card = read_card(source)
        settings = card["classifier"]
        head = _head(
            settings["pooling"], _hidden_size(source, settings), settings["num_labels"], settings["attention_dim"]
        )
        head.load_state_dict({name: value.float() for name, value in load_file(source / HEAD).items()})
        model = cls(_open_encoder(source, settings, merge), head, settings, settings["dropout"])
        model.card = card
        return model.eval()


def read_card(folder: str | Path) -> dict[str, Any]:
    """`toolschool.json` of a classifier's folder. ModelError when it is missing or belongs to another method."""
    path = Path(folder) / CARD
    if not path.is_file():
        raise ModelError(f"no {CARD} in {folder}: train with objective tool_classifier, or name a folder that has one")
    card = json.loads(path.read_text(encoding="utf-8"))
    if card.get("method") != METHOD or "classifier" not in card:
        raise ModelError(f"{path} describes a '{card.get('method')}', not a {METHOD}")
    return card


def write_card(folder: str | Path, **fields: Any) -> None:
    """Change fields of a saved classifier's `toolschool.json` (for example its calibration) and keep the rest."""
    card = {**read_card(folder), **fields}
    (Path(folder) / CARD).write_text(json.dumps(card, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def predict_logits(model: ToolClassifier, rows: Sequence[Sequence[int]], batch_size: int = 64) -> torch.Tensor:
    """Logits (len(rows), K) of encoded texts in their order, without gradients, padded batch by batch."""
    from toolschool.models.encoder import length_batches

    model.eval()
    logits = torch.zeros(len(rows), model.settings["num_labels"])
    for positions in length_batches([len(row) for row in rows], batch_size):
        with torch.inference_mode():
            logits[positions] = model(*pad_rows([rows[i] for i in positions]))
    return logits


def pad_rows(rows: Sequence[Sequence[int]], pad_id: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and 0/1 mask, both (B, T) int64, of rows of different length."""
    ids = [torch.as_tensor(row, dtype=torch.long) for row in rows]
    masks = [torch.ones_like(row) for row in ids]
    return pad_sequence(ids, batch_first=True, padding_value=pad_id), pad_sequence(masks, batch_first=True)


def _head(pooling: str, hidden: int, num_labels: int, attention_dim: int) -> nn.Module:
    if pooling == "mean":
        return MeanHead(hidden, num_labels)
    if pooling == "label_attention":
        return LabelAttentionHead(hidden, num_labels, attention_dim)
    raise ModelError(f"unknown pooling '{pooling}'; use mean or label_attention")


def _with_lora(base: nn.Module, fields: Mapping[str, Any]) -> nn.Module:
    from peft import LoraConfig, get_peft_model

    return get_peft_model(base, LoraConfig(task_type=None, **fields))


def _save_encoder(encoder: nn.Module, target: Path, name: str) -> None:
    """The adapter in half precision under the encoder's public name, or the whole encoder where there is no adapter."""
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors.torch import save_file

    if not isinstance(encoder, PeftModel):
        whole: Any = encoder  # a transformers model
        whole.save_pretrained(target / "encoder")
        return
    state = get_peft_model_state_dict(encoder)
    half = {key: value.detach().to(torch.float16).contiguous() for key, value in state.items()}
    save_file(half, target / "adapter_model.safetensors", metadata={"format": "pt"})
    config = encoder.peft_config["default"]
    path, config.base_model_name_or_path = config.base_model_name_or_path, name
    was_training, config.inference_mode = config.inference_mode, True
    try:
        config.save_pretrained(str(target))
    finally:
        config.base_model_name_or_path, config.inference_mode = path, was_training


def _open_encoder(source: Path, settings: Mapping[str, Any], merge: bool) -> nn.Module:
    if settings["lora"] is None:
        return load_model(str(source / "encoder"))
    from peft import PeftModel

    if not (source / "adapter_model.safetensors").is_file():
        raise ModelError(f"{source} names an adapter but has no adapter_model.safetensors; copy the folder again")
    base: Any = load_model(settings["encoder"])
    adapted: Any = PeftModel.from_pretrained(base, str(source), is_trainable=not merge)
    return adapted.merge_and_unload() if merge else adapted


def _hidden_size(source: Path, settings: Mapping[str, Any]) -> int:
    from safetensors import safe_open

    name = "out.weight" if settings["pooling"] == "mean" else "weight"
    if not (source / HEAD).is_file():
        raise ModelError(f"{source} has no {HEAD}; copy the folder again")
    with safe_open(source / HEAD, framework="pt") as tensors:
        return int(tensors.get_slice(name).get_shape()[1])
