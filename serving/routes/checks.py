"""What is refused before anything else is read of a request."""

from __future__ import annotations

from serving.errors import ApiError
from serving.protocol import refuse
from serving.service import Task
from serving.settings import GatewaySettings


def check_model(given: str, settings: GatewaySettings) -> None:
    """ApiError 404 for another model."""
    known = settings.model_name
    if given != known:
        raise ApiError(404, f"there is no model '{given}' here; use '{known}'", "model_not_found", "model")


def check_tools(task: Task, settings: GatewaySettings) -> None:
    """ApiError 400 for tools of the client's where the model cannot plan with them."""
    if task.client is not None and not settings.client_tools:
        raise refuse("tools", "this model calls the tools that it learnt (GET /v1/tools); leave the field out")
