"""What every job shares: the cluster section of its configuration, the way from command line to exit code, the session.

A job is `main(argv) -> int`: parse, check what can be checked without Ray (all that `--dry-run` does), connect, work.
A mistake of the user's ends it with 2 and one line; anything else keeps its traceback. Light: no Ray, no torch here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines import files
from toolschool.config import Config, OutputConfig, parse
from toolschool.errors import ConfigError, StorageError, ToolschoolError

if TYPE_CHECKING:
    from cluster.connect import Profile, Session
    from pipelines.stage import Shape

ROOT = Path(__file__).resolve().parents[1]
JobConfig = TypeVar("JobConfig", bound=Config)


class ClusterConfig(Config):
    """Where the job runs."""

    profile: str = "laptop"
    """Name in `cluster/profiles/`, or a path to a YAML file like those."""
    address: str | None = None
    """`local`, `auto` or host:port; default: RAY_ADDRESS where it is set (inside a submitted job), else the profile's."""
    shared_storage: bool = False
    """Say that a local output.storage is mounted on every node of a cluster."""


def run_job(
    prog: str,
    about: str,
    model: type[JobConfig],
    argv: Sequence[str] | None,
    check: Callable[[JobConfig], None],
    work: Callable[[JobConfig], None],
) -> int:
    """Exit code of a job: 0, or 2 after a mistake in configuration or data. `check` must not start Ray."""
    command = parse(model, argv, f"python -m {prog}", about)
    try:
        check(command.config)
        if command.dry_run:
            print(f"{prog}: the configuration is valid; nothing was started")
            return 0
        work(command.config)
    except ToolschoolError as error:
        print(f"python -m {prog}: {error}", file=sys.stderr)
        return 2
    return 0


def profile_of(cluster: ClusterConfig) -> Profile:
    """The profile; ConfigError when there is none of that name or it is wrong."""
    from cluster.connect import ProfileError, load_profile

    try:
        return load_profile(cluster.profile)
    except ProfileError as error:
        raise ConfigError(str(error)) from error


def shape_of(cluster: ClusterConfig) -> Shape:
    """How a Ray Data stage spreads."""
    from pipelines.stage import Shape

    data = profile_of(cluster).data
    return Shape(data.actors, data.cpus_per_actor, data.gpus_per_actor)


def check_common(cluster: ClusterConfig, output: OutputConfig) -> None:
    """What can be said about cluster and storage before anything starts."""
    profile_of(cluster)
    if not output.name or "/" in output.name or output.name.startswith("."):
        raise ConfigError(f"output.name '{output.name}' must be a plain folder name")
    files.open_uri(output.storage)


@contextmanager
def connected(cluster: ClusterConfig, environment: Mapping[str, str] | None = None) -> Iterator[Session]:
    """Connected to Ray as profile and address say, with `environment` set for all workers. ConfigError when nobody answers."""
    from cluster.connect import ConnectError, connect

    profile = profile_of(cluster)
    try:
        with connect(profile, cluster.address, environment) as found:
            yield found
    except ConnectError as error:
        raise ConfigError(str(error)) from error


@contextmanager
def session(cluster: ClusterConfig, output: OutputConfig) -> Iterator[Session]:
    """Connected, with storage checked before Ray starts and against the nodes there are. StorageError, ConfigError."""
    check_storage(output, nodes=1, shared=True)
    with connected(cluster) as found:
        shared = cluster.shared_storage or profile_of(cluster).shared_storage
        check_storage(output, nodes=found.nodes, shared=shared)
        yield found


def check_storage(output: OutputConfig, *, nodes: int, shared: bool) -> None:
    """StorageError when the storage cannot be written, or not be seen by all nodes."""
    from cluster.storage import BadStorageError, check

    try:
        check(output.storage, nodes=nodes, shared=shared)
    except BadStorageError as error:
        raise StorageError(str(error)) from error


def run_folder(output: OutputConfig) -> str:
    """`<storage>/<name>`, absolute."""
    return files.join(files.absolute(output.storage), output.name)
