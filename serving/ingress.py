"""Ray Serve deployment of the gateway: the FastAPI app over a handle, with a bounded queue in front."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve.config import BackpressureConfig
from ray.serve.handle import DeploymentHandle

from serving import logs
from serving.door import Door
from serving.gateway import create_app
from serving.metrics import RequestMetrics
from serving.remote import RemoteService
from serving.settings import GatewaySettings


@serve.deployment(
    name="Gateway",
    max_ongoing_requests=128,
    max_queued_requests=128,
    backpressure_config=BackpressureConfig(status_code=429, retry_after_s=1),
)
@serve.ingress()
class GatewayDeployment:
    """The app is built in the replica, where the handles are."""

    def __init__(
        self, settings: dict[str, Any], executor: DeploymentHandle, models: dict[str, DeploymentHandle] | None = None
    ) -> None:
        self._settings = GatewaySettings.model_validate(settings)
        self._service = RemoteService(executor, models)

    def __serve_build_asgi_app__(self) -> FastAPI:
        """What Serve calls after the constructor."""
        logs.configure()
        self._door = Door(self._settings, RequestMetrics())
        return create_app(self._service, self._settings, self._door)

    async def drain(self) -> int:
        """Let nobody in and return when the last request has ended or met its deadline; how many are left."""
        return await self._door.close(self._settings.limits.deadline_s)
