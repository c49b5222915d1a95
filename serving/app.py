"""The served agent as one Ray Serve application: gateway -> executor -> retriever and planner.

    serve deploy serving/configs/tinyagent.yaml           # import_path: serving.app:build
    app = serving.app.run(AppArgs(), "127.0.0.1", 8000)   # from a program that is connected to Ray
    app.url, app.shutdown()

API keys come from `TOOLSCHOOL_API_KEYS` where `build` runs, and travel as digests. Bind to 127.0.0.1 without keys.
"""

# No `from __future__ import annotations` here: Serve reads the class in `build`'s signature to turn a YAML's args into it.
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving import auth
from serving.settings import AppArgs, GatewaySettings, Resources, find_folder
from toolschool.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from ray import serve

__all__ = ["AppArgs", "RunningApp", "build", "run"]

APP_NAME = "toolschool"


def build(args: AppArgs) -> "serve.Application":
    """The application. ModelError before anything starts when a model folder is missing."""
    from serving.executor import ExecutorDeployment
    from serving.ingress import GatewayDeployment
    from serving.planner import PlannerDeployment
    from serving.retriever import RetrieverDeployment

    args = _located(args)
    light = Resources(num_cpus=0.1)
    retriever = _bind(RetrieverDeployment, args.retriever, args.toolrag)
    planner = _bind(PlannerDeployment, args.planner_resources, args.planner)
    executor = _bind(ExecutorDeployment, light, args.model_dump(mode="json"), retriever, planner)
    settings = GatewaySettings(
        model_name=args.model_name, limits=args.limits, keys=auth.read_keys(), echo_request_id=False
    )
    return _bind(GatewayDeployment, light, settings.model_dump(mode="json"), executor)


def _bind(deployment: Any, resources: Resources, *args: Any) -> "serve.Application":
    """A deployment (type checkers take the decorated class for a plain one) with its resources and arguments."""
    actor = {"num_cpus": resources.num_cpus, "num_gpus": resources.num_gpus}
    return deployment.options(num_replicas=resources.replicas, ray_actor_options=actor).bind(*args)


def _located(args: AppArgs) -> AppArgs:
    """Folders checked and, where they lie outside the repository, made absolute for replicas that start elsewhere."""
    places = {}
    for name in ("toolrag", "planner"):
        folder = find_folder(getattr(args, name))
        if not (folder / "toolschool.json").is_file():
            raise ModelError(f"{name}: there is no model in {folder}; train one or give {name}=FOLDER")
        places[name] = str(folder)
    return args.model_copy(update=places)


@dataclass(frozen=True)
class RunningApp:
    """An application that answers at `url`."""

    url: str
    name: str = APP_NAME

    def shutdown(self) -> None:
        """Take the application away, and Serve itself when nothing else runs on it. Ray stays."""
        from ray import serve

        serve.delete(self.name)
        if not serve.status().applications:
            serve.shutdown()


def run(args: AppArgs, host: str = "127.0.0.1", port: int = 8000) -> RunningApp:
    """Serve in the Ray this process is connected to; returns when the models are loaded. Port 0 picks a free one.

    ConfigError without a connection to Ray or when the port is taken, ModelError when a model folder is missing.
    """
    import ray
    from ray import serve

    application = build(args)
    if not ray.is_initialized():
        raise ConfigError("connect to Ray first (cluster.connect), then serve")
    port = _free_port(host, port)
    serve.start(http_options={"host": host, "port": port})
    serve.run(application, name=APP_NAME, route_prefix="/")
    return RunningApp(f"http://{host}:{port}")


def _free_port(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}; choose another port") from None
        return int(probe.getsockname()[1])
