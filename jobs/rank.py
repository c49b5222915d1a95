"""How well a ToolGen model knows and finds tools, beside BM25, MiniLM and both together; in this process, without Ray.

    python -m jobs.rank --config recipes/toolgen/rank.yaml model=runs/toolgen/retrieve/model
    python -m jobs.rank --config recipes/toolgen/rank.yaml model=null tools.source=metatool output.name=baselines
    python -m jobs.rank model=M 'tools=[{source: metatool}, {apis: ours.jsonl, requests: asked.jsonl}]' before=runs/RANKED output.name=after

Writes below `<storage>/<name>/`: metrics.json, report.html, rankings.jsonl (each request with the first tools of every system), manifest.json.
Requests are those of a part of the source, by default its test part. Apart from the others are requests for tools that no train request
wanted; `ToolGen, hybrid for the unasked` is what to serve where there are such tools. The same requests in other manners and questions about
the tools themselves show what was learnt besides phrasings. With `before`, requests that an earlier ranking asked, too, are compared
(`before_after.py`). Never choose anything by the test part.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from jobs.before_after import RANKINGS_FILE, before_after_results, read_rankings
from jobs.common import ClusterConfig, check_common, check_storage, run_folder, run_job
from jobs.progress import Progress
from jobs.results import write_results
from pipelines import files, manifest
from toolschool.config import Config, OutputConfig
from toolschool.datasets.tool_sources import CatalogueSource
from toolschool.errors import DataError

if TYPE_CHECKING:
    from toolschool.datasets.catalogues import Catalogue, Request
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.retrieval import RetrievalScores
    from toolschool.evaluation.tables import Table

PROG = "jobs.rank"
SHOWN = 10  # tools of each system in rankings.jsonl


class RankConfig(Config):
    """One evaluation."""

    model: str | None = None
    """Folder of a model trained on ToolGen's rows; null: the baselines alone."""
    tools: tuple[CatalogueSource, ...] = Field(default=(CatalogueSource(source="toolbench"),), min_length=1)
    """The catalogue, or a list of several, and the requests that are to find tools in them."""
    split: Literal["train", "validation", "test"] | None = "test"
    """Which requests; null: all."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many requests, spread evenly over all."""
    depth: int = Field(default=100, ge=5, le=100)
    """Length of every system's lists. Tools of several tokens are ranked by as many beams: take 10 for them."""
    encoder: str = "minilm"
    """Sentence encoder of the baselines."""
    rephrase: bool = True
    """Rank the same requests in other manners, too: mistyped, polite, indirect, without the words of names."""
    probes: int = Field(default=200, ge=0)
    """Questions about the tools themselves, of each kind."""
    before: str | None = None
    """Folder of an earlier ranking: its requests are compared with what is found for them now."""
    output: OutputConfig

    @field_validator("tools", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, Mapping | CatalogueSource) else value


def check(config: RankConfig) -> None:
    check_common(ClusterConfig(), config.output)
    for source in config.tools:
        source.check()


def spread(requests: Sequence[Request], count: int | None) -> list[Request]:
    """At most `count`, evenly over all."""
    if count is None or count >= len(requests):
        return list(requests)
    return [requests[place * len(requests) // count] for place in range(count)]


def evaluate(config: RankConfig) -> tuple[list[Table], dict[str, Any]]:
    """Rank and score; writes metrics, report, rankings and manifest, and returns tables and metrics. DataError without requests."""
    from jobs.rankings import Setting, knowledge_results, rephrased_results, retrieval_results, seen_results

    started = time.monotonic()
    run = run_folder(config.output)
    earlier = read_rankings(config.before) if config.before else None
    apis, requests = asked(config)
    with Progress(f"rank {config.output.name}", rankings_wanted(config, len(requests)), "rankings") as progress:
        setting = Setting(apis, requests, config.model, config.encoder, config.depth, progress.add)
        rankings = setting.rank(requests)
        scores = setting.score(requests, rankings)
        groups = [request.group or "requests" for request in requests]
        parts = [retrieval_results(scores, groups), seen_results(setting, scores)]
        parts += [rephrased_results(setting, scores)] if config.rephrase else []
        parts += [knowledge_results(setting, config.probes)]
    if earlier is not None:
        parts.insert(0, before_after_results(earlier, requests, scores))
    tables = [table for made, _ in parts for table in made]
    metrics = {name: value for _, values in parts for name, value in values.items()}
    content = manifest.write(
        run,
        "rank",
        config=config.model_dump(mode="json"),
        inputs={place: files.model_mark(place) for place in inputs(config)},
        counts={"tools": len(apis.docs), "requests": len(requests)},
        metrics=metrics,
        wall_s=time.monotonic() - started,
    )
    write_results(
        run,
        content,
        "Tools for requests",
        summary=f"{len(requests)} requests, {len(apis.docs)} tools.",
        tables=tables,
        figures=[ndcg_figure(scores, groups)],
    )
    write_rankings(run, apis, requests, rankings)
    return tables, metrics


def asked(config: RankConfig) -> tuple[Catalogue, list[Request]]:
    """All tools and the requests for them. DataError where there are none of the part."""
    from toolschool.datasets.tool_sources import joined, open_tools

    opened = [open_tools(source) for source in config.tools]
    apis = joined(opened)
    requests = spread([each for tools in opened for each in tools.requests(config.split, "test")], config.limit)
    if not requests:
        part = f"no {config.split} requests" if config.split else "no requests"
        raise DataError(f"{apis.source} has {part}; name another part (split=null: all), or another source")
    return apis, requests


def rankings_wanted(config: RankConfig, requests: int) -> int:
    """How many lists all systems make, fused ones apart."""
    from toolschool.evaluation.toolgen_requests import MANNERS

    systems = 3 if config.model else 2
    return requests * systems * (1 + len(MANNERS) if config.rephrase else 1)


def inputs(config: RankConfig) -> list[str]:
    places = [place for source in config.tools for place in source.inputs()]
    return list(dict.fromkeys([*places, *filter(None, (config.model, config.before))]))


def ndcg_figure(scores: Mapping[str, RetrievalScores], groups: Sequence[str]) -> Figure:
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.toolgen import ndcg_plot

    return Figure("NDCG@5 by group", ndcg_plot(scores, groups), "Bars of NDCG@5 by group of requests and system")


def write_rankings(
    run: str, apis: Catalogue, requests: Sequence[Request], rankings: Mapping[str, Sequence[Sequence[int]]]
) -> None:
    """rankings.jsonl: a line per request, what it wants and what each system finds first."""
    lines = []
    for number, request in enumerate(requests):
        found = {name: [apis.docs[place].key for place in lists[number][:SHOWN]] for name, lists in rankings.items()}
        said = {"id": request.id, "group": request.group, "query": request.query, "gold": sorted(request.gold), **found}
        lines.append(json.dumps(said, ensure_ascii=False) + "\n")
    files.write_text(files.join(run, RANKINGS_FILE), "".join(lines))


def work(config: RankConfig) -> None:
    from toolschool.evaluation.tables import show

    check_storage(config.output, nodes=1, shared=True)
    run = run_folder(config.output)
    tables, _ = evaluate(config)
    for table in tables:
        show(table)
    print(f"metrics: {files.join(run, 'metrics.json')}\nreport:  {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", RankConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
