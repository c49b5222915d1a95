"""One way to a Ray cluster, for every job: a local one, one named by address, or the one a submitted job runs inside.

    with connect(load_profile("laptop")) as session:
        ...                                        # session.cpus, session.gpus, session.nodes

Who decides where: an address given by the caller, else `RAY_ADDRESS` (Ray sets it inside a submitted job), else the
profile's. A process that is connected already stays as it is, and is not disconnected at the end: the demo and the
tests run many jobs in one session. The dashboard stays on, because Ray Train cleans up its placement groups through it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROFILES = Path(__file__).parent / "profiles"


class ProfileError(ValueError):
    """A profile is missing or wrong; the message says which key."""


class ConnectError(ValueError):
    """No cluster answers at the address."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainShape(_Frozen):
    """How training spreads when the recipe does not say."""

    workers: int = Field(default=1, ge=0)
    cpus_per_worker: float = Field(default=1, ge=0)
    threads_per_worker: int = Field(default=1, ge=1)
    use_gpu: bool = False
    deepspeed_stage: int = Field(default=2, ge=0, le=3)
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class DataShape(_Frozen):
    """How a Ray Data stage spreads."""

    actors: int = Field(default=1, ge=1)
    cpus_per_actor: float = Field(default=1, gt=0)
    gpus_per_actor: float = Field(default=0, ge=0)


class Profile(_Frozen):
    """What a machine or cluster offers."""

    name: str
    address: str = "local"  # "local" starts a cluster here, "auto" joins the running one, else host:port
    cpus: int | None = Field(default=None, ge=1)  # logical CPUs of a local cluster; None: all there are
    trials: int | None = Field(default=None, ge=1)  # of a sweep at the same time, at most; None: what the nodes carry
    shared_storage: bool = False  # a local path is mounted on every node
    model_url: str | None = None  # an OpenAI-compatible server (vLLM) that scores and samples for annotation
    train: TrainShape = TrainShape()
    data: DataShape = DataShape()


@dataclass(frozen=True)
class Session:
    """What the connected cluster has in all."""

    cpus: float
    gpus: float
    nodes: int
    address: str


def profile_names() -> list[str]:
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def load_profile(name: str) -> Profile:
    """A profile of this folder by name, or a YAML file by path. Raises ProfileError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else PROFILES / f"{name}.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if not isinstance(content, dict):
            raise ProfileError(f"profile {path} must hold a mapping at its top")
        return Profile.model_validate({"name": path.stem, **content})
    except OSError as error:
        raise ProfileError(f"no profile '{name}'; known: {', '.join(profile_names())}, or a path to a file") from error
    except yaml.YAMLError as error:
        raise ProfileError(f"profile {path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ProfileError(f"profile '{name}': {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def where(profile: Profile, address: str | None = None) -> str:
    """The address that `connect` would use."""
    return address or os.environ.get("RAY_ADDRESS") or profile.address


@contextmanager
def connect(
    profile: Profile, address: str | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Session]:
    """Be connected inside the block; `environment` is set for all workers. Raises ConnectError when nobody answers."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")
    import ray

    if ray.is_initialized():
        yield _session(where(profile, address))
        return
    target = where(profile, address)
    _start(profile, target, environment)
    try:
        yield _session(target)
    finally:
        ray.shutdown()


def _start(profile: Profile, target: str, environment: Mapping[str, str] | None = None) -> None:
    """Start or join Ray. A local start is tried twice: on a machine at its limit Ray's own 30-second waits run out."""
    for attempt in (1, 2) if target == "local" else (2,):
        try:
            _init(profile, target, environment)
            return
        except Exception as error:  # Ray raises bare Exception when its processes are late
            if attempt == 2:
                raise ConnectError(
                    f"cannot reach Ray at '{target}': {' '.join(str(error).split())[:200]}; "
                    "start a cluster, or use cluster.address=local; on a busy machine, try again"
                ) from error


def _init(profile: Profile, target: str, more: Mapping[str, str] | None) -> None:
    import ray

    environment = {**worker_environment(profile), **(more or {})}
    if target == "local":
        # Workers of a local cluster inherit this process's environment: cheaper than a runtime environment.
        for key, value in environment.items():
            os.environ.setdefault(key, value)
        ray.init(address="local", num_cpus=profile.cpus, log_to_driver=False)
    else:
        ray.init(address=target, log_to_driver=False, runtime_env={"env_vars": environment})


def worker_environment(profile: Profile) -> dict[str, str]:
    """Environment of every worker: its threads, quiet tokenizers, DeepSpeed's device."""
    environment = {"OMP_NUM_THREADS": str(profile.train.threads_per_worker), "TOKENIZERS_PARALLELISM": "false"}
    return environment if profile.train.use_gpu else {**environment, "DS_ACCELERATOR": "cpu"}


def _session(address: str) -> Session:
    import ray

    total = ray.cluster_resources()
    nodes = sum(1 for node in ray.nodes() if node["Alive"])
    return Session(total.get("CPU", 0.0), total.get("GPU", 0.0), nodes, address)
