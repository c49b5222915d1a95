"""Jobs one after the other: named steps, each a verb with its recipe; a chain that was stopped goes on at its step.

    python -m jobs.chain --config recipes/toolgen/chain.yaml
    python -m jobs.chain --config recipes/toolgen/chain.yaml steps.memorize.set.train.epochs=2 output.name=mine

Every step writes below `<storage>/<name>/<step>/` what its job writes; `{rows}` in a step's settings is the folder of the earlier step `rows`,
and `{base}` what `given.base` says: a text, or anything where it stands alone; a list in a list is joined to it.
A mistake in any step's configuration is told before the first one starts, unless it is about what an earlier one is yet to write. A step
that has ended with the same configuration, and after the steps it refers to, is not done again; one that was killed resumes as its job does; a
training whose configuration or whose earlier steps have changed begins anew. All steps share one Ray session. Limit: files outside the
chain are not watched.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, get_type_hints

from pydantic import Field

from jobs.common import ROOT, ClusterConfig, check_common, profile_of, run_folder, run_job, session
from pipelines import files, manifest
from toolschool.config import Config, OutputConfig, build, merge, override, read_yaml
from toolschool.errors import ConfigError, ToolschoolError

PROG = "jobs.chain"
STEPS = (
    "explore",
    "prepare",
    "annotate",
    "mine",
    "train",
    "tune",
    "predict",
    "evaluate",
    "calls",
    "forgetting",
    "decide",
    "quiz",
    "rank",
    "solve",
    "ask",
)
# A checkpoint does not know which model and rows it came from, so these begin in an empty folder.
FRESH = ("train", "tune")
MARKS = "steps.json"
_REFERENCE = re.compile(r"\{([\w-]+)\}")


class ChainStep(Config):
    """One job."""

    verb: str
    """explore, prepare, annotate, mine, train, tune, predict, evaluate, calls (jobs.evaluate of written calls), forgetting, decide, quiz, rank, solve
    or ask."""
    recipes: tuple[str, ...] = ()
    """Its configuration files, merged left to right; paths in the repository, or absolute ones."""
    set: dict[str, Any] = Field(default_factory=dict)
    """Dotted keys and their values, over the recipes; `{step}` in a text is the folder of an earlier step."""


class Chain(Config):
    """The steps in their order."""

    steps: dict[str, ChainStep] = Field(min_length=1)
    """By name; the name is that of the step's folder."""
    given: dict[str, Any] = Field(default_factory=dict)
    """What several steps need to be told, by the name by which they refer to it."""


class ChainConfig(Chain):
    """A chain and where it runs."""

    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


class Verb(NamedTuple):
    """A job as a chain needs it."""

    config: type[Config]
    check: Callable[[Any], None]
    work: Callable[[Any], None]


class Todo(NamedTuple):
    """A step, ready to be done; `uses` are the earlier steps it refers to."""

    name: str
    step: ChainStep
    verb: Verb
    config: Any
    uses: tuple[str, ...]


def verb_named(name: str) -> Verb:
    """The job; its `check` says which configuration it takes."""
    job = importlib.import_module(f"jobs.{name}")
    return Verb(get_type_hints(job.check)["config"], job.check, job.work)


def plan(config: ChainConfig) -> list[Todo]:
    """All steps with their resolved configurations. ConfigError names the step in which something is wrong."""
    run = run_folder(config.output)
    todo: list[Todo] = []
    for name, step in config.steps.items():
        folders = {earlier.name: files.join(run, earlier.name) for earlier in todo}
        try:
            if name in config.given:
                raise ConfigError("a step is named as something that is given; rename one of them")
            todo.append(_todo(name, step, folders, config))
        except ConfigError as error:
            raise ConfigError(f"step {name}: {error}") from None
    return todo


def _todo(name: str, step: ChainStep, folders: Mapping[str, str], config: ChainConfig) -> Todo:
    if step.verb not in STEPS:
        raise ConfigError(f"'{step.verb}' is no verb of a chain; use {', '.join(STEPS)}")
    verb = verb_named(step.verb)
    given: dict[str, Any] = {}
    for recipe in step.recipes:
        given = merge(given, read_yaml(ROOT / recipe))
    given = override(given, filled(step.set, {**config.given, **folders}))
    given["output"] = {"storage": run_folder(config.output), "name": name}
    if "cluster" in verb.config.model_fields:
        given["cluster"] = config.cluster.model_dump(mode="json")
    uses = tuple(earlier for earlier in folders if earlier in _REFERENCE.findall(json.dumps(step.set, default=str)))
    return Todo(name, step, verb, build(verb.config, given), uses)


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """Settings with the folders of earlier steps, and what is given, in place of their names. ConfigError for a name that is none."""
    if isinstance(value, Mapping):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [one for each in value for one in _spliced(each, known)]
    if not isinstance(value, str):
        return value
    if unknown := [name for name in _REFERENCE.findall(value) if name not in known]:
        raise ConfigError(
            f"{{{unknown[0]}}} in '{value}' is no earlier step, nor given; known: {', '.join(known) or 'none'}"
        )
    if alone := _REFERENCE.fullmatch(value):
        return known[alone[1]]
    if strange := [name for name in _REFERENCE.findall(value) if not isinstance(known[name], str)]:
        raise ConfigError(f"{{{strange[0]}}} in '{value}' is no text; let it stand alone")
    return _REFERENCE.sub(lambda found: known[found[1]], value)


def _spliced(value: Any, known: Mapping[str, Any]) -> list[Any]:
    """An item of a list, or all of the list that it refers to."""
    found = filled(value, known)
    return found if isinstance(value, str) and isinstance(found, list) else [found]


def check(config: ChainConfig) -> None:
    check_common(config.cluster, config.output)
    run = run_folder(config.output)
    for todo in plan(config):
        try:
            check_common(config.cluster, todo.config.output)
            todo.verb.check(todo.config)
        except ToolschoolError as error:
            if not is_to_come(str(error), todo, run):
                raise type(error)(f"step {todo.name}: {error}") from error


def is_to_come(complaint: str, todo: Todo, run: str) -> bool:
    """Whether a step complains of what an earlier one, which has not ended yet, may write."""
    folders = (files.join(run, name) for name in todo.uses)
    return any(f"{folder}/" in complaint and manifest.read(folder) is None for folder in folders)


def mark(todo: Todo, run: str, cluster: ClusterConfig) -> str:
    """What a step's result depends on: its configuration, the profile, and when the steps it refers to ended."""
    ended = {name: (manifest.read(files.join(run, name)) or {}).get("finished") for name in todo.uses}
    profile = profile_of(cluster).model_dump(mode="json")
    return manifest.fingerprint([todo.step.verb, todo.config.model_dump(mode="json"), profile, ended])


def work(config: ChainConfig) -> None:
    started = time.monotonic()
    found = run_steps(config)
    write_manifest(config, found, time.monotonic() - started)
    print(f"chain: {run_folder(config.output)}")


def run_steps(config: ChainConfig) -> dict[str, dict[str, Any]]:
    """Do what is not done yet; the manifest of every step, by name."""
    run, todo = run_folder(config.output), plan(config)
    with ExitStack() as stack:
        for number, each in enumerate(todo, start=1):
            said = f"[{number}/{len(todo)}] {each.name}: {each.step.verb}"
            if is_finished(each, run, config.cluster):
                print(f"{said}, finished before", flush=True)
                continue
            print(f"{said} {each.config.output.name}", flush=True)
            if "cluster" in each.verb.config.model_fields:
                stack.enter_context(session(config.cluster, config.output))  # the first one connects
            do(each, run, config.cluster)
    return dict(_manifests(run, todo))


def is_finished(todo: Todo, run: str, cluster: ClusterConfig) -> bool:
    """Whether the step has ended with this configuration, after the steps it refers to, and was not stopped."""
    made = manifest.read(files.join(run, todo.name))
    return made is not None and not made.get("stopped") and _marks(run).get(todo.name) == mark(todo, run, cluster)


def do(todo: Todo, run: str, cluster: ClusterConfig) -> None:
    """Run the job; errors name the step."""
    own = mark(todo, run, cluster)
    if _marks(run).get(todo.name) != own:
        forget(todo, run)
        files.write_text(files.join(run, MARKS), json.dumps({**_marks(run), todo.name: own}, indent=2) + "\n")
    try:
        todo.verb.check(todo.config)
        todo.verb.work(todo.config)
    except ToolschoolError as error:
        raise type(error)(
            f"step {todo.name}: {error}; put it right and run the chain again, it goes on here"
        ) from error


def forget(todo: Todo, run: str) -> None:
    """Take away what would pass for the work of this configuration: a manifest, and of a training everything.

    ConfigError for a folder that no chain has begun.
    """
    folder = files.join(run, todo.name)
    if not files.exists(folder):
        return
    if todo.name not in _marks(run):
        raise ConfigError(f"{folder} is there and was not made by a chain: choose another output.name, or move it away")
    print(f"{todo.name} was begun with other settings, or after other steps: it begins anew", flush=True)
    if todo.step.verb in FRESH:
        files.remove_folder(folder)
    else:
        files.remove_file(files.join(folder, manifest.FILE))


def _marks(run: str) -> dict[str, str]:
    """Marks of the steps that were begun."""
    uri = files.join(run, MARKS)
    return dict(json.loads(files.read_text(uri))) if files.exists(uri) else {}


def write_manifest(config: ChainConfig, found: Mapping[str, Mapping[str, Any]], wall_s: float) -> None:
    """The chain's own manifest: each step's folder, model and wall time, and all metrics as `<step>.<metric>`."""
    run, todo = run_folder(config.output), plan(config)
    manifest.write(
        run,
        "chain",
        config=config.model_dump(mode="json"),
        counts={"steps": len(todo)},
        metrics={f"{name}.{key}": value for name, made in found.items() for key, value in made["metrics"].items()},
        wall_s=wall_s,
        steps={
            name: {"folder": files.join(run, name), "uses": list(each.uses)}
            | {key: found[name].get(key) for key in ("finished", "wall_s", "model_dir", "parent")}
            for name, each in ((each.name, each) for each in todo)
        },
    )


def _manifests(run: str, todo: Sequence[Todo]) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in todo:
        made = manifest.read(files.join(run, each.name))
        if made is None:
            raise ConfigError(f"step {each.name} has written no manifest; {each.step.verb} cannot be a step")
        yield each.name, made


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", ChainConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
