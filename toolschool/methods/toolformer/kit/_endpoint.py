"""One answer of any OpenAI-compatible server; a key comes from OPENAI_API_KEY."""

from __future__ import annotations

import os

from toolschool.records import JsonValue, Tool


def asking_tool(name: str, description: str, argument: str, url: str, model: str, instruction: str) -> Tool:
    """A tool that sends its argument behind an instruction and returns the answer's first line."""

    async def ask(**given: JsonValue) -> JsonValue:
        from openai import AsyncOpenAI

        async with AsyncOpenAI(base_url=url, api_key=os.environ.get("OPENAI_API_KEY", "none")) as client:
            answer = await client.chat.completions.create(
                model=model,
                messages=[{"role": "system", "content": instruction}, {"role": "user", "content": given[argument]}],
                temperature=0.0,
                max_tokens=64,
            )
        return (answer.choices[0].message.content or "").strip().split("\n")[0]

    return Tool(
        name=name,
        description=description,
        parameters={
            "type": "object",
            "properties": {argument: {"type": "string", "minLength": 1}},
            "required": [argument],
            "additionalProperties": False,
        },
        idempotent=True,
        timeout_s=60.0,
        run=ask,
    )
