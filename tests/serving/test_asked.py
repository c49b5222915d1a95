"""Our own gateway as one of the endpoints that are asked: a client's tools are planned, run on the client's side, and judged; of models with
tools of their own the text is."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from serving.gateway import create_app
from serving.model_service import ModelService
from serving.settings import GatewaySettings, ModelArgs
from serving.solvers.opening import located_models, open_solver
from serving.tool_service import ToolService
from toolschool.evaluation.endpoints.desk_tasks import desk_task
from toolschool.evaluation.endpoints.dialects import DIALECTS, Asking
from toolschool.evaluation.endpoints.function_tasks import bfcl_task
from toolschool.evaluation.endpoints.number_tasks import number_task
from toolschool.evaluation.endpoints.talk import play
from toolschool.evaluation.endpoints.tasks import Verdict
from toolschool.models.chat_endpoint import ChatEndpoint
from toolschool.models.limits import Purse
from toolschool.plans.grammar import parse_plan
from toolschool.records import Example
from toolschool.tools.desk import Desk

NOW = datetime(2026, 3, 2, 9)
PLAN = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>\n'


async def verdict_of(task: Any, models: Any, serve: Any) -> Verdict:
    url = serve(create_app(ToolService(models, Desk(NOW), lambda: NOW), GatewaySettings()))
    async with ChatEndpoint(f"{url}/v1", "tinyagent", key_variable=None) as endpoint:
        outcome = await play(task, lambda request: endpoint.ask(request, Purse()), DIALECTS["tool_calls"], Asking())
    assert outcome.turns[0].answer.prompt_tokens > 0
    return task.judge(outcome)


def test_the_gateway_works_on_the_clients_desk(scripted: Any, serve: Any) -> None:
    task = desk_task("desk", Example("e", "Text Sid that I am late", parse_plan(PLAN), "desk", now=NOW))
    right = asyncio.run(verdict_of(task, scripted(PLAN), serve))
    assert right == Verdict(True, "", 2, 2, 2)
    other = PLAN.replace("late", "on the way to you")
    assert asyncio.run(verdict_of(task, scripted(other), serve)).why == "another state"


def test_the_gateway_is_asked_as_bfcl_asks(scripted: Any, serve: Any) -> None:
    properties = {"base": {"type": "integer"}, "height": {"type": "float"}}
    function = {
        "name": "area.of",
        "description": "Area.",
        "parameters": {"type": "dict", "properties": properties, "required": ["base"]},
    }
    row = {
        "id": "simple_python_0",
        "category": "simple_python",
        "question": [[{"role": "user", "content": "Area of base 10 and height 5"}]],
        "function": [function],
        "ground_truth": [{"area.of": {"base": [10], "height": [5.0]}}],
    }
    models = scripted("1. area_of(10, 5)\n2. join()<END_OF_PLAN>\n")
    assert asyncio.run(verdict_of(bfcl_task(row), models, serve)).right


@pytest.mark.parametrize("name", ["toolformer", "toolken"])
def test_a_model_with_its_own_tools_is_judged_by_its_text(
    name: str, service: Any, folders_beside: Any, tiny: Any, serve: Any
) -> None:
    args = located_models({name: ModelArgs(model=str(folders_beside[name]))})
    service.run = ModelService(open_solver(args[name])).run
    url = serve(create_app(service, GatewaySettings(models=(name,))))

    async def judged(task: Any, calls: str) -> Verdict:
        async with ChatEndpoint(f"{url}/v1", name, key_variable=None) as endpoint:
            outcome = await play(task, lambda request: endpoint.ask(request, Purse()), DIALECTS[calls], Asking())
        verdict: Verdict = task.judge(outcome)
        return verdict

    question = {"toolformer": tiny.SUM, "toolken": tiny.QUESTION}[name]
    right, wrong = (number_task("arithmetic", {"question": question, "answer": gold}, "k") for gold in ("46", "47"))
    assert asyncio.run(judged(right.own, "own")) == Verdict(True)
    assert asyncio.run(judged(wrong.own, "own")).why == "another number, or none"
    assert not asyncio.run(judged(right, "tool_calls")).right  # it takes no tools of the client
