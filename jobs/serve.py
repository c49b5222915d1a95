"""Serve the agent on Ray Serve until Ctrl-C: an OpenAI-style endpoint and a page to watch it work.

    python -m jobs.serve --config recipes/tinyagent/serve.yaml port=8000
    python -m jobs.serve --config recipes/tinyagent/serve.yaml app.planner=runs/tinyagent-planner/model
    python -m jobs.serve --config recipes/tinyagent/serve.yaml 'app.tools=[{functions: my_tools.py}]'
    python -m jobs.serve --config recipes/ste/serve.yaml app.caller=runs/mine/train/model
    python -m jobs.serve --config recipes/tinyagent/serve.yaml 'app.models.sums={model: runs/toolformer/model}'

    python -m serving.keys add alice --file keys.txt
    python -m jobs.serve --config recipes/tinyagent/serve.yaml host=0.0.0.0 app.key_file=keys.txt

Listens on 127.0.0.1; on anything wider only with API keys (docs: serving).
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from pydantic import Field

from jobs.agents import check_agent
from jobs.common import ClusterConfig, connected, profile_of, run_job
from serving import tracing
from serving.auth import check_exposure
from serving.settings import AppArgs
from toolschool.config import Config

PROG = "jobs.serve"


class ServeConfig(Config):
    """What is served, and where it listens."""

    host: str = "127.0.0.1"
    """Address to bind to."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port; 0 picks a free one."""
    traces: str | None = None
    """URL of an OpenTelemetry collector (OTLP over HTTP) that gets a trace of every request; default: none are made."""
    app: AppArgs = AppArgs()
    cluster: ClusterConfig = ClusterConfig()


def check(config: ServeConfig) -> None:
    profile_of(config.cluster)
    if config.traces is not None:
        tracing.environment(config.traces)
    check_exposure(config.host, config.app.key_file)
    check_agent(config.app, "app")


def work(config: ServeConfig) -> None:
    from serving import proxy
    from serving.app import run

    started = time.monotonic()
    traces = tracing.environment(config.traces) if config.traces else {}
    with connected(config.cluster, {**proxy.ENVIRONMENT, **traces}):
        app = run(config.app, config.host, config.port)
        try:
            print(f"serving on {app.url} after {time.monotonic() - started:.0f} s; Ctrl-C ends it", flush=True)
            wait_for_signal()
            print("finishing what is at work; Ctrl-C again ends it at once", flush=True)
            with suppress(KeyboardInterrupt):
                app.drain()
        finally:
            app.shutdown()


def wait_for_signal() -> None:
    """Return at SIGINT or SIGTERM; the next one interrupts whatever goes on then."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", ServeConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
