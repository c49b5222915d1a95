"""Typed settings of the served agent: `AppArgs` for the Serve application, `GatewaySettings` for the gateway alone.

Light: imports neither Ray nor torch, so that `--help`, tests and YAML checks stay fast.
See recipes/tinyagent/serve.yaml and recipes/ste/serve.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field, model_validator

from toolschool.config import Config
from toolschool.errors import ModelError
from toolschool.models.hub import CARD, find_folder, parse, reads_like_folder
from toolschool.tools.toolsets.config import ToolSource


class Limits(Config):
    """What one request, and all of them together, may use."""

    max_body_bytes: int = Field(default=1_000_000, ge=1)
    """A larger request body is refused (413) as soon as it is seen to be larger."""
    max_query_chars: int = Field(default=2000, ge=1)
    """A longer query is refused (400)."""
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


class GatewaySettings(Config):
    """What the gateway needs to know."""

    model_name: str = "tinyagent"
    """Name that clients send as `model`."""
    limits: Limits = Limits()
    keys: Mapping[str, str] = {}
    """SHA-256 digest -> name of the API keys that stay as they are (`serving.auth.read_keys`)."""
    echo_request_id: bool = True
    """Answer with X-Request-ID; off under Ray Serve, whose proxy does it."""
    key_file: str | None = None
    """File of more API keys (`serving.keys`), read again when it changes. Without any keys only this machine is answered."""


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


class AppArgs(Config):
    """Arguments of `serving.app:build`."""

    toolrag: str = "assets/tinyagent/toolrag"
    """Folder (a relative one is looked up here, then in the repository) or hub id of the tool retriever."""
    planner: str = "assets/tinyagent/planner"
    """Folder or hub id of the planner."""
    caller: str | None = None
    """Folder or hub id of a model that was trained on explored tools (STE): it is served with them, in place of retriever, planner and desk."""
    tools: tuple[ToolSource, ...] | None = None
    """Where the caller's tools come from; default: what its folder says. Secrets come from the environment."""
    desk: str = ":memory:"
    """SQLite file of the desk; :memory: forgets everything when the executor ends."""
    now: datetime | None = None
    """Fixed clock, for demonstrations and tests; default: the wall clock at each query."""
    allow_side_effects: bool = True
    """False: tools that change something are planned, but refused when they are to run."""
    model_name: str = "tinyagent"
    """Name that clients send as `model`."""
    limits: Limits = Limits()
    retriever: Resources = Resources()
    planner_resources: Resources = Resources(num_cpus=1.0)
    """Of the planner, or the caller."""
    key_file: str | None = None
    """File of API keys (`python -m serving.keys`), under this path on every node with a gateway; read again when it changes."""
    gateway: Resources = Resources(num_cpus=0.1)
    """Of the gateway; places, rates and log lines are each replica's own."""

    @model_validator(mode="after")
    def _tools_have_a_caller(self) -> AppArgs:
        if self.tools is not None and self.caller is None:
            raise ValueError("tools go with caller, the folder of a model that knows them")
        return self


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
