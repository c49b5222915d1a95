"""A Llama folder as one GGUF file for llama.cpp: int8 (q8_0) or bfloat16. Needs the extra `gguf`.

    pip install 'toolschool[gguf]'
    python -m toolschool.models.gguf assets/nano nano-q8_0.gguf --kind q8_0

Adapters must be merged first. llama.cpp rotates pairs of neighbouring numbers, transformers the two halves of a head, so the rows
of the query and key projections change their order. Limit: the tokenizer's own word splitting has no name in
llama.cpp: prompts should be tokenised by the folder's tokenizer and handed over as ids, as this project does.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.models.engines import TransformersEngine

if TYPE_CHECKING:
    import numpy as np

KINDS = ("q8_0", "bf16", "f32")


def export(folder: str | Path, target: str | Path, kind: str = "q8_0") -> Path:
    """Write the model of `folder` to `target`. ModelError when it is no Llama, cannot be read, or the extra is missing."""
    if kind not in KINDS:
        raise ModelError(f"unknown kind '{kind}': use one of {', '.join(KINDS)}")
    try:
        import gguf
    except ImportError:
        raise ModelError("writing GGUF needs the extra: pip install 'toolschool[gguf]'") from None
    engine = TransformersEngine.load(folder)
    model, tokenizer = engine.model, engine.tokenizer
    if model.config.model_type != "llama":
        raise ModelError(f"{folder} is a {model.config.model_type}; only plain Llamas are exported here")
    writer = gguf.GGUFWriter(str(target), "llama")
    _describe(writer, model.config, Path(folder).name)
    _write_tokenizer(writer, tokenizer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model.config.num_hidden_layers)
    tied = model.config.tie_word_embeddings
    for name, value in model.state_dict().items():
        if tied and name == "lm_head.weight":
            continue
        array = _ordered(name, value.float().numpy(), model.config)
        quantised = gguf.GGMLQuantizationType[kind.upper()] if array.ndim == 2 else gguf.GGMLQuantizationType.F32
        known = names.get_name(name, try_suffixes=(".weight",))
        if known is None:
            raise ModelError(f"{folder} has a weight {name} that a plain Llama has not")
        writer.add_tensor(known, gguf.quants.quantize(array, quantised), raw_dtype=quantised)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return Path(target)


def _describe(writer: Any, config: Any, name: str) -> None:
    writer.add_name(name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_rope_freq_base(float(config.rope_parameters["rope_theta"]))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _write_tokenizer(writer: Any, tokenizer: Any) -> None:
    """Vocabulary, merges and special ids of a byte-level BPE tokenizer."""
    import gguf

    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    special = set(tokenizer.all_special_tokens) | set(tokenizer.get_added_vocab())
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token for token, _ in vocabulary])
    kinds = (gguf.TokenType.CONTROL, gguf.TokenType.NORMAL)
    writer.add_token_types([kinds[token not in special] for token, _ in vocabulary])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(False)


def _ordered(name: str, array: np.ndarray, config: Any) -> np.ndarray:
    """Rows of query and key projections from halves to neighbouring pairs, head by head."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    count = next((heads[part] for part in heads if f".{part}." in name), 0)
    return pairs(array, count) if count else array


def pairs(array: np.ndarray, heads: int) -> np.ndarray:
    """(heads * 2 * half, width): row (h, s, i) moves to (h, i, s)."""
    rows, width = array.shape
    return array.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="model folder")
    parser.add_argument("target", help="file to write")
    parser.add_argument("--kind", choices=KINDS, default="q8_0")
    options = parser.parse_args(argv)
    path = export(options.folder, options.target, options.kind)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
