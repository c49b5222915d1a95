"""What a training run is told: model, rows, optimiser, DeepSpeed, workers, where the result goes.

    python -m jobs.train --config recipes/tinyagent/planner-tinyllama.yaml --print-config

Light on purpose: imports neither torch nor ray, so `--help` and `--dry-run` stay fast. `fit` returns a `TrainResult`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, model_validator

from toolschool.config import Config, OutputConfig
from toolschool.models.backbone import ModelConfig


class ObjectiveArgs(Config):
    """Settings that only some objectives read; each says which."""

    require_eos: bool = True
    """causal_lm: every row must end in a supervised end-of-sequence token; off for rows cut from running text."""
    supervise_prompt: bool = False
    """causal_lm: rows without any masked prompt are meant so (plain-text pretraining)."""
    pos_weight: float | tuple[float, ...] = 1.0
    """tool_classifier: weight of the positive class, one number or one per tool in label order."""
    pooling: Literal["label_attention", "mean"] = "label_attention"
    """tool_classifier: every tool attends to the tokens by itself, or one mean vector for all."""
    tools: tuple[str, ...] = ()
    """tool_classifier, tool_head: tool names in label order; default: those of `<rows>/toolschool.json`."""
    init: Literal["random", "names", "descriptions"] = "random"
    """tool_head: rows begin at random, or as the mean output embedding of the tools' names or descriptions."""
    only_tools: bool = False
    """tool_head: learn at positions of tools alone, for texts whose every item is a tool (VirtualHome)."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """tool_classifier: probability from which a tool counts as retrieved in the evaluation."""


class OptimConfig(Config):
    """Optimiser, batches, schedule, and how often to look."""

    optimizer: Literal["adamw", "muon", "adamw8bit", "paged_adamw8bit"] = "adamw"
    """adamw; muon: orthogonalised momentum for matrices, AdamW for the rest; adamw8bit: averages in 8 bits (bitsandbytes),
    paged_adamw8bit: in host memory when a GPU's is short. All but adamw need `engine: plain`."""

    lr: float = Field(default=2e-4, gt=0)
    """Peak learning rate."""
    epochs: float = Field(default=3, gt=0)
    """Passes over the training rows."""
    max_steps: int | None = Field(default=None, ge=1)
    """Stop after so many optimiser steps; the schedule is stretched over them."""
    batch_size: int = Field(default=8, ge=1)
    """Rows (with packing: packs of `max_length` tokens) per worker and forward pass."""
    batch_tokens: int | None = Field(default=None, ge=64)
    """causal_lm: instead of `batch_size` rows, rows of like length, padded alike, about so many tokens a forward pass."""
    grad_accumulation: int = Field(default=1, ge=1)
    """Forward passes per optimiser step."""
    warmup_ratio: float = Field(default=0.03, ge=0, lt=1)
    """Share of all steps over which the rate rises linearly from 0."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """Course of the rate after the warm-up; cosine and linear end at 0."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Decoupled decay of matrices; biases, norms and embeddings are left alone."""
    betas: tuple[float, float] = (0.9, 0.999)
    """AdamW's running averages."""
    grad_clip: float = Field(default=1.0, gt=0)
    """Largest global gradient norm."""
    packing: bool = False
    """causal_lm: several rows per sequence, kept apart by position ids and block-diagonal attention."""
    max_length: int = Field(default=512, ge=2)
    """Longest row in tokens; a longer one is a preflight error, never cut silently."""
    seed: int = 0
    """Decides initialisation, dropout and, with the epoch, the order of rows."""
    autocast: bool = False
    """Forward passes in bfloat16 autocast over float32 weights, where that is faster: on a GPU, and on a CPU with AMX; elsewhere in float32."""
    compile: bool = False
    """causal_lm: forward and loss through torch.compile, a minute once per shape of batch; needs `engine: plain`."""
    log_every: int = Field(default=10, ge=1)
    """Steps between lines of metrics.jsonl."""
    eval_every: int | None = Field(default=None, ge=1)
    """Steps between evaluations; default: once per epoch."""
    eval_rows: int | None = Field(default=None, ge=1)
    """Evaluate on at most so many validation rows, the same ones each time."""
    checkpoint_every: int | None = Field(default=None, ge=1)
    """Steps between checkpoints besides those of a new best evaluation; default: each evaluation."""
    num_to_keep: int = Field(default=2, ge=1)
    """Checkpoints kept: the best by `metric`; the latest is always kept for resuming."""
    metric: str | None = None
    """Evaluation metric that names the best step; default: the objective's own."""
    patience: int | None = Field(default=None, ge=1)
    """Stop after so many evaluations in a row without a new best."""


class DeepSpeedConfig(Config):
    """Sharding and precision."""

    stage: Literal[0, 1, 2, 3] = 2
    """ZeRO stage: 0 shards nothing, 1 the optimiser state over the workers, 2 also gradients, 3 also weights."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """Weights of the forward pass; 16 bits have float32 masters, float16 also a loss scale that finds itself."""
    offload: Literal["none", "optimizer", "all"] = "none"
    """What waits in host memory between its uses: the optimiser state, or the weights too. Its kernels compile for minutes, once."""


class WorkerConfig(Config):
    """The worker group."""

    count: int = Field(default=1, ge=0)
    """Workers; 0 runs the loop in this process, without a cluster."""
    gpu: bool = False
    """One GPU per worker."""
    cpus: float = Field(default=1, gt=0)
    """Logical CPUs per worker."""
    max_failures: int = Field(default=2, ge=0)
    """Restarts from the latest checkpoint after a worker or node is lost."""
    timeout_s: int = Field(default=600, ge=10)
    """How long a collective waits for a lost worker."""


class TrainConfig(Config):
    """One training run."""

    objective: Literal["causal_lm", "tool_classifier", "tool_head", "reranker"] = "causal_lm"
    """What is learned: file in `training/objectives/`."""
    objective_args: ObjectiveArgs = ObjectiveArgs()
    rows: str
    """Folder with `train/` and `validation/` Parquet files of encoded rows, as `jobs.prepare` writes them."""
    model: ModelConfig
    train: OptimConfig = OptimConfig()
    engine: Literal["deepspeed", "plain"] = "deepspeed"
    """How a step is computed: DeepSpeed's ZeRO, or torch alone with whole models, gradients summed over the workers."""
    deepspeed: DeepSpeedConfig = DeepSpeedConfig()
    workers: WorkerConfig = WorkerConfig()
    track: Literal["none", "mlflow", "wandb"] = "none"
    """Where the run's lines go besides metrics.jsonl and TensorBoard; addresses and keys come from these services' own variables."""
    artifact: dict[str, Any] = Field(default_factory=dict)
    """Entries for the model folder's toolschool.json (method, template ...), over those of `<rows>/toolschool.json`."""
    output: OutputConfig

    @model_validator(mode="before")
    @classmethod
    def _worker_count(cls, values: Any) -> Any:
        """`workers: 2` is short for `workers: {count: 2}`."""
        if isinstance(values, Mapping) and isinstance(values.get("workers"), int):
            return {**values, "workers": {"count": values["workers"]}}
        return values

    @model_validator(mode="after")
    def _fits_together(self) -> TrainConfig:
        flash = self.model.attention == "flash_attention_2"
        if self.train.packing and flash and self.train.batch_size > 1:
            raise ValueError("flash_attention_2 keeps packed rows apart only in batches of 1: set train.batch_size=1")
        for name in ("packing", "batch_tokens", "compile"):
            if getattr(self.train, name) and self.objective != "causal_lm":
                raise ValueError(f"train.{name} is for causal_lm, not {self.objective}")
        if self.train.packing and self.train.batch_tokens:
            raise ValueError("choose one of train.packing and train.batch_tokens")
        if self.train.compile and not self.train.batch_tokens:
            raise ValueError("train.compile wants batches of few shapes: set train.batch_tokens")
        if self.model.adapter == "qlora" and self.objective != "causal_lm":
            raise ValueError(f"model.adapter=qlora is for causal_lm, not {self.objective}")
        if self.engine == "deepspeed":
            self._deepspeed_can()
        return self

    def _deepspeed_can(self) -> None:
        """What ZeRO cannot do, with the reason."""
        stage, sharding = self.deepspeed.stage, self.deepspeed
        if self.train.optimizer == "muon" or self.train.compile:
            raise ValueError("ZeRO cuts up the matrices that muon and torch.compile need whole: set engine=plain")
        if self.train.optimizer != "adamw":
            raise ValueError(
                f"ZeRO flattens weights into one vector, of which {self.train.optimizer} cannot tell blocks: set engine=plain"
            )
        if self.train.autocast and sharding.precision != "float32":
            raise ValueError("choose one of train.autocast and deepspeed.precision")
        if self.model.adapter == "qlora" and stage == 3:
            raise ValueError(
                "ZeRO-3 cuts up weights, and 4-bit ones are packed with their scales and cannot be put together again: "
                "set deepspeed.stage=2, or model.adapter=lora"
            )
        if sharding.offload != "none" and stage == 0:
            raise ValueError(
                "deepspeed.offload moves what ZeRO shards, and stage 0 shards nothing: set deepspeed.stage=2"
            )
        if sharding.offload == "all" and stage != 3:
            raise ValueError(
                "weights can be offloaded where they are sharded: set deepspeed.stage=3, or offload=optimizer"
            )


@dataclass(frozen=True)
class TrainResult:
    """What a run left behind. `metrics` are those of the best step."""

    model_dir: str  # ordinary Hugging Face folder, local path or URI
    metrics: dict[str, float] = field(default_factory=dict)
    step: int = 0  # the best step
    steps: int = 0  # steps of the whole run
    run_dir: str = ""
    parameters: int = 0  # of the model as it was trained, an adapter's among them
    trained: int = 0  # those that learnt
