"""Where the time of a run goes: torch's profiler, its operators put into a few groups.

    profile(run, vocabulary=2048)        # {"matrix products": 0.8, ..., "Python and all else": 0.05}: seconds

An operator counts once, by the time spent in itself. What the operators do not explain is Python, the allocator and the profiler's own work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

GROUPS = {
    "matrix products": ("mm", "addmm", "bmm", "matmul", "linear"),
    "attention": ("_scaled_dot_product", "_flash_attention", "_efficient_attention", "scaled_dot_product_attention"),
    "copies, padding, look-ups": (
        "copy_",
        "cat",
        "clone",
        "index",
        "embedding",
        "gather",
        "contiguous",
        "_to_copy",
        "fill_",
    ),
}
VOCABULARY, ELEMENTS, REST = "softmax over the vocabulary", "norms, rotations, activations, sums", "Python and all else"


def group_of(operator: str, shapes: Iterable[Any], vocabulary: int) -> str:
    """The group of an operator such as aten::mm with these input shapes."""
    name = operator.removeprefix("aten::")
    for group, names in GROUPS.items():
        if group == "attention" and name.startswith(names):
            return group
        if name in names:
            return group
    if any(shape and shape[-1] == vocabulary for shape in shapes if isinstance(shape, list)):
        return VOCABULARY
    return ELEMENTS


def profile(run: Callable[[], object], vocabulary: int, device: str = "cpu") -> dict[str, float]:
    """Seconds by group, the whole run's in sum."""
    import torch
    from torch.profiler import ProfilerActivity

    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device == "cuda" else [])
    run()
    with torch.profiler.profile(activities=activities, record_shapes=True) as found:
        began = time.perf_counter()
        run()
        wall = time.perf_counter() - began
    spent = dict.fromkeys([*GROUPS, VOCABULARY, ELEMENTS], 0.0)
    for event in found.key_averages(group_by_input_shape=True):
        if event.key.startswith("aten::"):
            own = event.self_device_time_total if device == "cuda" else event.self_cpu_time_total
            spent[group_of(event.key, event.input_shapes, vocabulary)] += own / 1e6
    return {**spent, REST: max(0.0, wall - sum(spent.values()))}


def table(spent: Mapping[str, float]) -> str:
    """Markdown, the largest first."""
    whole = sum(spent.values())
    lines = ["| where | s | share |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {spent[name]:.3f} | {spent[name] / whole:.0%} |" for name in sorted(spent, key=lambda x: -spent[x])
    ]
    return "\n".join(lines)
