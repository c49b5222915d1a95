"""Two adapters over one planner on a real Ray Serve, asked side by side under their names by the official client."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import openai
import pytest

import serving.app
from serving.planner import open_adapted
from serving.settings import AppArgs, Resources
from toolschool.methods.tinyagent.request import PlanRequest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

LIGHT = Resources(num_cpus=0.2)
NOW = datetime(2026, 3, 2, 9)
QUERY = "Create a note called Groceries"
PLANNER = "assets/tinyagent/planner"
SEEDS = {"north": 0, "v2.south": 3}  # of adapters that plan differently
NAMES = ("tinyagent", *SEEDS)


def test_each_name_is_answered_by_its_adapter(ray_cluster, tiny, tmp_path):
    adapters = {name: str(tiny.save_adapter(tmp_path / name, PLANNER, seed)) for name, seed in SEEDS.items()}
    args = AppArgs(adapters=adapters, retriever=LIGHT, planner_resources=LIGHT, now=NOW, guests=None)
    app = serving.app.run(args, port=0)
    try:
        with openai.OpenAI(api_key="none", base_url=f"{app.url}/v1", timeout=200, max_retries=0) as client:
            assert [model.id for model in client.models.list()] == list(NAMES)

            def ask(name):
                return client.chat.completions.create(model=name, messages=[{"role": "user", "content": QUERY}])

            with ThreadPoolExecutor(6) as pool:
                replies = list(pool.map(ask, NAMES * 2))
            with pytest.raises(openai.NotFoundError, match="there is no model 'west'"):
                ask("west")
    finally:
        app.shutdown()
    first, others = open_adapted(PLANNER, adapters)
    offered = tuple(tool["name"] for tool in replies[0].toolschool["tools"])
    for name, reply in zip(NAMES * 2, replies, strict=True):
        plan = "".join(others.get(name, first).stream(PlanRequest(QUERY, offered, NOW)))
        assert reply.model == name
        assert reply.toolschool["plan"].startswith(plan.strip())
    assert len({reply.toolschool["plan"] for reply in replies}) == 3
