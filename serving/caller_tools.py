"""The tools of a caller: found from its model's folder or the configuration, checked against what it learnt, and kept open.

    args = located_caller(AppArgs(caller="runs/mine/train/model"))     # ModelError, ConfigError: before anything starts
    check_tools(args)                                                  # opens every source for a moment
    service = ToolService(models, await open_tools(args))

Limit: a source that loses its connection is not opened anew; the executor has to be restarted.
"""

from __future__ import annotations

from pathlib import Path

from serving.bench import ToolBench
from serving.settings import AppArgs, find_model
from toolschool.errors import ConfigError
from toolschool.methods.ste.learnt import read_learnt
from toolschool.tools.toolsets import describe_toolsets, open_toolsets
from toolschool.tools.toolsets.kept import KeptOpen
from toolschool.tools.toolsets.places import located


def found_caller(args: AppArgs) -> str:
    """The caller's folder, absolute, or its hub id; nothing is fetched.

    ModelError where there is none. ConfigError for a model of the hub without `tools`: sources of tools run programs, and which ones run
    here is not for whoever published the model to say.
    """
    name = find_model(args.caller or "", "caller")
    if args.tools is None and not Path(name).is_dir():
        raise ConfigError(
            f"{name} is a model of the hub, and which tools run here is yours to say: give their sources as tools"
        )
    return name


def located_caller(args: AppArgs) -> AppArgs:
    """The arguments with the caller's folder and its sources of tools, all paths absolute; a model of the hub is fetched. ModelError, ConfigError."""
    name = found_caller(args)
    learnt = read_learnt(name)
    sources = learnt.sources if args.tools is None else args.tools
    if not sources:
        raise ConfigError(f"the model in {name} does not say where its tools come from; give them as tools")
    return args.model_copy(update={"caller": name, "tools": tuple(map(located, sources))})


def check_tools(args: AppArgs) -> None:
    """Every source opens, and has the tools that the caller learnt. ConfigError or DataError; `args` are located."""
    read_learnt(args.caller or "").running(describe_toolsets(args.tools or ()).catalog)


async def open_tools(args: AppArgs) -> ToolBench:
    """The caller's tools, open until this program ends; `args` are located. ConfigError or DataError."""
    held = KeptOpen(lambda: open_toolsets(args.tools or ()))
    return ToolBench(read_learnt(args.caller or "").running((await held.get()).catalog), held)
