"""Typed settings of the served agent: `AppArgs` for the Serve application, `GatewaySettings` for the gateway alone.

Light: imports neither Ray nor torch, so that `--help`, tests and YAML checks stay fast.
See recipes/tinyagent/serve.yaml and recipes/ste/serve.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from toolschool.config import Config
from toolschool.errors import ConfigError, ModelError
from toolschool.methods.toolformer.tools import ToolUse
from toolschool.methods.toolken.prompts import Prompts
from toolschool.models.engines import EngineName
from toolschool.models.hub import CARD, find_folder, parse, reads_like_folder
from toolschool.tools.toolsets.config import ToolSource

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)  # of a model: it is part of an address
LOCAL_HOSTS = ("127.0.0.1:*", "localhost:*", "[::1]:*")


class Limits(Config):
    """What one request, and all of them together, may use."""

    max_body_bytes: int = Field(default=1_000_000, ge=1)
    """A larger request body is refused (413) as soon as it is seen to be larger."""
    max_query_chars: int = Field(default=2000, ge=1)
    """A longer query is refused (400)."""
    max_earlier_chars: int = Field(default=4000, ge=0)
    """Of the turns before the query so many characters are read: whole turns, the newest first."""
    max_in_flight: int = Field(default=8, ge=1)
    """Queries planned or run at the same time; one more gets 429 with Retry-After."""
    deadline_s: float = Field(default=120.0, gt=0)
    """A query that takes longer is cancelled (504)."""
    body_timeout_s: float = Field(default=30.0, gt=0)
    """A request body must have arrived within this time (408)."""
    heartbeat_s: float = Field(default=15.0, gt=0)
    """A stream with nothing to say sends an SSE comment this often."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    """Requests of one key; more get 429. Each gateway replica counts for itself; without keys, all clients together."""
    kept_answers: int = Field(default=256, ge=1)
    """Traces, and answers to requests with an Idempotency-Key, that a replica of the gateway keeps of each."""
    kept_s: float = Field(default=600.0, gt=0)
    """An answer to a request with an Idempotency-Key is kept this long."""


class ToolAdmin(Config):
    """Who may add and remove tools while the server runs (`POST` and `DELETE /v1/tools`), and with which secrets."""

    keys: tuple[str, ...] = ()
    """Names of the API keys that may; none: every valid key, and everybody where there are no keys."""
    variables: tuple[str, ...] = ()
    """Environment variables that an added source may name as ${NAME}: their values go to where the source says."""


class GatewaySettings(Config):
    """What the gateway needs to know."""

    model_name: str = "tinyagent"
    """Name that clients send as `model`."""
    client_tools: bool = True
    """Whether this model can plan with tools of the client's; a caller knows only its own."""
    models: tuple[str, ...] = ()
    """Names of the models beside it, which know their tools by heart."""
    adapters: tuple[str, ...] = ()
    """Names of the agent's adapters."""
    limits: Limits = Limits()
    keys: Mapping[str, str] = {}
    """SHA-256 digest -> name of the API keys that stay as they are (`serving.auth.read_keys`)."""
    echo_request_id: bool = True
    """Answer with X-Request-ID; off under Ray Serve, whose proxy does it."""
    key_file: str | None = None
    """File of more API keys (`serving.keys`), read again when it changes. Without any keys only this machine is answered."""
    tool_admin: ToolAdmin | None = None
    """None: nobody changes the tools of a server that runs."""
    hosts: tuple[str, ...] = LOCAL_HOSTS
    """Host headers that /mcp answers, with `:*` for any port (a guard against DNS rebinding)."""


class Autoscale(Config):
    """Between how many replicas a deployment has, by the requests that wait and work in it."""

    min: int = Field(default=1, ge=1)
    """Never fewer: a model that has to be loaded first would keep its first request waiting."""
    max: int = Field(ge=1)
    """Never more. What they need, the cluster (or its autoscaler) must have."""

    @model_validator(mode="after")
    def _in_order(self) -> Autoscale:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class Resources(Config):
    """Replicas and CPUs of a deployment."""

    replicas: int = Field(default=1, ge=1)
    """Copies of it."""
    num_cpus: float = Field(default=0.5, ge=0)
    """CPUs that Ray reserves for a copy (logical: scheduling only)."""
    num_gpus: float = Field(default=0.0, ge=0)
    """GPUs that Ray reserves for a copy."""
    autoscale: Autoscale | None = None
    """As many copies as the requests need, in place of a fixed number."""

    @model_validator(mode="after")
    def _one_number(self) -> Resources:
        if self.autoscale is not None and self.replicas != 1:
            raise ValueError("replicas is a fixed number; leave it out beside autoscale")
        return self


class ModelArgs(Config):
    """A model that answers by its own method, which its folder says: Toolformer, Toolken or ToolGen."""

    model: str
    """Folder or hub id; of Toolken that of the head."""
    tools: tuple[ToolUse, ...] | None = None
    """Toolformer: the tools that it may call; default: those it was taught, as its folder says."""
    prompts: Prompts | None = None
    """Toolformer, Toolken: what stands round a query; default: nothing, and what the head was trained with. Toolformer knows context and question."""
    reranker: str | None = None
    """Toolken: model/ folder of a training with objective reranker (Toolken+)."""
    resources: Resources = Resources(num_cpus=1.0)
    """Of this model."""


class AppArgs(Config):
    """Arguments of `serving.app:build`."""

    toolrag: str = "assets/tinyagent/toolrag"
    """Folder (a relative one is looked up here, then in the repository) or hub id of the tool retriever."""
    planner: str = "assets/tinyagent/planner"
    """Folder or hub id of the planner."""
    planner_engine: EngineName = "transformers"
    """What computes it, caller and guests: transformers, or llama.cpp (extra `llama-cpp`), several times as fast on CPUs, for plain Llamas."""
    planner_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Address (with its /v1) of a vLLM server that writes the plans; the planner's folder gives template and tokenizer. Default: this process writes them."""
    planner_model: str | None = None
    """Name of the planner at `planner_url`; default: the only model there."""
    guests: str | None = "assets/ste/caller"
    """Folder or hub id of a caller that writes the calls of tools which a compact planner was not trained with; null: they are passed over."""
    examples: str | None = None
    """Folder of in-context examples for a planner whose template wants them (`<prepare run>/bank`)."""
    caller: str | None = None
    """Folder or hub id of a model that was trained on explored tools (STE): it is served with them, in place of retriever, planner and desk."""
    tools: tuple[ToolSource, ...] | None = None
    """Sources of tools beside the desk; with a caller its own, by default what its folder says. Secrets come from the environment."""
    desk: str | None = ":memory:"
    """SQLite file of the desk; :memory: forgets everything when the executor ends. null: no desk, only `tools`."""
    now: datetime | None = None
    """Fixed clock, for demonstrations and tests; default: the wall clock at each query."""
    allow_side_effects: bool = True
    """False: tools that change something are planned, but refused when they are to run."""
    tool_admin: ToolAdmin | None = None
    """Lets tools be added and removed while the server runs; default: not."""
    hosts: tuple[str, ...] = LOCAL_HOSTS
    """Host headers that /mcp answers; add the name by which others reach the server."""
    model_name: str = "tinyagent"
    """Name that clients send as `model`."""
    models: Mapping[str, ModelArgs] = {}
    """Name -> a model of another method, served beside the agent under this name."""
    adapters: Mapping[str, str] = {}
    """Name -> folder or hub id of a LoRA adapter over the planner's base model: the agent answers under this name, too, with plans of the adapter."""
    limits: Limits = Limits()
    retriever: Resources = Resources()
    planner_resources: Resources = Resources(num_cpus=1.0)
    """Of the planner, or the caller."""
    record: str | None = None
    """Folder for records of finished runs, redacted, that `jobs.harvest` makes rows of; default: none are kept. A relative one lies where this is built."""
    record_keep: tuple[Literal["EMAIL", "PHONE", "CARD", "NUMBER"], ...] = ()
    """What records keep as it is, of what is personal; keys and secrets never stay."""
    key_file: str | None = None
    """File of API keys (`python -m serving.keys`), under this path on every node with a gateway; read again when it changes."""
    gateway: Resources = Resources(num_cpus=0.1)
    """Of the gateway; places, rates and log lines are each replica's own."""

    @model_validator(mode="after")
    def _there_are_tools(self) -> AppArgs:
        if self.caller is not None and self.tool_admin is not None:
            raise ValueError("tool_admin does not go with caller: it knows its tools by heart")
        if self.caller is None and self.desk is None and not self.tools and self.tool_admin is None:
            raise ValueError("there are no tools: give tools, or a desk")
        return self

    @model_validator(mode="after")
    def _server_has_a_planner(self) -> AppArgs:
        if self.planner_url is not None and self.caller is not None:
            raise ValueError("planner_url goes with planner; a caller writes its calls in its own process")
        if self.planner_model is not None and self.planner_url is None:
            raise ValueError("planner_model names a model at planner_url; give that, too")
        if self.adapters and (self.planner_url is not None or self.caller is not None):
            raise ValueError("adapters lie over a planner in this process; leave out planner_url and caller")
        if self.planner_engine == "llama.cpp" and (self.adapters or self.planner_url is not None):
            raise ValueError(
                "planner_engine=llama.cpp computes one whole model in this process; leave out adapters and planner_url"
            )
        return self

    @model_validator(mode="after")
    def _names_are_apart(self) -> AppArgs:
        for field, names in (("models", self.models), ("adapters", self.adapters)):
            if bad := [name for name in names if not _NAME.fullmatch(name)]:
                raise ValueError(f"{field}: '{bad[0]}' is no name; use up to 64 letters, digits, dots and dashes")
            if self.model_name in names:
                raise ValueError(
                    f"{field}: {self.model_name} is the agent's name; choose another one, or another model_name"
                )
        if twice := sorted(set(self.models) & set(self.adapters)):
            raise ValueError(f"adapters: {twice[0]} is a name of models, too; choose another one")
        return self


def found_examples(args: AppArgs) -> str | None:
    """The folder of in-context examples, absolute. ConfigError where it holds none."""
    if args.examples is None:
        return None
    folder = Path(args.examples).expanduser().absolute()
    if not (folder / "examples.parquet").is_file():
        raise ConfigError(f"examples: {args.examples} holds no examples; name the bank/ folder of a jobs.prepare run")
    return str(folder)


def find_model(name: str, key: str) -> str:
    """What a setting `key` names: a model folder, absolute, or a model of the hub, as it is; nothing is fetched.

    ModelError where there is no such folder.
    """
    folder = find_folder(name)
    if (folder / CARD).is_file():
        return str(folder)
    if folder.exists() or reads_like_folder(name) or parse(name) is None:
        raise ModelError(f"{key}: there is no model in {name}; train one, or name a folder or a model of the hub")
    return name
