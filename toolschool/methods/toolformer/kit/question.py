"""Question answering, `[QA("question")]`: a larger model behind any OpenAI-compatible server (the paper: Atlas)."""

from __future__ import annotations

from toolschool.methods.toolformer.kit._endpoint import asking_tool
from toolschool.methods.toolformer.tools import InlineTool

PROMPT = """\
Your task is to add calls to a Question Answering API to a piece of text. The questions should help you get information \
required to complete the text. Write a call as "[QA(question)]", where "question" is what you want to ask. Here are some examples of \
API calls:

Input: Marie Curie was born in Warsaw, Poland.
Output: Marie Curie was born in [QA("Where was Marie Curie born?")] Warsaw, [QA("In which country is Warsaw?")] Poland.

Input: The Danube flows into the Black Sea.
Output: The Danube flows into [QA("Into which sea does the Danube flow?")] the Black Sea.

Input: Basalt is a rock that forms when lava cools quickly.
Output: Basalt is a rock that forms when [QA("How does basalt form?")] lava cools quickly.

Input: {text}
Output:"""


def tool(url: str, model: str) -> InlineTool:
    """Asks `model` at `url` (such as http://127.0.0.1:8001/v1)."""
    instruction = "Answer the question in a few words, without a sentence."
    return InlineTool("QA", asking_tool("qa", "Answers a question.", "question", url, model, instruction), PROMPT)
