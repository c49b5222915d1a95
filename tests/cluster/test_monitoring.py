"""The dashboard asks for metrics that exist: ours, by the names the code exports them under, and Ray Serve's."""

import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipelines.metrics import ROWS
from serving import metrics
from training.metrics import GAUGES

ROOT = Path(__file__).resolve().parents[2]
BOARD = json.loads((ROOT / "cluster" / "monitoring" / "toolschool.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
QUERIES += [each["query"] for each in BOARD["templating"]["list"] if each["type"] == "query"]
ASKED = set(re.findall(r"\bray_\w+", " ".join(QUERIES)))
COUNTERS = (ROWS, metrics.CALLS, metrics.REQUESTS, metrics.TOKENS)
OURS = {f"ray_{name}" for name in (metrics.IN_FLIGHT, *(name for name, _ in GAUGES.values()))}
OURS |= {f"ray_{name}_total" for name in COUNTERS} | {f"ray_{name}_bucket" for name in (metrics.SECONDS, metrics.FIRST)}


def test_all_of_ours_are_shown_and_the_rest_is_ray_serves() -> None:
    import ray.dashboard.modules.metrics.dashboards as shipped

    known = "".join(path.read_text() for path in Path(shipped.__path__[0]).glob("serve*_panels.py"))
    assert ASKED & OURS == OURS
    assert ASKED - OURS == {name for name in ASKED - OURS if re.search(rf"\b{name}\b", known)} != set()


def test_panels_have_a_place_a_source_and_words() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["description"].endswith(".")
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_queries_are_balanced() -> None:
    for query in QUERIES:
        for left, right in ("()", "{}", "[]"):
            assert query.count(left) == query.count(right), query


def show() -> None:
    """What workers, actors and replicas do, in one process."""
    from pipelines.metrics import StageRows
    from serving.logs import Entry
    from serving.metrics import RequestMetrics, RunMetrics
    from training.metrics import RunGauges

    RunGauges("monitored")({"step": 3, "loss": 1.5, "tokens_per_s": 100.0, "mfu": 0.4, "lr": 1e-3})
    StageRows("parse")(7, quarantined=2)
    clock = iter([0.0, 0.3, 4.0])
    see = RunMetrics("send_sms".__eq__, clock.__next__).watch()
    for _ in range(2):  # only the first of each kind is timed
        see({"type": "plan", "text": "1. send_sms("})
        see({"type": "call_started", "tool": "send_sms"})
    for tool in ("send_sms", "made_up"):
        see({"type": "call_finished", "tool": tool, "status": "ok"})
    see({"type": "done", "usage": {"prompt_tokens": 9, "completion_tokens": 0}})
    requests = RequestMetrics()
    requests.inside(3)
    requests.ended(Entry("r-1", "alice", "POST", "/v1/plan", 200, None, 0.2))
    requests.ended(Entry("r-2", None, "GET", None, 401, "invalid_api_key", 0.001))
    time.sleep(200)  # a worker's metrics leave it every few seconds, and go with it


@pytest.mark.cluster
@pytest.mark.timeout(300)
def test_ray_exports_them_under_these_names(ray_cluster: None) -> None:
    import ray

    running = ray.remote(num_cpus=1)(_by_value(show)).remote()
    (node,) = ray.nodes()
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}"
    wanted = {
        'ray_toolschool_train_loss{run="monitored"}': 1.5,
        'ray_toolschool_train_mfu{run="monitored"}': 0.4,
        'ray_toolschool_stage_rows_total{outcome="kept",stage="parse"}': 5,
        'ray_toolschool_stage_rows_total{outcome="quarantined",stage="parse"}': 2,
        'ray_toolschool_tool_calls_total{status="ok",tool="send_sms"}': 1,
        'ray_toolschool_tool_calls_total{status="ok",tool="unknown"}': 1,
        'ray_toolschool_tokens_total{kind="prompt"}': 9,
        'ray_toolschool_first_seconds_bucket{le="0.25",what="text"}': 0,
        'ray_toolschool_first_seconds_bucket{le="0.5",what="text"}': 1,
        'ray_toolschool_first_seconds_bucket{le="2.5",what="call"}': 0,
        'ray_toolschool_first_seconds_bucket{le="5.0",what="call"}': 1,
        "ray_toolschool_requests_in_flight{}": 3,
        'ray_toolschool_requests_total{code="",key="alice",route="/v1/plan",status="200"}': 1,
        'ray_toolschool_requests_total{code="invalid_api_key",key="",route="",status="401"}': 1,
        'ray_toolschool_request_seconds_bucket{le="0.1",route="/v1/plan"}': 0,
        'ray_toolschool_request_seconds_bucket{le="0.25",route="/v1/plan"}': 1,
    }
    deadline, found = time.monotonic() + 120, {}
    while found != wanted and time.monotonic() < deadline:
        time.sleep(1)
        found = {name: value for name, value in scrape(url).items() if name in wanted}
    assert found == wanted
    ray.cancel(running, force=True)


def _by_value(function: Any) -> Any:
    """Tests are no package: workers get the function itself."""
    import sys

    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[function.__module__])
    return function


def scrape(url: str) -> dict[str, float]:
    """Our metrics with the labels that are ours, in order."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    found = {}
    for name, labels, value in re.findall(r"^(ray_toolschool_\w+)\{(.*)\} (\S+)$", "\n".join(lines), re.MULTILINE):
        kept = sorted(re.findall(r'\b((?:run|stage|outcome|tool|status|kind|what|le|code|key|route)="[^"]*")', labels))
        found[f"{name}{{{','.join(kept)}}}"] = float(value)
    return found
