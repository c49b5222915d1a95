"""What is refused before anything else is read of a request."""

from __future__ import annotations

from serving.errors import ApiError
from serving.protocol import refuse
from serving.service import Task
from serving.settings import GatewaySettings


def names_of(settings: GatewaySettings) -> tuple[str, ...]:
    """All that a client may ask for as `model`."""
    return (settings.model_name, *settings.adapters, *settings.models)


def check_model(given: str, settings: GatewaySettings) -> None:
    """ApiError 404 for a model that is not served."""
    known = names_of(settings)
    if given not in known:
        names = " or ".join(f"'{name}'" for name in known)
        raise ApiError(404, f"there is no model '{given}' here; use {names}", "model_not_found", "model")


def check_tools(task: Task, settings: GatewaySettings) -> None:
    """ApiError 400 for tools of the client's where the model cannot plan with them."""
    if task.client is not None and task.model in settings.models:
        raise refuse(
            "tools", f"'{task.model}' knows its tools by heart; leave the field out, or ask '{settings.model_name}'"
        )
    if task.client is not None and not settings.client_tools:
        raise refuse("tools", "this model calls the tools that it learnt (GET /v1/tools); leave the field out")
