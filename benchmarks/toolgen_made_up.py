"""Is it the requests? A chain's model beside the baselines on requests that were made up like those it learnt from, and kept from it.

    python -m benchmarks.toolgen_made_up --run runs/toolgen        # after python -m jobs.chain --config recipes/toolgen/chain.yaml

A model that is ahead here and behind on the requests of people (`rank/report.html`) has learnt its requests, and these are not what people ask.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from jobs.rankings import Setting
from pipelines import files
from pipelines.toolgen_sources import to_key
from toolschool.datasets.catalogues import Request
from toolschool.datasets.tool_sources import CatalogueSource, open_tools
from toolschool.evaluation.retrieval import retrieval_table
from toolschool.evaluation.tables import show


def kept(run: Path, limit: int) -> list[Request]:
    """Requests of the chain's own validation part."""
    said = (json.loads(row["raw"]) for row in files.read_rows(str(run / "rows" / "requests")))
    asked = [each for each in said if each["part"] == "validation"][:limit]
    return [
        Request(id=str(number), query=each["query"], gold=frozenset(map(to_key, each["gold"])), group="made up")
        for number, each in enumerate(asked)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="benchmarks.toolgen_made_up",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=600)
    options = parser.parse_args()
    requests = kept(options.run, options.limit)
    apis = open_tools(CatalogueSource(source="toolbench")).apis
    setting = Setting(apis, requests, str(options.run / "retrieve" / "model"), "minilm", depth=100)
    show(retrieval_table(setting.score(requests, setting.rank(requests))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
