"""Configuration: frozen models, YAML files merged left to right, dotted overrides, and what every job shares.

    python -m jobs.train --config recipes/tinyagent/planner.yaml --config mine.yaml train.lr=1e-4 --print-config

A job's configuration is a `Config` subclass. `parse` turns the command line into one, or ends the program: with 0 after
`--help`, `--print-config`, `--json-schema`; with 2 and one line after a mistake. Sweeps and tests use `build` and
`override`, the same path without the command line. Environment variables carry secrets and URLs only.
"""

from __future__ import annotations

import difflib
import functools
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolschool.errors import ConfigError


class Config(BaseModel):
    """Base of every configuration model: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), use_attribute_docstrings=True)


class DataConfig(Config):
    """Which rows go in."""

    source: str = "tinyagent"
    """Name in the data-set registry (`toolschool/datasets/registry.py`)."""
    path: str | None = None
    """File or folder to read; default: `$TOOLSCHOOL_DATA/<source>`, else the source's own default."""
    limit: int | None = Field(default=None, ge=1)
    """Read at most this many rows (for a quick look)."""
    seed: int = 0
    """Seed of generated sources and of sampling."""


class OutputConfig(Config):
    """Where results go: `<storage>/<name>/`."""

    storage: str = "runs"
    """Folder or any pyarrow.fs URI (s3://, gs://); must be visible to every node."""
    name: str
    """Name of the run; running again with the same name resumes it."""


class Command(NamedTuple):
    """A parsed command line."""

    config: Any
    dry_run: bool


ConfigT = TypeVar("ConfigT", bound=Config)


def merge(base: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """Deep merge; mappings merge key by key, everything else is replaced."""
    found = dict(base)
    for key, value in update.items():
        old = found.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            found[key] = merge(old, value)
        else:
            found[key] = value
    return found


def override(values: Mapping[str, Any], dotted: Mapping[str, Any]) -> dict[str, Any]:
    """Set `{"train.lr": 1e-4}` in nested values; the keys a sweep uses are these."""
    for key, value in dotted.items():
        nested: Any = value
        for part in reversed(key.split(".")):
            nested = {part: nested}
        values = merge(values, nested)
    return dict(values)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """One YAML mapping; ConfigError names the file and line of a mistake."""
    try:
        value = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read config file {path}: {error.strerror or error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{path} must hold a mapping at its top, not {type(value).__name__}")
    return value


def parse_override(text: str) -> dict[str, Any]:
    """`a.b=1e-4` to `{"a.b": ...}`, the value read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key or any(not part for part in key.split(".")):
        raise ConfigError(f"'{text}' is not an override; write key.path=value")
    try:
        return {key: yaml.safe_load(value) if value else ""}
    except yaml.YAMLError as error:
        raise ConfigError(f"the value in '{text}' is not valid YAML; quote it") from error


def merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Layers from left to right."""
    return functools.reduce(merge, layers, {})


def build(model: type[ConfigT], *layers: Mapping[str, Any]) -> ConfigT:
    """Validate merged layers; ConfigError names the dotted key and, for a typo, the nearest field."""
    try:
        return model.model_validate(merged(layers))
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(model, item) for item in error.errors())) from None


def to_yaml(config: Config) -> str:
    """The resolved configuration, ready to be used as a `--config` file."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def parse(model: type[ConfigT], argv: Sequence[str] | None, prog: str, about: str) -> Command:
    """Read a job's command line. Exits as the module docstring says; never starts anything."""
    try:
        files, overrides, flags = _split(sys.argv[1:] if argv is None else argv)
        if "--help" in flags:
            _leave(_help(model, prog, about))
        if "--json-schema" in flags:
            _leave(json.dumps(model.model_json_schema(), indent=2))
        layers = [read_yaml(file) for file in files]
        config = build(model, *layers, override({}, overrides))
    except ConfigError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    if "--print-config" in flags:
        _leave(to_yaml(config).rstrip())
    return Command(config, "--dry-run" in flags)


def given(argv: Sequence[str] | None, key: str) -> Any:
    """What a command line gives a dotted key, before anything is checked: by this a job may choose its model. None: nothing, or `parse` will complain."""
    try:
        files, overrides, _ = _split(sys.argv[1:] if argv is None else argv)
        value: Any = merged([*map(read_yaml, files), override({}, overrides)])
    except ConfigError:
        return None
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


_FLAGS = ("--help", "--print-config", "--dry-run", "--json-schema")


def _split(argv: Sequence[str]) -> tuple[list[str], dict[str, Any], set[str]]:
    files: list[str] = []
    overrides: dict[str, Any] = {}
    flags: set[str] = set()
    rest = iter(argv)
    for word in rest:
        if word in _FLAGS or word == "-h":
            flags.add("--help" if word == "-h" else word)
        elif word == "--config":
            file = next(rest, None)
            if file is None:
                raise ConfigError("--config needs a file")
            files.append(file)
        elif word.startswith("--config="):
            files.append(word.removeprefix("--config="))
        elif word.startswith("-"):
            raise ConfigError(f"unknown option {word}{_near(word, (*_FLAGS, '--config'))}")
        else:
            overrides |= parse_override(word)
    return files, overrides, flags


def _near(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}" if known else ""


def _explain(model: type[BaseModel], item: Mapping[str, Any]) -> str:
    path = [str(part) for part in item["loc"]]
    dotted = ".".join(path)
    if item["type"] == "extra_forbidden":
        return f"unknown key {dotted}{_near(path[-1], _fields_at(model, path[:-1]))}"
    if item["type"] == "missing":
        return f"{dotted} is missing; give {dotted}=VALUE or set it in a --config file"
    given = item.get("input")
    shown = f" (got {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{dotted}: {item['msg']}{shown}" if dotted else str(item["msg"])


def _nested(annotation: Any) -> type[BaseModel] | None:
    """The config model inside `Model`, `Model | None`, or None."""
    candidates = [annotation, *get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _fields_at(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    for part in path:
        if part.isdigit():  # the place in a list, whose items are what its annotation holds
            continue
        info = model.model_fields.get(part)
        inner = _nested(info.annotation) if info else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _help(model: type[BaseModel], prog: str, about: str) -> str:
    head = [
        f"usage: {prog} [--config FILE ...] [key.path=value ...]",
        "       [--print-config] [--dry-run] [--json-schema] [--help]",
        "",
        about.strip(),
        "",
        "keys:",
    ]
    return "\n".join(head + _help_lines(model, ""))


def _help_lines(model: type[BaseModel], prefix: str) -> list[str]:
    lines = []
    for name, info in model.model_fields.items():
        inner = _nested(info.annotation)
        if inner is not None:
            lines += _help_lines(inner, f"{prefix}{name}.")
            continue
        default = (
            "required" if info.is_required() else json.dumps(info.get_default(call_default_factory=True), default=str)
        )
        text = " ".join((info.description or "").split())
        lines.append(f"  {prefix}{name} ({default})" + (f": {text}" if text else ""))
    return lines


def _leave(text: str) -> None:
    print(text)
    raise SystemExit(0)
