"""An agent whose plans a server writes, on a real Ray Serve: what it plans is what the same planner plans in this process."""

import importlib.util
from datetime import datetime
from pathlib import Path

import httpx
import pytest

import serving.app
from serving.settings import AppArgs, Resources
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.tools.desk import desk_catalog

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

LIGHT = Resources(num_cpus=0.2)
PLANNER = "assets/tinyagent/planner"
NOW = datetime(2026, 3, 2, 9)


@pytest.fixture
def fake():
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = importlib.util.spec_from_file_location("fake_vllm", Path(__file__).parents[1] / "fake_vllm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FakeVLLM(AutoModelForCausalLM.from_pretrained(PLANNER), AutoTokenizer.from_pretrained(PLANNER))


def test_plans_come_from_the_server(ray_cluster, fake, serve):
    url = f"{serve(fake.app())}/v1"
    args = AppArgs(planner_url=url, retriever=LIGHT, planner_resources=LIGHT, now=NOW, guests=None)
    app = serving.app.run(args, port=0)
    try:
        query = "Text Priya that I'm running ten minutes late"
        answer = httpx.post(f"{app.url}/v1/plan", json={"query": query}, timeout=120).json()
        request = PlanRequest(query, tuple(tool["name"] for tool in answer["tools"]), NOW)
        assert answer["plan"].strip() == "".join(Planner.load(PLANNER, desk_catalog()).stream(request)).strip()
        assert [call["tool"] for call in answer["calls"]] == ["get_phone_number", "send_sms"]
        assert all("structured_outputs" in body for body in fake.asked)
    finally:
        app.shutdown()
