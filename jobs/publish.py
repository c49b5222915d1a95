"""Publish a finished model: to the Hugging Face hub, private unless you say otherwise, or to a folder or any pyarrow.fs URI.

    HF_TOKEN=... python -m jobs.publish model=runs/tinyagent-planner hub=OWNER/NAME licence=apache-2.0
    python -m jobs.publish --config recipes/tinyagent/publish.yaml folder=/mnt/models/planner      # no hub, no token

`model` is the model/ folder of a training, or its run, which must have finished. Published are weights as safetensors, settings,
tokenizer, toolschool.json and what lies beside the model; a card is written where the folder has no README.md. `--dry-run` says what would
be published. How a model of the hub is named where it is used: docs/hub.md.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import model_validator

from jobs.common import run_job
from pipelines import files, manifest
from toolschool.config import Config
from toolschool.errors import ConfigError, ModelError
from toolschool.models.hub import CARD, parse
from toolschool.models.publishing import README, address, check_token, choose, upload

PROG = "jobs.publish"
USES = {
    "tinyagent": "python -m jobs.serve --config recipes/tinyagent/serve.yaml app.planner={}",
    "tool_classifier": "python -m jobs.serve --config recipes/tinyagent/serve.yaml app.toolrag={}",
    "ste": "python -m jobs.serve --config recipes/ste/serve.yaml app.caller={} 'app.tools=[SOURCES]'",
    "toolgen": "python -m jobs.rank --config recipes/toolgen/rank.yaml model={}",
    "tool_head": "python -m jobs.quiz --config recipes/toolken/quiz.yaml head.head={}",
}


class PublishConfig(Config):
    """What is published, where, and under which licence."""

    model: str
    """Folder or URI of a model, or of the finished run that made it."""
    hub: str | None = None
    """Repository of the hub, OWNER/NAME; or give `folder`."""
    folder: str | None = None
    """Folder or any pyarrow.fs URI, which must not hold a model yet."""
    licence: str | None = None
    """Licence of the model, as the hub writes it (apache-2.0, other ...); needed where the folder has no README.md that says it."""
    private: bool = True
    """Whether only its owners can read a repository of the hub."""

    @model_validator(mode="after")
    def _one_target(self) -> PublishConfig:
        if (self.hub is None) == (self.folder is None):
            raise ValueError("give exactly one of hub (OWNER/NAME) and folder")
        if self.hub is not None and ((found := parse(self.hub)) is None or found.revision):
            raise ValueError(f"hub must read OWNER/NAME, not {self.hub}")
        return self


@dataclass(frozen=True)
class Found:
    """A model that can be published."""

    place: str  # folder or URI
    about: Mapping[str, Any]  # its toolschool.json
    made: Mapping[str, Any] | None  # its run's manifest, where there is one
    kept: Mapping[str, int]  # files and their bytes
    left_out: Sequence[str]


def find(model: str) -> Found:
    """The model of a folder or run. ConfigError, ModelError: why it cannot be published."""
    place = files.absolute(model).rstrip("/")
    if not files.exists(files.join(place, CARD)):
        place = model_of_run(place)
    sizes = listing(place)
    try:
        kept, left_out = choose(list(sizes))
    except ModelError as error:
        raise ModelError(f"{place} cannot be published: {error}") from None
    run, _, last = place.rpartition("/")
    about = json.loads(files.read_text(files.join(place, CARD)))
    return Found(place, about, manifest.read(run) if last == "model" else None, {n: sizes[n] for n in kept}, left_out)


def model_of_run(run: str) -> str:
    """`<run>/model`. ConfigError where it is no run, or has not finished."""
    model = files.join(run, "model")
    if manifest.read(run) is None:
        if files.exists(model) or files.exists(files.join(run, "metrics.jsonl")):
            raise ConfigError(
                f"the run {run} has not finished (no {manifest.FILE}); run its job again, it goes on where it stopped"
            )
        raise ConfigError(f"there is no model in {run} (no {CARD}); name the folder of one, or a finished training")
    if not files.exists(files.join(model, CARD)):
        raise ConfigError(f"the run {run} made no model; name one of jobs.train")
    return model


def listing(place: str) -> dict[str, int]:
    """Bytes of each file below a folder, by its path from there."""
    from pyarrow import fs

    opened = files.open_uri(place)
    infos = opened.files.get_file_info(fs.FileSelector(opened.path, recursive=True))
    start = len(opened.path.rstrip("/")) + 1
    return {info.path[start:]: info.size for info in infos if info.type == fs.FileType.File}


def card(config: PublishConfig, found: Found) -> str | None:
    """A README.md for a model without one. ConfigError: nobody has said under which licence."""
    from toolschool.models.model_card import model_card

    if README in found.kept:
        if config.licence:
            raise ConfigError(
                f"{found.place} has a {README}, which says the licence; leave out licence, or change that file"
            )
        return None
    if not config.licence:
        raise ConfigError(
            f"{found.place} has no {README}: give licence=NAME (apache-2.0, other ...), which its card must say"
        )
    title = (config.hub or files.absolute(config.folder or "")).rstrip("/").rpartition("/")[2]
    load = use(found, config.hub or "FOLDER")
    return model_card(title, found.about, found.made, licence=config.licence, files=list(found.kept), load=load)


def use(found: Found, name: str) -> str:
    """How the published model is loaded."""
    return USES.get(str(found.about.get("method")), "model.name={}").format(name)


def check(config: PublishConfig) -> None:
    found = find(config.model)
    card(config, found)
    if config.hub:
        check_token()
    elif files.exists(files.join(config.folder or "", CARD)):
        raise ConfigError(f"{config.folder} holds a model already; name another folder")
    show(found)


def show(found: Found) -> None:
    """Files, bytes, and what whoever loads the model has to have, too."""
    from toolschool.models.model_card import base_of, public

    print(f"{found.place}: {len(found.kept)} files, {sum(found.kept.values()) / 1e6:,.1f} MB")
    for name, size in found.kept.items():
        print(f"  {size:>14,}  {name}")
    if found.left_out:
        print(f"  left out: {', '.join(found.left_out)}")
    adapter = files.join(found.place, "adapter_config.json")
    base = base_of(found.about, json.loads(files.read_text(adapter)) if files.exists(adapter) else None)
    if base and not public(base):
        print(
            f"  it lies over {base}, a folder that whoever loads it must have, too: publish that as well, or train with model.merge=true"
        )


@contextmanager
def local(place: str) -> Iterator[Path]:
    """A folder as a local one: itself, or a copy for as long as it is needed."""
    from pyarrow import fs

    opened = files.open_uri(place)
    if isinstance(opened.files, fs.LocalFileSystem):
        yield Path(opened.path)
        return
    with tempfile.TemporaryDirectory() as folder:
        fs.copy_files(opened.path, folder, source_filesystem=opened.files, destination_filesystem=fs.LocalFileSystem())
        yield Path(folder)


def local_path(uri: str) -> str:
    """The path of a folder here; FOLDER for one on other storage, which is copied before a model is opened."""
    from pyarrow import fs

    place = files.open_uri(uri)
    return place.path if isinstance(place.files, fs.LocalFileSystem) else "FOLDER"


def store(found: Found, target: str, text: str | None) -> None:
    """Copy the files; toolschool.json last, so that a folder which has it is whole."""
    from pyarrow import fs

    source, place = files.open_uri(found.place), files.open_uri(target)
    if text is not None:
        files.write_text(files.join(target, README), text)
    for name in sorted(found.kept, key=lambda name: name == CARD):
        copy = f"{place.path}/{name}"
        place.files.create_dir(copy.rpartition("/")[0], recursive=True)
        fs.copy_files(f"{source.path}/{name}", copy, source_filesystem=source.files, destination_filesystem=place.files)


def work(config: PublishConfig) -> None:
    found = find(config.model)
    text = card(config, found)
    if config.hub:
        with local(found.place) as folder:
            commit = upload(folder, list(found.kept), config.hub, card=text, private=config.private)
        print(f"published: {address(config.hub)}, this version: {config.hub}@{commit}")
    else:
        store(found, config.folder or "", text)
        print(f"published: {files.absolute(config.folder or '')}")
    print(f"load it: {use(found, config.hub or local_path(config.folder or ''))}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", PublishConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
