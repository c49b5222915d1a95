"""An engine behind an OpenAI-compatible URL, which is how vLLM is reached: it cannot share our environment.

    vllm serve runs/mine/train/model --structured-outputs-config.backend guidance        # in an image of its own
    engine = EndpointEngine.load("runs/mine/train/model", "http://127.0.0.1:8000/v1")
    for piece in engine.stream(prompt, max_new_tokens=400, grammar=lark): ...              # closing it closes the connection

Prompts go out, and texts come back, as token ids of the folder's own tokenizer (`/v1/completions`, `return_token_ids`), so that both are
what the same model reads and writes in this process. Grammars go as vLLM's `structured_outputs`; what comes back is followed under the same
grammar here, because a server that does not know the field leaves it out without a word. The server batches. A key comes from
OPENAI_API_KEY and is in no message. Raises ModelError, one line that says what to set.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.models.engines import Generation, side_by_side, spelled

if TYPE_CHECKING:
    from openai import OpenAI

PARALLEL = 64  # requests in flight
SILENCE_S = 60.0  # a server that says nothing for so long is given up
START = "start vLLM 0.12 or newer with --structured-outputs-config.backend guidance"
_PROOF = "quartz sphinx vow 917"  # what no model writes behind "a" by itself


class EndpointEngine:
    """Model `name` of the server at `url` (with its /v1), and its tokenizer in this process."""

    def __init__(self, url: str, name: str, tokenizer: Any) -> None:
        from toolschool.models.decoding import Constrainer

        self.url, self.name, self.tokenizer = url, name, tokenizer
        self._client = _client(url)
        self._constrainer = Constrainer(tokenizer, len(tokenizer))

    @classmethod
    def load(cls, folder: str | Path, url: str, name: str | None = None) -> EndpointEngine:
        """The tokenizer of a folder or hub id, and the server's model `name`, by default its only one. The server must keep to grammars."""
        from transformers import AutoTokenizer

        name = name or served_model(url)
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError) as error:
            raise ModelError(f"cannot load a tokenizer from {folder}: {str(error).splitlines()[0]}") from error
        engine = cls(url, name, tokenizer)
        engine.generate(["a"], max_new_tokens=len(_PROOF), grammars=[f'start: "{_PROOF}"'])
        return engine

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, grammars: Sequence[str] | None = None
    ) -> list[Generation]:
        """Greedy continuations in the order of the prompts, asked for side by side."""
        write = partial(self._tokens, max_new_tokens)
        return side_by_side(write, self.tokenizer, prompts, grammars, PARALLEL)

    def stream(self, prompt: str, *, max_new_tokens: int, grammar: str | None = None) -> Iterator[str]:
        """The continuation in pieces as they come. Closing the iterator closes the connection, at which vLLM stops."""
        with closing(self._tokens(max_new_tokens, prompt, grammar)) as tokens:
            yield from spelled(self.tokenizer, tokens)

    def _tokens(self, limit: int, prompt: str, grammar: str | None) -> Generator[list[int], None, None]:
        """Tokens behind the prompt as they come; the end-of-sequence token is the last where the model ended the text."""
        from openai import OpenAIError

        matcher = self._constrainer.matcher(grammar) if grammar else None
        end = None
        try:
            with self._client.completions.create(**self._request(prompt, limit, grammar)) as chunks:
                for choice in (choice for chunk in chunks for choice in chunk.choices):
                    end = choice.finish_reason
                    yield self._followed(choice, matcher)
        except (OpenAIError, ValueError) as error:
            raise _refused(error, self.url, self.name) from None  # a server may repeat the key
        if end is None:
            raise ModelError(f"{self.url} broke off in the middle of a text; look into the server's log")

    def _request(self, prompt: str, limit: int, grammar: str | None) -> dict[str, Any]:
        # The penalty is said because the server would take it from the model's generation_config.
        own: dict[str, Any] = {"return_token_ids": True, "repetition_penalty": 1.0}
        if grammar:
            own["structured_outputs"] = {"grammar": grammar}
        return {
            "model": self.name,
            "prompt": self.tokenizer(prompt, add_special_tokens=False)["input_ids"],
            "max_tokens": limit,
            "temperature": 0.0,
            "stream": True,
            "extra_body": own,
        }

    def _followed(self, choice: Any, matcher: Any) -> list[int]:
        """The tokens of a part of a text, which keep to the grammar."""
        tokens = getattr(choice, "token_ids", None)
        if tokens is None:
            raise ModelError(f"{self.url} gives no token ids; {START}")
        eos, whole = self.tokenizer.eos_token_id, choice.finish_reason == "stop"
        ends = {eos, getattr(choice, "stop_reason", None)}  # some models have ends of sequence beside the tokenizer's
        kept = list(tokens[:-1] if whole and tokens and tokens[-1] in ends else tokens)
        if matcher is not None and not self._keeps(matcher, kept, whole):
            raise ModelError(f"{self.url} does not keep to the grammar; {START}")
        return [*kept, eos] if whole else kept

    def _keeps(self, matcher: Any, tokens: list[int], whole: bool) -> bool:
        known = all(token < self._constrainer.vocab_size for token in tokens)
        return known and matcher.try_consume_tokens(tokens) == len(tokens) and (not whole or matcher.is_accepting())


def served_model(url: str) -> str:
    """The name of the only model that a server has. ModelError where there are several."""
    from openai import OpenAIError

    try:
        with _client(url) as client:
            found = getattr(client.models.list(), "data", None)
    except (OpenAIError, ValueError) as error:
        raise _refused(error, url) from None
    names = [model.id for model in found or ()]
    if not names:
        raise ModelError(f"{url} lists no models as OpenAI's API does; give the address with its /v1")
    if len(names) > 1:
        raise ModelError(f"{url} serves {', '.join(names[:5])}; say which (app.planner_model)")
    return names[0]


def _client(url: str) -> OpenAI:
    from openai import OpenAI, Timeout

    key = os.environ.get("OPENAI_API_KEY", "none")
    return OpenAI(base_url=url, api_key=key, timeout=Timeout(SILENCE_S, connect=10.0))


def _refused(error: Exception, url: str, name: str = "") -> ModelError:
    """What the user can do about it."""
    from openai import APIStatusError, APITimeoutError

    status = error.status_code if isinstance(error, APIStatusError) else None
    if status in (401, 403):  # OpenAI's own message repeats parts of the key
        return ModelError(f"{url} refuses the key ({status}); set OPENAI_API_KEY where the planner runs")
    said = " ".join(str(_message(error)).split())
    if key := os.environ.get("OPENAI_API_KEY"):
        said = said.replace(key, "...")
    said = said[:300]
    if status == 404:
        return ModelError(
            f"{url} has no {f'model {name}' if name else 'models'} (404: {said}); look at address and name"
        )
    if status is not None and status < 500 and any(word in said.lower() for word in ("grammar", "structured", "lark")):
        return ModelError(f"{url} takes no such grammar ({status}: {said}); {START}")
    if status is not None:
        return ModelError(f"{url} does not serve {name} ({status}: {said})")
    if isinstance(error, APITimeoutError):
        return ModelError(f"{url} says nothing; is the server up, or overloaded?")
    return ModelError(f"{url} does not answer as it should ({said}); is the server up, and the address right?")


def _message(error: Exception) -> Any:
    """What the server said, without the envelope."""
    body = getattr(error, "body", None)
    return body["message"] if isinstance(body, dict) and "message" in body else error
