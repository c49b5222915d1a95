"""Tests of what runs on a GPU: `make test-gpu`. Where there is none they are skipped; TOOLSCHOOL_TEST_DEVICE=cpu runs them on the CPU, to try the tests
themselves. The files that import neither ray nor deepspeed need torch, transformers, peft, pydantic and PyYAML only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

ON = "TOOLSCHOOL_TEST_DEVICE"


@pytest.fixture(scope="session")
def device() -> str:
    """`cuda`; `cpu` where that was asked for."""
    import torch

    asked = os.environ.get(ON, "cuda")
    if asked == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU: torch finds no CUDA device here")
    return asked


@pytest.fixture
def used(device: str) -> Callable[[float], AbstractContextManager[None]]:
    """`with used(n):` fails unless tensors of n bytes stood on the GPU inside; on the CPU it looks at nothing."""

    @contextmanager
    def watch(least: float) -> Iterator[None]:
        import torch

        if device == "cpu":
            yield
            return
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        yield
        grown = torch.cuda.max_memory_allocated() - before
        assert grown >= least, f"{grown} bytes were put on the GPU, {least:.0f} were expected"

    return watch
