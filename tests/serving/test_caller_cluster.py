"""A trained caller with a user's functions on a real Ray Serve."""

import httpx
import openai
import pytest

import serving.app
from serving.settings import AppArgs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

MESSAGES = [{"role": "user", "content": "Convert 20 dollars to euros"}]


def test_the_users_function_answers(ray_cluster, caller_folder):
    app = serving.app.run(AppArgs(caller=str(caller_folder), model_name="ste"), port=0)
    try:
        assert httpx.get(f"{app.url}/ready").json()["parts"] == {"executor": True, "planner": True}
        with openai.OpenAI(api_key="none", base_url=f"{app.url}/v1", timeout=120) as client:
            whole = client.chat.completions.create(model="ste", messages=MESSAGES)
            chunks = list(client.chat.completions.create(model="ste", messages=MESSAGES, stream=True))
        assert whole.choices[0].message.content == "10.00 EUR"
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "10.00 EUR"
        planned = httpx.post(f"{app.url}/v1/plan", json={"query": MESSAGES[0]["content"]}, timeout=60).json()
        assert planned["calls"] == [{"id": 1, "tool": "convert", "args": [20, "USD", "EUR"]}]
        assert len(httpx.get(f"{app.url}/v1/tools").json()["data"]) == 2
        assert not any(httpx.get(f"{app.url}/v1/desk").json()["changes"].values())
    finally:
        app.shutdown()
