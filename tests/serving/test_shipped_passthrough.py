"""The shipped planner and a client's own tools, over a socket: a whole exchange, a tool it never saw, and a conversation."""

import json
from datetime import datetime

import openai
import pytest
from jsonschema import Draft202012Validator

from serving.budget import beginning, within
from serving.found import told
from serving.gateway import create_app
from serving.settings import GatewaySettings
from serving.tool_service import ToolService
from serving.toolbox import Toolbox
from toolschool.methods.ste.caller import Caller
from toolschool.methods.tinyagent.guests import PlannerWithGuests
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.toolrag import ToolRag
from toolschool.models.encoder import SentenceEncoder
from toolschool.tools.desk import Desk, default_world, desk_catalog

NOW = datetime(2026, 3, 2, 9, 0)
TEXT = {"type": "string"}


class ShippedModels:
    """Retriever and planner of the assets in this process."""

    def __init__(self):
        self.rag, self.encoder = ToolRag.load("assets/tinyagent/toolrag"), SentenceEncoder.load()
        planner = Planner.load("assets/tinyagent/planner", desk_catalog())
        self.planner = PlannerWithGuests(planner, Caller.load("assets/ste/caller"))
        self.tokenizer = planner.engine.tokenizer

    async def card(self):
        return self.rag.model.card

    async def classify(self, query):
        return self.rag.logits([query])[0]

    async def embed(self, texts):
        return self.encoder.embed(texts)

    async def judge(self, query, tools):
        toolbox = await Toolbox.open(None, (), self)
        return [told(tool) for tool in await toolbox.judged(query, tuple(tools))]

    async def retrieve(self, query):
        return [{"name": tool.name, "probability": tool.probability} for tool in self.rag.search([query])[0]]

    async def plan(self, request):
        for piece in within(self.planner.stream(request), self._count, request.max_tokens):
            if piece:
                yield piece

    def _count(self, text):
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    async def count(self, texts):
        return list(map(self._count, texts))

    async def shorten(self, text, tokens):
        return beginning(text, tokens, self.tokenizer)


@pytest.fixture(scope="module")
def models():
    return ShippedModels()


@pytest.fixture
def api(models, serve):
    desk = Desk(NOW, world=default_world())
    url = serve(create_app(ToolService(models, desk, lambda: NOW), GatewaySettings()))
    with openai.OpenAI(api_key="any", base_url=f"{url}/v1", max_retries=0, timeout=240) as api:
        yield api
    desk.close()


def function(name, description, /, **properties):
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def ask(api, text, *earlier, **more):
    messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
    return api.chat.completions.create(model="tinyagent", messages=[*earlier, *messages], **more)


def test_tools_of_a_name_it_knows(api):
    """The client's own address book and telephone, called as those of the desk are."""
    tools = [
        function("get_phone_number", "Looks up a contact.", name=TEXT),
        function("send_sms", "Texts people.", recipients={"type": "array", "items": TEXT}, message=TEXT),
    ]
    said = [{"role": "user", "content": "Text Sid Sharma that I will be ten minutes late"}]
    first = ask(api, said, tools=tools)
    (call,) = first.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_phone_number", {"name": "Sid Sharma"})
    said += [first.choices[0].message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "+1 555 0199"}]
    second = ask(api, said, tools=tools)
    (call,) = second.choices[0].message.tool_calls
    arguments = json.loads(call.function.arguments)
    assert arguments["recipients"] == ["+1 555 0199"]
    assert "ten minutes late" in arguments["message"]
    said += [second.choices[0].message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "sent"}]
    assert ask(api, said, tools=tools).choices[0].message.content == "sent"


def test_a_tool_it_never_saw_is_called_by_its_schema(api):
    schema = {
        "type": "object",
        "properties": {
            "origin": TEXT,
            "date": {"type": "string", "format": "date"},
            "seats": {"type": "integer", "minimum": 1, "maximum": 9},
            "class": {"enum": ["economy", "business"]},
            "extras": {
                "type": "array",
                "items": {"type": "object", "properties": {"kind": TEXT}, "required": ["kind"]},
            },
        },
        "required": ["origin", "date", "seats", "class"],
        "additionalProperties": False,
    }
    tool = {"type": "function", "function": {"name": "book-flight", "parameters": schema}}
    reply = ask(api, "Book two business seats from Oslo for tomorrow", tools=[tool], tool_choice="required")
    calls = reply.choices[0].message.tool_calls
    for call in calls:
        Draft202012Validator(schema).validate(json.loads(call.function.arguments))
    first = json.loads(calls[0].function.arguments)
    assert (first["date"], first["class"]) == ("2026-03-03", "business")


def test_the_newest_turn_of_a_conversation_is_done_and_nothing_again(api):
    earlier = [
        {"role": "user", "content": "Text Sid Sharma that I am late"},
        {"role": "assistant", "content": "A draft is open."},
    ]
    reply = ask(api, "Create a note called Ideas", *earlier)
    added = reply.toolschool["effects"]["added"]
    assert list(added) == ["notes"]
    thanks = ask(api, "thanks", *earlier)
    assert not any(thanks.toolschool["effects"].values())


def test_tokens_are_counted_as_they_are_bounded(api):
    text = "Text Sid Sharma that I will be ten minutes late"
    whole = ask(api, text)
    assert whole.choices[0].finish_reason == "stop"
    for most in (5, 30, whole.usage.completion_tokens - 1):
        cut = ask(api, text, max_completion_tokens=most)
        assert cut.choices[0].finish_reason == "length"
        assert cut.usage.completion_tokens <= most
    enough = ask(api, text, max_completion_tokens=whole.usage.completion_tokens, seed=7)
    assert enough.choices[0].finish_reason == "stop"
    assert enough.choices[0].message.content == whole.choices[0].message.content
