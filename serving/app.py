"""The served agent as one Ray Serve application: gateway -> executor -> retriever and planner, or a caller alone; and gateway -> models
of other methods, each by itself.

    serve deploy serving/configs/tinyagent.yaml           # import_path: serving.app:build
    app = serving.app.run(AppArgs(), "127.0.0.1", 8000)   # from a program that is connected to Ray
    app.url, app.shutdown()

API keys come from `TOOLSCHOOL_API_KEYS` where `build` runs, and travel as digests; those of `key_file` are read where the gateway
runs. Without keys it listens on 127.0.0.1 only.
"""

# No `from __future__ import annotations` here: Serve reads the class in `build`'s signature to turn a YAML's args into it.
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving import auth, keys
from serving.adapters import located_adapters
from serving.caller_tools import located_caller
from serving.settings import AppArgs, GatewaySettings, Resources, find_model, found_examples
from serving.solvers.opening import located_models
from toolschool.errors import ConfigError
from toolschool.tools.toolsets.places import located

if TYPE_CHECKING:
    from ray import serve

__all__ = ["AppArgs", "RunningApp", "build", "run"]

APP_NAME = "toolschool"
GATEWAY = "Gateway"
_LAST_WORDS_S = 10.0  # from the deadline of a request to the end of its replica


def build(args: AppArgs) -> "serve.Application":
    """The application. ModelError before anything starts when a model folder is missing."""
    from serving.executor import ExecutorDeployment
    from serving.ingress import GatewayDeployment
    from serving.planner import PlannerDeployment
    from serving.retriever import RetrieverDeployment

    args = _located(args)
    bound = partial(bind, drain_s=args.limits.deadline_s)
    engine = (args.planner_engine, args.planner_url, args.planner_model)
    planner = (args.caller or args.planner, args.examples, args.guests, *engine, dict(args.adapters))
    models = [bound(PlannerDeployment, args.planner_resources, *planner)]
    if args.caller is None:  # a caller knows its tools by heart
        models.append(bound(RetrieverDeployment, args.retriever, args.toolrag))
    executor = bound(ExecutorDeployment, Resources(num_cpus=0.1), args.model_dump(mode="json"), *models)
    settings = GatewaySettings(
        model_name=args.model_name,
        client_tools=args.caller is None,
        models=tuple(args.models),
        adapters=tuple(args.adapters),
        limits=args.limits,
        keys=auth.read_keys(),
        echo_request_id=False,
        key_file=args.key_file,
        tool_admin=args.tool_admin,
        hosts=args.hosts,
    )
    return bound(GatewayDeployment, args.gateway, settings.model_dump(mode="json"), executor, _beside(args, bound))


def _beside(args: AppArgs, bound: Callable[..., "serve.Application"]) -> dict[str, "serve.Application"]:
    """The models beside the agent, by their names."""
    from serving.model import ModelDeployment

    model: Any = ModelDeployment
    return {
        name: bound(
            model.options(name=f"Model-{name}"),
            each.resources,
            each.model_dump(mode="json"),
            args.now,
            args.allow_side_effects,
        )
        for name, each in args.models.items()
    }


def bind(deployment: Any, resources: Resources, *args: Any, drain_s: float) -> "serve.Application":
    """A deployment (type checkers take the decorated class for a plain one) with its resources and arguments.

    An update starts new replicas before it stops old ones, which finish what they are at for up to `drain_s` and a little: a
    single replica is replaced without a pause. Where nothing is free for a second one, the old one stays until something is.
    """
    options: dict[str, Any] = {"ray_actor_options": {"num_cpus": resources.num_cpus, "num_gpus": resources.num_gpus}}
    if resources.autoscale is None:
        options["num_replicas"] = resources.replicas
    else:
        options["autoscaling_config"] = {
            "min_replicas": resources.autoscale.min,
            "max_replicas": resources.autoscale.max,
        }
    return deployment.options(
        max_surge_percent=100, graceful_shutdown_timeout_s=drain_s + _LAST_WORDS_S, **options
    ).bind(*args)


def _located(args: AppArgs) -> AppArgs:
    """Model folders and keys checked, and all paths made absolute: replicas may start in another folder. Models of the hub they fetch themselves."""
    if args.key_file is not None:
        args = args.model_copy(update={"key_file": keys.checked(args.key_file)})
    if args.record is not None:
        args = args.model_copy(update={"record": str(Path(args.record).expanduser().absolute())})
    args = args.model_copy(update={"models": located_models(args.models)})
    if args.caller is not None:
        return located_caller(args)
    places: dict[str, Any] = {name: find_model(getattr(args, name), name) for name in ("toolrag", "planner")}
    places["adapters"] = located_adapters(args.planner, args.adapters)
    places["guests"] = find_model(args.guests, "guests") if args.guests else None
    places["examples"] = found_examples(args)
    if args.desk not in (None, ":memory:"):
        places["desk"] = str(Path(args.desk).expanduser().absolute())
    places["tools"] = tuple(map(located, args.tools or ()))
    return args.model_copy(update=places)


@dataclass(frozen=True)
class RunningApp:
    """An application that answers at `url`."""

    url: str
    name: str = APP_NAME

    def drain(self) -> None:
        """Refuse new requests (503, `/ready` too) and return when the last one at work has ended or met its deadline.

        Serve would take all deployments away at once, and a request at work in one may need the next.
        """
        from ray import serve

        if GATEWAY in serve.status().applications[self.name].deployments:
            serve.get_deployment_handle(GATEWAY, self.name).broadcast("drain").results()

    def shutdown(self) -> None:
        """Take the application away, and Serve itself when nothing else runs on it. Ray stays."""
        from ray import serve

        serve.delete(self.name)
        if not serve.status().applications:
            serve.shutdown()


def run(args: AppArgs, host: str = "127.0.0.1", port: int = 8000) -> RunningApp:
    """Serve in the Ray this process is connected to; returns when the models are loaded. Port 0 picks a free one.

    ConfigError without a connection to Ray, when the port is taken, or when others could reach the host and there are no keys;
    ModelError when a model folder is missing.
    """
    auth.check_exposure(host, args.key_file)
    return start(build(args), host, port)


def start(
    application: "serve.Application", host: str, port: int, name: str = APP_NAME, route_prefix: str = "/"
) -> RunningApp:
    """Serve any application; joins a Serve that is up already if it listens there (or `port` is 0)."""
    import ray
    from ray import serve

    if not ray.is_initialized():
        raise ConfigError("connect to Ray first (cluster.connect), then serve")
    there = _address()
    if there is None:
        there = (host, _free_port(host, port))
        serve.start(http_options={"host": there[0], "port": there[1]})
    elif port != 0 and there != (host, port):
        raise ConfigError(
            f"Ray Serve listens on {there[0]}:{there[1]} already; use that address, or shut it down first"
        )
    serve.run(application, name=name, route_prefix=route_prefix)
    return RunningApp(f"http://{there[0]}:{there[1]}{route_prefix.rstrip('/')}", name)


def _address() -> tuple[str, int] | None:
    """Host and port of a Serve that is up, None where there is none. The one place that asks Serve's private client:
    `serve.start` silently ignores other HTTP options then."""
    from ray.serve.context import _get_global_client

    client = _get_global_client(raise_if_no_controller_running=False)
    return None if client is None else (client.http_config.host, client.http_config.port)


def _free_port(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}; choose another port") from None
        return int(probe.getsockname()[1])
