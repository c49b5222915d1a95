"""Typed settings of the served agent: `AppArgs` for the Serve application, `GatewaySettings` for the gateway alone.

Light: imports neither Ray nor torch, so that `--help`, tests and YAML checks stay fast.
See recipes/tinyagent/serve.yaml and recipes/ste/serve.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import Field, model_validator

from toolschool.config import Config
from toolschool.errors import ModelError
from toolschool.models.hub import CARD, parse, reads_like_folder
from toolschool.tools.toolsets.config import ToolSource

ROOT = Path(__file__).resolve().parents[1]


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
    kept_answers: int = Field(default=256, ge=1)
    """Traces, and answers to requests with an Idempotency-Key, that a replica of the gateway keeps of each."""
    kept_s: float = Field(default=600.0, gt=0)
    """An answer to a request with an Idempotency-Key is kept this long."""


class GatewaySettings(Config):
    """What the gateway needs to know."""

    model_name: str = "tinyagent"
    """Name that clients send as `model`."""
    client_tools: bool = True
    """Whether the model can plan with tools of the client's; a caller knows only its own."""
    limits: Limits = Limits()
    keys: Mapping[str, str] = {}
    """SHA-256 digest -> name of the API keys (`serving.auth.read_keys`); no keys, no check."""
    echo_request_id: bool = True
    """Answer with X-Request-ID; off under Ray Serve, whose proxy does it."""


class Resources(Config):
    """Replicas and CPUs of a model deployment."""

    replicas: int = Field(default=1, ge=1)
    """Copies of the model."""
    num_cpus: float = Field(default=0.5, ge=0)
    """CPUs that Ray reserves for a copy (logical: scheduling only)."""
    num_gpus: float = Field(default=0.0, ge=0)
    """GPUs that Ray reserves for a copy."""


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


def find_folder(path: str) -> Path:
    """A model folder, absolute; a relative one is looked up in the working directory, then in the repository."""
    here = Path(path).expanduser().absolute()
    return here if here.exists() or Path(path).is_absolute() else ROOT / path
