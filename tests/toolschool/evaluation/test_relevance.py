"""Similarity is of the encoder, votes are kept as they were written, and only a plain number is one."""

from collections.abc import Sequence

import pytest

from toolschool.evaluation.relevance import mean_votes, read_vote, similarities, votes
from toolschool.models.encoder import SentenceEncoder
from toolschool.models.engines import Generation


class Judge:
    """Answers what it was told to, and remembers what it was asked."""

    def __init__(self, *said: str) -> None:
        self.said, self.asked = said, list[str]()

    def generate(self, prompts: Sequence[str], *, max_new_tokens: int) -> list[Generation]:
        self.asked += prompts
        return [Generation(text, 1, truncated=False) for text in self.said]


def test_an_answer_to_the_point_is_more_similar() -> None:
    query = "What will the weather be like in Bonn tomorrow?"
    near, far = similarities(
        [query, query], ["Bonn: rain tomorrow, 12 degrees.", "The invoice was paid."], SentenceEncoder.load()
    )
    assert near > 0.5 > 0.3 > far


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("4", 4), (" 5\n", 5), ("3.", 3), ("2/5", 2), ("1 - off topic", 1),
        ("", None), ("0", None), ("6", None), ("45", None), ("4.5", None), ("I say 4", None), ("**4**", None), ("-3", None),
    ],
)  # fmt: skip
def test_a_vote_is_a_number_at_the_beginning(text: str, score: int | None) -> None:
    assert read_vote(text).score == score
    assert read_vote(text).text == text


def test_every_judge_votes_on_every_answer() -> None:
    judges = [Judge("4", "no idea"), Judge("5", "2"), Judge("x", "y")]
    judged = votes(judges, ["q1", "q2"], ["a1", "a2"])
    assert [[vote.score for vote in each] for each in judged] == [[4, 5, None], [None, 2, None]]
    assert mean_votes(judged).tolist() == [4.5, 2.0]
    assert mean_votes([judged[0][2:]]).tolist() == []
    assert judges[0].asked == judges[1].asked
    assert "q2" in judges[0].asked[1]
    assert "a2" in judges[0].asked[1]
