"""What this machine can do at most: matrix products at the sizes of nano and at a large one, and memory read and copied.

    torch.set_num_threads(1)
    rates("cpu", "float32")          # [Rate("square", 1.1e11, ...), ...]: operations or bytes a second, round by round

A product of (m, k) and (k, n) is 2 m k n operations. A copy reads and writes, so it moves twice its size. Everything is far larger than a cache
but for nano's products, whose sizes are those of a forward pass of `TOKENS` tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.gpu_setup import wait
from benchmarks.timing import ROUNDS, alternate

TOKENS = 4096
SQUARE = 2048
MEMORY = 512 * 2**20  # bytes
WORK = {"cpu": 2e10, "cuda": 2e13}  # operations of a product in a round, repeated as often as it takes
READS = {"cpu": 2, "cuda": 50}  # times that memory is gone over in a round


@dataclass(frozen=True)
class Rate:
    """`each` round's operations (or bytes) a second."""

    what: str
    unit: str
    each: tuple[float, ...]


@dataclass(frozen=True)
class Sizes:
    """How much is measured; the defaults are those of the page."""

    tokens: int = TOKENS
    square: int = SQUARE
    memory: int = MEMORY
    work: float | None = None  # None: the device's
    rounds: int = ROUNDS


def shapes(sizes: Sizes) -> dict[str, tuple[int, int, int]]:
    """(m, k, n) of a large product, and of nano's layers: attention, both sides of the feed-forward, output."""
    from toolschool.models.shapes import shape_config

    nano = shape_config("assets/nano")
    width, inner, words = nano.hidden_size, nano.intermediate_size, nano.vocab_size
    return {
        f"square, {sizes.square}": (sizes.square,) * 3,
        f"nano, {width} x {width}": (sizes.tokens, width, width),
        f"nano, {width} x {inner}": (sizes.tokens, width, inner),
        f"nano, {inner} x {width}": (sizes.tokens, inner, width),
        f"nano, {width} x {words}": (sizes.tokens, width, words),
    }


def rates(device: str, dtype: str, sizes: Sizes | None = None) -> list[Rate]:
    """Products by name; one after the other in every round."""
    sizes = sizes or Sizes()
    arms, amounts = {}, {}
    for name, shape in shapes(sizes).items():
        arms[name], amounts[name] = product(shape, device, dtype, sizes.work or WORK[device])
    seconds = alternate(arms, sizes.rounds)
    return [Rate(name, "op/s", tuple(amounts[name] / each for each in spent)) for name, spent in seconds.items()]


def product(shape: tuple[int, int, int], device: str, dtype: str, work: float) -> tuple[Callable[[], None], float]:
    """A product often enough for `work` operations, and how many they are exactly."""
    import torch

    m, k, n = shape
    kind: Any = getattr(torch, dtype)
    one, other = torch.randn(m, k, device=device).to(kind), torch.randn(k, n, device=device).to(kind)
    out = torch.empty(m, n, device=device, dtype=kind)
    times = max(1, round(work / (2 * m * k * n)))

    def run() -> None:
        for _ in range(times):
            torch.mm(one, other, out=out)
        wait(device)

    return run, 2.0 * m * k * n * times


def memory_rates(device: str, sizes: Sizes | None = None) -> list[Rate]:
    """Bytes a second, reading (a sum) and copying."""
    import torch

    sizes = sizes or Sizes()
    source = torch.ones(sizes.memory // 4, device=device)
    target = torch.empty_like(source)

    def read() -> None:
        for _ in range(READS[device]):
            source.sum()
        wait(device)

    def copy() -> None:
        for _ in range(READS[device]):
            target.copy_(source)
        wait(device)

    seconds = alternate({"read": read, "copy": copy}, sizes.rounds)
    moved = {"read": sizes.memory * READS[device], "copy": 2 * sizes.memory * READS[device]}
    return [Rate(name, "B/s", tuple(moved[name] / each for each in spent)) for name, spent in seconds.items()]
