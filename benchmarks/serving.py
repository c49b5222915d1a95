"""The endpoint under load, beside `generate` of transformers with the same model, prompts and grammars, in one run on one machine.

Requests are generated (test part) and asked of the shipped agent over HTTP: retrieved, planned, run, answered. *generate* is transformers
alone, one prompt after the other: no HTTP, no retrieval, no tools. Rounds alternate. *First tool* compares the time until a client is told
that the first call began with the time until the plan was whole, of streamed requests whose plan has three calls or more (a round's median). *Serve* is what a
request costs that no model sees: the state of health passes proxy and gateway, the desk's rows a handle to the executor, too.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.results import Claim, Measured
from benchmarks.timing import ROUNDS, ratios
from toolschool.models.engines import EngineName

NOW = datetime(2026, 3, 2, 9)
REQUESTS, LONG, TOGETHER, HOPS = 48, 16, 16, 100
SERVE = {"Serve: proxy, gateway": "/health", "Serve: and a handle": "/v1/desk"}
RATES = ("generate/s", "generate p50", "one/s", "one p50", "sixteen/s", "sixteen p50")
CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Prompts:
    """What the planner reads for each query behind the retriever, and under which grammar it writes."""

    engine: Any
    texts: Sequence[str]
    grammars: Sequence[str]


def asked() -> tuple[list[str], list[str]]:
    """Queries, and queries that need three calls or more."""
    from toolschool.datasets.desk import generate

    examples = list(generate(11, 1200, "test"))
    long = [example.query for example in examples if len(example.plan.calls) >= 3]
    return [example.query for example in examples[:REQUESTS]], long[:LONG]


def body(query: str, stream: bool = False) -> dict[str, Any]:
    """A request to the agent."""
    messages = [{"role": "user", "content": query}]
    return {
        "model": "tinyagent",
        "messages": messages,
        "stream": stream,
        "toolschool": {"now": NOW.isoformat()},
    }


async def ask(client: Any, query: str) -> float:
    """Seconds of one request."""
    began = time.perf_counter()
    reply = await client.post(CHAT, json=body(query))
    assert reply.status_code == 200, reply.text
    return time.perf_counter() - began


async def together(client: Any, queries: Sequence[str], clients: int) -> tuple[float, list[float]]:
    """Requests per second of so many clients that each ask again at once, and the seconds of each request."""
    waiting, seconds = iter(queries), list[float]()

    async def work() -> None:
        for query in waiting:
            seconds.append(await ask(client, query))

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(clients)))
    return len(seconds) / (time.perf_counter() - began), seconds


async def first_tool(client: Any, query: str) -> tuple[float, float] | None:
    """Seconds until the first call began and until the plan was whole; None for a plan of fewer than three calls."""
    began, started, whole, calls = time.perf_counter(), 0.0, 0.0, 0
    async with client.stream("POST", CHAT, json=body(query, stream=True)) as reply:
        async for line in reply.aiter_lines():
            if not line.startswith("data: {"):
                continue
            event = json.loads(line.removeprefix("data: ")).get("toolschool") or {}
            if event.get("type") == "plan":
                whole = time.perf_counter() - began
            elif event.get("type") == "call_started":
                started, calls = started or time.perf_counter() - began, calls + 1
    return (started, whole) if calls >= 3 else None


async def passed(client: Any, path: str) -> float:
    """Median seconds of a request that no model sees."""
    seconds = []
    for _ in range(HOPS):
        began = time.perf_counter()
        (await client.get(path)).raise_for_status()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def prompts(queries: Sequence[str]) -> Prompts:
    """As the endpoint would ask the planner."""
    import torch

    from toolschool.methods.tinyagent.planner import Planner
    from toolschool.methods.tinyagent.request import PlanRequest
    from toolschool.methods.tinyagent.toolrag import ToolRag
    from toolschool.tools.desk import desk_catalog

    torch.set_num_threads(1)  # as in the replicas; two are slower for a model of this size
    planner = Planner.load("assets/tinyagent/planner", desk_catalog())
    rag = ToolRag.load("assets/tinyagent/toolrag")
    found = rag.search(list(queries))
    offered = [tuple(tool.name for tool in tools) for tools in found]
    requests = [PlanRequest(query, names, NOW) for query, names in zip(queries, offered, strict=True)]
    made = [planner._prompt(request) for request in requests]
    return Prompts(planner.engine, [one.text for one in made], [planner._grammar(one) for one in made])


def generated(asked: Prompts) -> list[float]:
    """Seconds of `generate` for each prompt."""
    seconds = []
    for text, grammar in zip(asked.texts, asked.grammars, strict=True):
        began = time.perf_counter()
        asked.engine.generate([text], max_new_tokens=512, grammars=[grammar])
        seconds.append(time.perf_counter() - began)
    return seconds


async def measured(url: str, queries: Sequence[str], long: Sequence[str], asked: Prompts) -> dict[str, list[float]]:
    """All figures of all rounds."""
    import httpx

    found: dict[str, list[float]] = {name: [] for name in (*RATES, *SERVE, "plans of three calls", "first tool")}
    limits = httpx.Limits(max_connections=TOGETHER)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        await together(client, queries, TOGETHER)  # not measured
        generated(asked)
        for _ in range(ROUNDS):
            alone = generated(asked)
            rate, seconds = await together(client, queries, 1)
            many, all_seconds = await together(client, list(queries) * 3, TOGETHER)
            found["generate/s"].append(len(alone) / sum(alone))
            found["generate p50"].append(statistics.median(alone))
            found["one/s"].append(rate)
            found["one p50"].append(statistics.median(seconds))
            found["sixteen/s"].append(many)
            found["sixteen p50"].append(statistics.median(all_seconds))
            for name, path in SERVE.items():
                found[name].append(await passed(client, path))
            firsts = [await first_tool(client, query) for query in long]
            found["plans of three calls"].append(sum(first is not None for first in firsts))
            found["first tool"].append(statistics.median(whole / started for started, whole in filter(None, firsts)))
    return found


def report() -> Measured:
    """With llama.cpp, too, where it is installed."""
    engines: list[EngineName] = ["transformers"]
    if importlib.util.find_spec("llama_cpp"):
        engines.append("llama.cpp")
    found = {engine: beside(engine) for engine in engines}
    text = "\n\n".join(f"### {engine}\n\n{shown(each)}" for engine, each in found.items())
    return Measured(text, tuple(claim for engine, each in found.items() for claim in claims(each, engine)))


def beside(engine: EngineName) -> dict[str, list[float]]:
    """The figures of the endpoint with a planner on this engine, beside `generate`."""
    from cluster.connect import connect, load_profile
    from serving.app import run
    from serving.settings import AppArgs, Limits

    queries, long = asked()
    with connect(load_profile("laptop")):
        app = run(AppArgs(now=NOW, limits=Limits(max_in_flight=2 * TOGETHER), planner_engine=engine), port=0)
        try:
            return asyncio.run(measured(app.url, queries, long, prompts(queries)))
        finally:
            app.shutdown()


def shown(found: dict[str, list[float]]) -> str:
    """The figures of all rounds."""
    lines = ["| figure | median | least | most |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {statistics.median(each):.3f} | {min(each):.3f} | {max(each):.3f} |"
        for name, each in found.items()
    ]
    return "\n".join(lines)


def claims(found: dict[str, list[float]], engine: EngineName) -> Iterator[Claim]:
    """The three ratios, round by round."""
    suffix = "" if engine == "transformers" else f", {engine}"
    yield Claim(f"serving/throughput{suffix}", ratios(found, "sixteen/s", "generate/s"))
    yield Claim(f"serving/latency{suffix}", ratios(found, "one p50", "generate p50"))
    yield Claim(f"serving/first-tool{suffix}", tuple(found["first tool"]))
