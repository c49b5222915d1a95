"""A model in this process answers by its template, by each request's own seed, one by one or together."""

import asyncio
import copy
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import ModelError, TeacherError
from toolschool.methods.ste.teachers.local import LocalTeacher, rendered
from toolschool.methods.ste.teachers.opening import TeacherConfig, open_teacher
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.methods.ste.trials import Message

Asking = Callable[..., Request]
TEMPLATE = (
    "{% for m in messages %}"
    "{% if m.role == 'system' and loop.length > 2 %}{{ raise_exception('no system') }}{% endif %}"
    "[{{ m.role }}]{{ m.content }}"
    "{% endfor %}[assistant]"
)


@pytest.fixture(scope="module")
def nano() -> LocalTeacher:
    return LocalTeacher.load("assets/nano")


def like(teacher: LocalTeacher, batch: int) -> LocalTeacher:
    return LocalTeacher(teacher.model, teacher.tokenizer, batch)


async def together(teacher: LocalTeacher, requests: list[Request]) -> list[Any]:
    return list(await asyncio.gather(*map(teacher.reply, requests), return_exceptions=True))


def several(asking: Asking, **other: Any) -> list[Request]:
    return [asking(f"Name {word}.", seed=seed, max_tokens=24, **other) for word in ("a river", "it") for seed in (1, 2)]


async def test_replies_depend_on_their_request_alone(nano: LocalTeacher, asking: Asking) -> None:
    requests = several(asking)
    first = await together(nano, requests)
    assert [(await together(nano, [request]))[0] for request in reversed(requests)] == first[::-1]
    assert len({reply.text for reply in first}) == 4
    for request, reply in zip(requests, first, strict=True):
        assert reply.prompt_tokens == len(nano.tokenizer(rendered(nano.tokenizer, request.messages))["input_ids"])
        assert 0 < reply.completion_tokens <= 24


async def test_the_best_words_are_those_of_greedy_search(nano: LocalTeacher, asking: Asking) -> None:
    import torch

    request = asking("Name a river.", temperature=0.0, max_tokens=12)
    ids = nano.tokenizer(rendered(nano.tokenizer, request.messages), return_tensors="pt", add_special_tokens=False)
    output = nano.model.generate(input_ids=ids["input_ids"], attention_mask=torch.ones_like(ids["input_ids"]), do_sample=False, max_new_tokens=12)  # fmt: skip
    expected = nano.tokenizer.decode(output[0, ids["input_ids"].shape[1] :]).split("</s>")[0].split("### Input:\n")[0]
    for batch in (1, 4):
        assert (await together(like(nano, batch), [request]))[0].text == expected
    padded = await together(like(nano, 2), [request, asking("And a longer one beside it, " * 9, max_tokens=3)])
    assert padded[0].text == expected
    assert padded[1].completion_tokens <= 3


async def test_whoever_waits_is_answered_together(
    nano: LocalTeacher, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, sizes = like(nano, 3), []
    generate = teacher._generate

    def counted(waiting: Any) -> list[Reply]:
        sizes.append(len(waiting))
        return generate(waiting)

    monkeypatch.setattr(teacher, "_generate", counted)
    replies = await together(teacher, [*several(asking), *several(asking)])
    assert sizes == [3, 3, 2]
    assert replies == await together(nano, [*several(asking), *several(asking)])


async def test_a_reply_ends_before_its_stop(nano: LocalTeacher, asking: Asking) -> None:
    requests = [asking("Name a river.", seed=seed, max_tokens=40) for seed in range(6)]
    whole = await together(nano, requests)
    longest = max(range(6), key=lambda seed: len(whole[seed].text))
    stop = whole[longest].text[6:9]
    assert len(stop) == 3
    (short,) = await together(nano, [replace(requests[longest], stop=(stop,))])
    assert short.text == whole[longest].text[: whole[longest].text.index(stop)]
    assert short.completion_tokens < whole[longest].completion_tokens


async def test_a_conversation_that_does_not_fit_fails_alone(nano: LocalTeacher, asking: Asking) -> None:
    good, bad = asking("Name a river.", max_tokens=4), asking("far too long " * 600)
    replies = await together(like(nano, 2), [good, bad])
    assert isinstance(replies[0], Reply)
    assert isinstance(replies[1], TeacherError)
    assert "do not fit into the model's 1024; set explore.observation_limit" in str(replies[1])


async def test_what_breaks_the_model_reaches_everyone_who_waits(nano: LocalTeacher, asking: Asking) -> None:
    teacher = LocalTeacher(nano.model, nano.tokenizer, 2)
    teacher._generate = lambda waiting: 1 // 0  # type: ignore[method-assign, assignment, return-value]
    replies = await together(teacher, several(asking))
    assert [type(reply) for reply in replies] == [ZeroDivisionError] * 4


async def test_who_gave_up_waiting_is_not_answered(
    nano: LocalTeacher, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, gate, sizes = like(nano, 4), threading.Event(), []

    def held(waiting: Any) -> list[Reply]:
        sizes.append(len(waiting))
        gate.wait(10)
        return [Reply(each.request.messages[-1].content) for each in waiting]

    monkeypatch.setattr(teacher, "_generate", held)
    first = asyncio.create_task(teacher.reply(asking("first")))
    await asyncio.sleep(0.05)
    second, third = (asyncio.create_task(teacher.reply(asking(word))) for word in ("second", "third"))
    await asyncio.sleep(0.05)
    first.cancel()
    second.cancel()
    gate.set()
    assert (await third).text == "third"
    assert sizes == [1, 1]


def test_a_conversation_is_rendered_by_the_model_s_template(nano: LocalTeacher) -> None:
    messages = [Message("system", "Be kind."), Message("user", "Hi")]
    tokenizer = copy.copy(nano.tokenizer)
    assert rendered(tokenizer, messages) == "### Instruction:\nBe kind.\n\n### Input:\nHi\n\n### Response:\n"
    tokenizer.chat_template = TEMPLATE
    assert rendered(tokenizer, messages) == "[system]Be kind.[user]Hi[assistant]"
    with pytest.raises(TeacherError, match="template refuses the conversation: no system"):
        rendered(tokenizer, [*messages, Message("assistant", "Hello")])


async def test_a_model_is_opened_by_its_name_and_recorded(asking: Asking, tmp_path: Path) -> None:
    request = asking("Name a river.", max_tokens=4)
    async with open_teacher(TeacherConfig(model="assets/nano"), tmp_path) as teacher:
        reply = await teacher.reply(request)
    async with open_teacher(TeacherConfig(replay=str(tmp_path))) as replay:
        assert await replay.reply(request) == reply
    with pytest.raises(ModelError):
        async with open_teacher(TeacherConfig(model="assets/nothing")):
            pass
