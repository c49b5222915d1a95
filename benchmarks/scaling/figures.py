"""The figures that the predictions rest on, each with where it is from: data sheets, measurements of this project, and assumptions.

Nothing here was measured on a GPU. Replace an assumption by what you measured, run `python -m benchmarks scaling`, and the document follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.flops import ModelShape, peak_flops

# Assumptions: nobody has measured them here.
MFU = 0.35  # share of the peak in training and in long forward passes; `toolschool plan` assumes the same
REACHED = 0.7  # share of a link's nominal bandwidth that a collective gets
HOP_S = 10e-6  # a message between neighbours of a ring, whatever its size
STORAGE = 1e9  # bytes a second that one node writes to the storage
SLOW, SLOW_FACTOR = 0.05, 1.5  # share of workers that are slow, and how many times as long they take
LOST_EVERY_S, BACK_S = 6 * 3600.0, 180.0  # a spot GPU is taken away once in so long; until another is up with its model

# Measured by this project on two cores.
LAYER_S = (
    0.78e-3  # a decoder layer's launch by Python: 3.9 ms a pass of a model of 5 layers that computes next to nothing
)
TASK_S = 0.6e-3  # Ray starts and ends a task: 0.6 s for 1,000
TASKS = 4  # of a block: read, cut, transform, write
START_S = 13.0  # a stage of Ray Data whose rows cost nothing: two actors, 4,000 rows, written
ANNOTATE_TOKENS, FILTER_TOKENS = 1253, 5053  # forwarded a text, GSM8K's train texts, nano (docs/toolformer.md)
FILTER_PASSES = 3  # calls with results in bfloat16, the same exactly, calls without results
# Lengths of GSM8K's 7,473 train texts over their mean, at the middles of twentieths: a text's time goes with its length.
LENGTHS = (
    0.43,
    0.52,
    0.58,
    0.63,
    0.67,
    0.72,
    0.76,
    0.81,
    0.85,
    0.90,
    0.95,
    1.00,
    1.06,
    1.12,
    1.19,
    1.26,
    1.36,
    1.48,
    1.63,
    1.97,
)
COLLECT_S, BYTES = (
    0.25e-3,
    4200.0,
)  # a text with its calls and losses: seconds to be put in order, bytes in Parquet (collecting.py)
CPU_TEXT_S = 1.0e-3  # a text in a stage without a model; an assumption, and too little to matter


@dataclass(frozen=True)
class Machine:
    """A node as its data sheet has it; bytes a second, one direction."""

    name: str
    gpu: str  # as training/flops.py knows it
    per_node: int
    memory: float  # bandwidth of a GPU's memory
    link: float  # from a GPU to the others of its node
    network: float  # from a node to the others, all its network cards together

    @property
    def peak(self) -> float:
        found = peak_flops(self.gpu)
        assert found is not None
        return found


H100 = Machine("8 x H100, 3,200 Gbit/s", "H100", 8, 3.35e12, 450e9, 400e9)  # NVLink 900 GB/s both ways; AWS p5.48xlarge
A100 = Machine("8 x A100 80GB, 400 Gbit/s", "A100", 8, 2.04e12, 300e9, 50e9)  # NVLink 600 GB/s; AWS p4de.24xlarge
A10G = Machine("4 x A10G, 40 Gbit/s", "A10G", 4, 0.6e12, 32e9, 5e9)  # PCIe 4.0 x16; AWS g5.12xlarge
MACHINES = (H100, A100, A10G)


@dataclass(frozen=True)
class Model:
    """A model as its arithmetic and its messages need it; a test compares it with the architecture."""

    name: str
    weights: int  # all of them
    shape: ModelShape


def _model(name: str, weights: int, table: int, layers: int, width: int) -> Model:
    return Model(name, weights, ModelShape(weights - table, weights - table, layers, width))


TINYLLAMA = _model("TinyLlama/TinyLlama-1.1B-Chat-v1.0", 1_100_048_384, 32000 * 2048, 22, 2048)
LLAMA_8B = _model("meta-llama/Llama-3.1-8B", 8_030_261_248, 128256 * 4096, 32, 4096)
