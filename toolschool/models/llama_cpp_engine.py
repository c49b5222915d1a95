"""An engine of llama.cpp, several times as fast as PyTorch on CPUs for small models. Needs the extra `llama-cpp`.

    engine = LlamaCppEngine.load("assets/tinyagent/planner")       # a plain Llama; a *.gguf file in the folder is taken as it is
    engine.stream(prompt, max_new_tokens=200, grammar=lark)

Prompts are tokenised by the folder's tokenizer, grammars are llguidance's, as everywhere; llama.cpp computes the steps of the batch. A
folder without a GGUF file is written as one of float32 (`gguf.py`) when it is opened.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.models.batching import FORCED, PLACES
from toolschool.models.engines import Generation, StepEngine, side_by_side
from toolschool.models.gguf import export

if TYPE_CHECKING:
    import torch

CONTEXT = 1024  # tokens of a text, prompt and plan
READ_AT_ONCE = 512  # tokens of a prompt


class LlamaCppEngine(StepEngine):
    """A GGUF file and the tokenizer of its folder."""

    @classmethod
    def load(cls, folder: str | Path, closing: tuple[int, int] | None = None) -> LlamaCppEngine:
        """Open a model folder. ModelError: the extra is missing, it is no plain Llama, or its GGUF file cannot be read."""
        from transformers import AutoTokenizer

        from toolschool.models.hub import place

        opened = Path(place(folder))
        tokenizer = AutoTokenizer.from_pretrained(opened)
        files = sorted(opened.glob("*.gguf"))
        if len(files) > 1:
            raise ModelError(f"{folder} has {len(files)} GGUF files; keep the one that is to be served")
        if files:
            steps = LlamaCppSteps(files[0])
        else:
            with tempfile.TemporaryDirectory() as made:
                steps = LlamaCppSteps(export(opened, Path(made) / "model.gguf", "f32"))
        return cls(steps, steps.vocab_size, tokenizer, closing)

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, grammars: Sequence[str] | None = None
    ) -> list[Generation]:
        """Greedy continuations, side by side."""
        write = partial(self._tokens, max_new_tokens)
        return side_by_side(write, self.tokenizer, prompts, grammars, PLACES)


class LlamaCppSteps:
    """See `batching.Steps`. Each text has a sequence of llama.cpp; places are told apart from these, so that nothing is copied."""

    pads = False

    def __init__(self, path: Path, context: int = CONTEXT, places: int = PLACES) -> None:
        self._api = api = _llama_cpp()
        given = api.llama_model_default_params()
        given.use_mmap = False  # the file may go
        self._model = api.llama_model_load_from_file(str(path).encode(), given)
        if not self._model:
            raise ModelError(f"llama.cpp cannot read {path}; write it anew with python -m toolschool.models.gguf")
        self.vocab_size = int(api.llama_vocab_n_tokens(api.llama_model_get_vocab(self._model)))
        self.longest: int | None = context
        self._handle = api.llama_init_from_model(self._model, self._settings(context, places))
        if not self._handle:
            raise ModelError(f"llama.cpp has no memory for {places} texts of {context} tokens")
        self._batch = api.llama_batch_init(max(READ_AT_ONCE, FORCED * places), 0, 1)
        self._sequences = list(range(places))  # by place

    def _settings(self, context: int, places: int) -> Any:
        settings = self._api.llama_context_default_params()
        settings.n_ctx, settings.n_seq_max = context * places, places
        settings.n_batch = settings.n_ubatch = max(READ_AT_ONCE, FORCED * places)
        settings.n_threads = settings.n_threads_batch = int(os.environ.get("OMP_NUM_THREADS", "1"))
        settings.type_k = settings.type_v = self._api.GGML_TYPE_F32
        settings.flash_attn_type = 0  # half as fast for many short texts on a CPU
        settings.no_perf = True
        return settings

    def begin(self, place: int, ids: Sequence[int], adapter: str | None = None) -> torch.Tensor:
        """See `Steps.begin`. There are no adapters here."""
        assert adapter is None
        self._forget(self._sequences[place])
        for start in range(0, len(ids), READ_AT_ONCE):
            some = ids[start : start + READ_AT_ONCE]
            scores = self._read([(self._sequences[place], start, some)])
        return scores[0]

    def step(self, newest: Sequence[Sequence[int]], lengths: Sequence[int]) -> Sequence[torch.Tensor]:
        """See `Steps.step`."""
        return self._read(list(zip(self._sequences, lengths, newest, strict=False)))

    def move(self, here: int, there: int) -> None:
        """See `Steps.move`."""
        self._forget(self._sequences[there])
        self._sequences[here], self._sequences[there] = self._sequences[there], self._sequences[here]

    def _forget(self, sequence: int) -> None:
        self._api.llama_memory_seq_rm(self._api.llama_get_memory(self._handle), sequence, -1, -1)

    def _read(self, texts: Sequence[tuple[int, int, Sequence[int]]]) -> list[torch.Tensor]:
        """Scores behind some tokens of each sequence, which begin at a position of it."""
        import numpy as np
        import torch

        batch, count, last = self._batch, 0, []
        for sequence, start, tokens in texts:
            for place, token in enumerate(tokens):
                batch.token[count], batch.pos[count] = token, start + place
                batch.n_seq_id[count], batch.seq_id[count][0] = 1, sequence
                batch.logits[count] = place == len(tokens) - 1
                count += 1
            last.append(count - 1)
        batch.n_tokens = count
        if (code := self._api.llama_decode(self._handle, batch)) != 0:
            raise ModelError(f"llama.cpp could not go on (llama_decode gave {code})")
        shape = (self.vocab_size,)
        rows = (np.ctypeslib.as_array(self._api.llama_get_logits_ith(self._handle, at), shape) for at in last)
        return [torch.from_numpy(row.copy())[None] for row in rows]

    def __del__(self) -> None:
        """Memory that Python does not know of; at the end of the program all of it goes anyway."""
        if sys.is_finalizing():
            return
        for name, free in (("_batch", "llama_batch_free"), ("_handle", "llama_free"), ("_model", "llama_model_free")):
            if held := getattr(self, name, None):
                getattr(self._api, free)(held)


def _llama_cpp() -> Any:
    try:
        import llama_cpp
    except ImportError:
        raise ModelError("this engine needs the extra: pip install 'toolschool[llama-cpp]' (a C++ compiler)") from None
    llama_cpp.llama_log_set(_silent(llama_cpp), None)
    return llama_cpp


@lru_cache
def _silent(api: Any) -> Any:
    """Hundreds of lines about each model go nowhere; what fails is raised. Kept, because C does not."""
    return api.llama_log_callback(lambda level, text, data: None)
