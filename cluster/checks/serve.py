"""Serve configurations: `serve deploy FILE`, or `serveConfigV2` of a RayService.

Ray's own schema takes unknown keys at every level and ignores them; here they are errors. The application is imported,
and its arguments are checked against the builder's own settings, so a wrong one fails before a cluster is asked.
"""

from __future__ import annotations

import importlib
import inspect
import types
import typing
from enum import Enum
from pathlib import Path
from typing import Any

from cluster.checks.places import FREE, RUN_TIME_ENVIRONMENT, Place, compare, meant, read


def check_serve(path: str | Path) -> None:
    """ClusterFileError at the first mistake of a Serve configuration."""
    place, documents = read(path)
    for document in documents:
        check_deploy(document, place)


def check_deploy(document: dict[str, Any], place: Place) -> None:
    """A configuration that stands at `place`."""
    from pydantic import ValidationError
    from ray.serve.schema import ServeDeploySchema

    compare(document, serve_table(), place)
    try:
        ServeDeploySchema.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise place.at(first["loc"]).error(first["msg"]) from error
    for number, application in enumerate(document["applications"]):
        _check_application(application, place / "applications" / number)


def serve_table() -> dict[str, Any]:
    """Known keys from the fields of Ray's schemas."""
    from ray.serve.schema import ServeDeploySchema

    table = table_of(ServeDeploySchema)
    (application,) = table["applications"]
    application["runtime_env"] = RUN_TIME_ENVIRONMENT
    (deployment,) = application["deployments"]
    deployment["ray_actor_options"]["runtime_env"] = RUN_TIME_ENVIRONMENT
    return table


def table_of(annotation: Any) -> Any:
    """The table of a pydantic model, or of a type that holds one."""
    from pydantic import BaseModel

    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return {field.alias or name: table_of(field.annotation) for name, field in annotation.model_fields.items()}
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return frozenset(str(member.value) for member in annotation)
    inner = [each for each in typing.get_args(annotation) if each is not type(None)]
    origin = typing.get_origin(annotation)
    if origin in (list, tuple):
        return [table_of(inner[0])]
    if origin in (typing.Union, types.UnionType):
        tables = [table_of(each) for each in inner]
        return next((table for table in tables if isinstance(table, dict)), tables[0] if len(tables) == 1 else FREE)
    return FREE


def _check_application(application: dict[str, Any], place: Place) -> None:
    builder = _imported(application["import_path"], place / "import_path")
    settings = _settings_of(builder)
    if settings is None:
        return
    from pydantic import ValidationError

    given = application.get("args") or {}
    compare(given, table_of(settings), place / "args")
    try:
        settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise (place / "args").at(first["loc"]).error(first["msg"]) from error


def _imported(import_path: str, place: Place) -> Any:
    """What `module:name` names."""
    module_name, _, name = import_path.replace(":", ".").rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise place.error(
            f"cannot import '{module_name}' ({error}){meant(module_name, _neighbours(module_name))}"
        ) from error
    if not hasattr(module, name):
        raise place.error(f"'{module_name}' has no '{name}'{meant(name, getattr(module, '__all__', vars(module)))}")
    return getattr(module, name)


def _neighbours(module: str) -> list[str]:
    """Modules beside one that is not there."""
    import pkgutil

    package, _, _ = module.rpartition(".")
    try:
        places = getattr(importlib.import_module(package), "__path__", []) if package else None
    except ImportError:
        return _neighbours(package)
    prefix = f"{package}." if package else ""
    return [prefix + found.name for found in pkgutil.iter_modules(places)]


def _settings_of(builder: Any) -> Any:
    """The model that a builder takes its arguments as, None for a bound application or plain arguments."""
    from pydantic import BaseModel

    if not inspect.isfunction(builder):
        return None
    hints = [parameter.annotation for parameter in inspect.signature(builder).parameters.values()]
    return next((hint for hint in hints if inspect.isclass(hint) and issubclass(hint, BaseModel)), None)
