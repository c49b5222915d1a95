"""An agent as jobs serve it: checked before Ray starts, and up for as long as it is asked.

    check_agent(args, "agent")
    with served(args, cluster, output) as url: ...            # http://127.0.0.1:PORT/NAME

Light: serving's deployments are imported where they start. Limit: an agent that is up for as long as it is asked is asked from this
machine; where Ray Serve is up already it joins that, under a name and a route of its own, and leaves the rest as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.common import ClusterConfig, run_folder, session
from pipelines import files, manifest
from serving import keys
from serving.adapters import located_adapters
from serving.settings import AppArgs, find_model, found_examples
from serving.solvers.opening import located_models
from toolschool.config import OutputConfig
from toolschool.tools.toolsets import describe_toolsets


def check_agent(args: AppArgs, section: str) -> None:
    """ConfigError, ModelError or DataError for what cannot be served; `section` is where the configuration has it. Nothing is fetched."""
    if args.key_file is not None:
        keys.checked(args.key_file)
    located_models(args.models)
    if args.caller is not None:
        from serving.caller_tools import check_tools, found_caller, located_caller

        if Path(found_caller(args)).is_dir():
            check_tools(located_caller(args))
        return
    for name in ("toolrag", "planner"):
        find_model(getattr(args, name), f"{section}.{name}")
    if args.guests is not None:
        find_model(args.guests, f"{section}.guests")
    found_examples(args)
    located_adapters(args.planner, args.adapters)
    describe_toolsets(args.tools or ())  # every source opens


def names_of(args: AppArgs) -> tuple[str, ...]:
    """The models that it answers as."""
    return (args.model_name, *args.models, *args.adapters)


def takes_tools(args: AppArgs, name: str) -> bool:
    """Whether it plans with tools of the client's under this name."""
    return args.caller is None and name not in args.models


def weights(args: AppArgs) -> dict[str, str]:
    """Its model folders and what was in them, of models of the hub their ids. The frozen model of a tool head is none of them."""
    own = (args.caller,) if args.caller else (args.toolrag, args.planner, args.guests, *args.adapters.values())
    beside = ((each.model, each.reranker) for each in args.models.values())
    named = dict.fromkeys(name for name in (*own, *(name for pair in beside for name in pair)) if name)
    places = (find_model(name, name) for name in named)
    return {place: files.model_mark(place) for place in places}


@contextmanager
def served(args: AppArgs, cluster: ClusterConfig, output: OutputConfig) -> Iterator[str]:
    """Connected to Ray, with the agent up at the address that is given; it is taken away in any case. ConfigError, ModelError, StorageError."""
    from serving.app import RunningApp, build, start

    name = f"asked-{manifest.fingerprint(run_folder(output))}"
    with session(cluster, output):
        application = build(args)
        try:
            yield start(application, "127.0.0.1", 0, name, f"/{name}").url
        finally:
            RunningApp("", name).shutdown()  # also what has not come up
