"""The planner: a language model, its template and the tools it may plan with.

    planner = Planner.load("assets/tinyagent/planner", desk_catalog())
    for piece in planner.stream(PlanRequest("Text Priya that I'm late", ("get_phone_number", "send_sms"), now)):
        print(piece, end="")

Plans are decoded under the request's grammar, so what comes out parses; a plan cut off by the token limit is said to be
truncated. Compact planners cannot use the context of a replan and answer it with an empty plan, unless a call is demanded;
earlier turns they read as `conversation.py` says. `PlanRequest.max_tokens` is for whoever runs a planner to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from toolschool.methods.tinyagent.conversation import new_steps, with_earlier
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.spans import MAX_SPANS, cut
from toolschool.methods.tinyagent.template import PlannerTemplate, Prompt
from toolschool.models.engines import Engine, TransformersEngine
from toolschool.plans.grammar import END_OF_PLAN, JOIN, format_plan, parse_lines, plan_of
from toolschool.records import Example
from toolschool.tools.catalog import Catalog

MAX_NEW_TOKENS = 400  # the published cap is 264; the longest gold plans need more

FindExamples = Callable[[PlanRequest, int], Sequence[Example]]


@dataclass(frozen=True)
class PlannerOutput:
    """A plan as text. `truncated`: the token limit ended it; `tokens`: how many were written."""

    text: str
    tokens: int = 0
    truncated: bool = False

    @property
    def empty(self) -> bool:
        """No step at all was written."""
        return not self.text.strip() or self.text.lstrip().split(". ", 1)[-1].startswith(f"{JOIN}(")


class Planner:
    """Plans requests with one engine. Examples come from `find_examples` when the template wants them."""

    def __init__(
        self,
        engine: Engine,
        template: PlannerTemplate,
        catalog: Catalog,
        find_examples: FindExamples | None = None,
        max_new_tokens: int = MAX_NEW_TOKENS,
    ) -> None:
        self.engine = engine
        self.template = template
        self.catalog = catalog
        self._find_examples = find_examples
        self._limit = max_new_tokens

    @classmethod
    def load(
        cls,
        folder: str | Path,
        catalog: Catalog,
        find_examples: FindExamples | None = None,
        open_engine: Callable[[Path], Engine] = TransformersEngine.load,
    ) -> Planner:
        """Open a planner folder; its toolschool.json holds the template. ModelError when something is missing."""
        from toolschool.models.backbone import read_artifact
        from toolschool.models.hub import whole

        folder = whole(folder)
        template = PlannerTemplate.model_validate(read_artifact(folder).get("template", {}))
        return cls(open_engine(folder), template, catalog, find_examples)

    def stream(self, request: PlanRequest) -> Iterator[str]:
        """The plan, piece by piece, in the plan language, join included. ConfigError: a schema of the request's own tools cannot be decoded."""
        if not self._can_plan(request):
            yield _join(request.first_id)
        elif request.earlier and self.template.style == "compact":
            yield from self._stream_newest(request)
        else:
            yield from self._stream_one(request)

    def _stream_newest(self, request: PlanRequest) -> Iterator[str]:
        """The plan of the conversation less that of its earlier turns; "" while both are written."""
        alone = replace(request, earlier=())
        text = with_earlier(request.earlier, request.query, lambda text: len(cut(text, request.now).spans) <= MAX_SPANS)
        if text == request.query:
            yield from self._stream_one(alone)
            return
        open_ended = replace(alone, must_call=False, max_calls=None)
        if not request.must_call and self._asks_nothing(open_ended):  # thanks, and the like
            yield _join(request.first_id)
            return
        plans = []
        for query in (text.removesuffix(request.query).rstrip(), text):
            plan = ""
            for piece in self._stream_one(replace(open_ended, query=query)):
                plan += piece
                yield ""
            plans.append(plan_of(parse_lines(plan)))
        before, whole = plans
        new = new_steps(before, whole, request.first_id)
        if request.must_call and not new.calls:
            yield from self._stream_one(alone)
        else:
            yield format_plan(replace(new, calls=new.calls[: request.max_calls]), first_id=request.first_id)

    def _asks_nothing(self, request: PlanRequest) -> bool:
        """Whether its plan is empty; no more of it is written than tells."""
        with closing(self._stream_one(request)) as pieces:
            return JOIN in next(piece for piece in pieces if piece)

    def _stream_one(self, request: PlanRequest) -> Generator[str, None, None]:
        prompt = self._prompt(request)
        writer = self.template.writer(prompt)
        steps = request.first_id
        for piece in self.engine.stream(prompt.text, max_new_tokens=self._limit, grammar=self._grammar(prompt)):
            text = writer.feed(piece)
            steps += text.count("\n")
            yield text
        rest = writer.finish()
        yield rest if rest or prompt.spans is None else _join(steps)

    def plan_many(self, requests: Sequence[PlanRequest], batch_size: int = 16) -> list[PlannerOutput]:
        """Plans of many requests, batched by length, in the order asked."""
        outputs: list[PlannerOutput | None] = [None] * len(requests)
        prompts = {}
        for index, request in enumerate(requests):
            if self._can_plan(request):
                prompts[index] = self._prompt(request)
            else:
                outputs[index] = PlannerOutput(_join(request.first_id))
        order = sorted(prompts, key=lambda index: len(prompts[index].text))
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            for index, output in zip(chosen, self._batch([prompts[index] for index in chosen]), strict=True):
                outputs[index] = output
        return [output for output in outputs if output is not None]

    def _batch(self, prompts: Sequence[Prompt]) -> list[PlannerOutput]:
        generations = self.engine.generate(
            [prompt.text for prompt in prompts],
            max_new_tokens=self._limit,
            grammars=[self._grammar(prompt) for prompt in prompts],
        )
        outputs = []
        for prompt, generation in zip(prompts, generations, strict=True):
            writer = self.template.writer(prompt)
            text = writer.feed(generation.text) + writer.finish()
            if prompt.spans is not None and not generation.truncated:
                text += _join(prompt.request.first_id + text.count("\n"))
            outputs.append(PlannerOutput(text, generation.tokens, generation.truncated))
        return outputs

    def _can_plan(self, request: PlanRequest) -> bool:
        blind = bool(request.context) and self.template.style == "compact"
        return bool(request.tools) and request.max_calls != 0 and (request.must_call or not blind)

    def _prompt(self, request: PlanRequest) -> Prompt:
        wanted = self.template.examples if self._find_examples else 0
        examples = self._find_examples(request, wanted) if self._find_examples and wanted else ()
        return self.template.prompt(request, self.catalog, examples, self.engine.tokenizer)

    def _grammar(self, prompt: Prompt) -> str:
        return self.template.grammar(prompt, self.catalog, self.engine.tokenizer)


def _join(number: int) -> str:
    return f"{number}. {JOIN}(){END_OF_PLAN}\n"
