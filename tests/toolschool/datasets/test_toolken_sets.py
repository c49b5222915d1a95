"""FuncQA, GSM8K-XL, VirtualHome and KAMEL: their rows, on rows written for this test and on the real files."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from toolschool.datasets import funcqa, gsm8k, gsm8k_xl, kamel, virtualhome
from toolschool.datasets.gold_calls import Call
from toolschool.datasets.marked import MarkedText
from toolschool.datasets.places import result_places
from toolschool.datasets.registry import load, marked_texts
from toolschool.datasets.splits import SPLITS, split_of
from toolschool.errors import DataError, RowError


def write(folder: Path, **files: Any) -> Path:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def covered(marked: MarkedText) -> list[tuple[str, str]]:
    return [(span.tool, marked.text[span.start : span.end]) for span in marked.spans]


# --- FuncQA

ONE = {"question": " What is 2 to the 3? ", "answer": 8, "func": "<power>(2, 3)=8"}
TWO = {"question": "And 50 less?", "answer": "-41", "calculation": ["<power>(2,3)=9", "<subtract>(9,50)=-41"]}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    errata = {
        "source": "by hand",
        "funcqa_mh": [{"index": 1, "gold": "-41", "correct": "-42", "note": "2 to the 3 is 8"}],
        "train": [{"indices": [0], "note": "inverted"}, {"index": "find 'x'", "note": "y"}],
    }
    train = [{"text": "Q: a\nA: 4+3=7.", "tar_eq": ["<add>(4,3)=7<eoe>"]}, "not a row"]
    return write(tmp_path, train=train, funcqa_oh=[ONE], funcqa_mh=[ONE, TWO], errata=errata)


def test_funcqa_rows_know_their_file_place_and_errors(questions: Path) -> None:
    train, broken, one, first, two = funcqa.raw_rows(questions)
    assert broken == {"raw": "not a row"}
    assert (train["file"], train["index"], train["errata"]) == ("train", 0, "inverted")
    assert covered(funcqa.marked(train)) == [("add", "7")]
    assert (funcqa.question(one), funcqa.answer(one)) == ("What is 2 to the 3?", "8")
    assert funcqa.calls(one) == [Call("power", ("2", "3"), "8")]
    assert "correct" not in first
    assert (funcqa.answer(two), funcqa.corrected_answer(two), funcqa.corrected_answer(one)) == ("-41", "-42", "8")
    assert [call.result for call in funcqa.calls(two)] == ["9", "-41"]
    (questions / "errata.json").unlink()
    assert all("errata" not in row for row in funcqa.raw_rows(questions))


def test_malformed_funcqa_rows_are_told(questions: Path) -> None:
    with pytest.raises(RowError, match=r"^funcqa/funcqa_oh/0: wants a text"):
        funcqa.marked(next(row for row in funcqa.raw_rows(questions) if row.get("file") == "funcqa_oh"))
    for read in (funcqa.question, funcqa.answer, funcqa.calls):
        with pytest.raises(RowError):
            read({"question": None, "answer": "", "calculation": []})
    write(questions, errata="[]")
    with pytest.raises(DataError, match="errata"):
        list(load("funcqa", path=questions))
    write(questions, errata="{}", train="[{")
    with pytest.raises(DataError, match=r"train\.json is no JSON list"):
        list(load("funcqa", path=questions))


def test_funcqa_is_split_as_published() -> None:
    assert [split_of("funcqa", {"file": "train", "index": index}) for index in (0, 610, 611, 649)] == [
        "train", "train", "validation", "validation",
    ]  # fmt: skip
    assert {split_of("funcqa", {"file": file, "index": 0}) for file in ("funcqa_oh", "funcqa_mh")} == {"test"}


@pytest.mark.data
def test_the_real_funcqa(data_root: Path) -> None:
    bad: list[str] = []
    texts = list(marked_texts("funcqa", path=data_root / "funcqa", on_bad=lambda row, why: bad.append(why)))
    tools = Counter(span.tool for text in texts for span in text.spans)
    assert (len(texts), len(tools), min(tools.values())) == (645, 13, 48)
    refused = [why for why in bad if "/train/" in why]
    assert [why.partition(":")[0].rpartition("/")[2] for why in refused] == ["208", "272", "280", "431", "618"]
    assert sum("left-over call markup" in why for why in refused) == 4
    before = Counter(text.text[span.start - 1] for text in texts for span in text.spans)
    assert before["="] + before[" "] == 645
    ambiguous = {key: text for text in texts if (key := text.key.rpartition("/")[2]) in ("87", "172", "182", "184")}
    ends = [text.text[text.spans[0].start - 4 :] for text in ambiguous.values()]
    assert ends == [" is 264.", "4C3=4.", "3C2=3.", "C14=15."]


@pytest.mark.data
def test_real_funcqa_questions(data_root: Path) -> None:
    rows = list(load("funcqa", path=data_root / "funcqa", split="test"))
    by_file = {file: [row for row in rows if row["file"] == file] for file in funcqa.FILES[1:]}
    one, many = by_file.values()
    assert [len(one), len(many)] == [60, 68]
    assert Counter(len(funcqa.calls(row)) for row in many) == {2: 34, 3: 19, 4: 6, 1: 4, 5: 1, 6: 1, 7: 1, 8: 1, 10: 1}
    wrong = {(row["file"], row["index"]): funcqa.corrected_answer(row) for row in rows if "correct" in row}
    assert wrong == {
        ("funcqa_oh", 56): "9",
        ("funcqa_mh", 5): "8.7724",
        ("funcqa_mh", 30): "39370",
        ("funcqa_mh", 50): "53721360",
    }
    assert funcqa.answer(one[29]) == "546"
    assert funcqa.calls(one[50]) == [Call("log", ("0.00008342",), "-4.0787")]
    assert all(Decimal(funcqa.answer(row)) is not None and funcqa.question(row) for row in rows)


# --- GSM8K-XL

LARGE = {
    "question": "{v_1} eggs, {v_2} eaten, {v_1} again?", "v": [16.0, 3.0], "enhanced_v": [4096, "27/64"],
    "enhanced_process": ["4096-27-64 = 4005.0", "4005.0*8 = 32040.0"], "enhanced_result": 32040.0,
}  # fmt: skip


def test_large_numbers_are_put_in_place() -> None:
    assert gsm8k_xl.question(LARGE) == "4096 eggs, 27/64 eaten, 4096 again?"
    assert gsm8k_xl.answer(LARGE) == "32040"
    assert gsm8k_xl.steps(LARGE) == [("4096-27-64", Decimal("4005.0")), ("4005.0*8", Decimal("32040.0"))]
    words = {"question": "the {v_1} bill", "v": ["gas"], "enhanced_v": []}
    assert gsm8k_xl.question(words) == "the gas bill"


@pytest.mark.parametrize(
    ("read", "changes"),
    [
        (gsm8k_xl.question, {"question": "{v_3}"}),
        (gsm8k_xl.question, {"question": "{v_0}"}),
        (gsm8k_xl.question, {"enhanced_v": None}),
        (gsm8k_xl.question, {"question": 3}),
        (gsm8k_xl.question, {"enhanced_v": [None, 2]}),
        (gsm8k_xl.answer, {"enhanced_result": "many"}),
        (gsm8k_xl.steps, {"enhanced_process": None}),
        (gsm8k_xl.steps, {"enhanced_process": ["4 + 5"]}),
        (gsm8k_xl.steps, {"enhanced_process": [" = 5"]}),
        (gsm8k_xl.steps, {"enhanced_process": ["4+5 = nine"]}),
        (gsm8k_xl.steps, {"enhanced_process": ["0/0 = nan"]}),
    ],
)
def test_malformed_gsm8k_xl_rows_are_told(read: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(RowError):
        read({**LARGE, **changes})


def test_gsm8k_xl_reads_lines_whatever_the_name_says(tmp_path: Path) -> None:
    (tmp_path / "train_rebuilt.jsonl").write_text('{"text": "a\\u2028b"}\n{broken\n\n[1]\n')
    (tmp_path / "test.json").write_text(json.dumps(LARGE))
    train, broken, no_object, test = gsm8k_xl.raw_rows(tmp_path)
    assert (train["text"], train["file"]) == ("a\u2028b", "train_rebuilt")
    assert (broken, no_object) == ({"raw": "{broken"}, {"raw": "[1]"})
    assert (test["file"], test["index"]) == ("test", 0)
    assert split_of("gsm8k_xl", test) == "test"


@pytest.mark.data
def test_real_gsm8k_xl_rows_fall_where_their_gsm8k_rows_fall(data_root: Path) -> None:
    origin = [row for row in gsm8k.raw_rows(data_root / "gsm8k") if row["file"] == "train"]
    rows = [row for row in gsm8k_xl.raw_rows(data_root / "gsm8k_xl") if row["file"] == gsm8k_xl.TRAIN]
    sides = Counter((split_of("gsm8k_xl", row), split_of("gsm8k", origin[row["gsm8k_train_index"]])) for row in rows)
    assert sides == {("train", "train"): 5940, ("validation", "validation"): 319}
    assert all(gsm8k_xl.question_of(row["text"]) == origin[row["gsm8k_train_index"]]["question"] for row in rows)


@pytest.mark.data
def test_the_real_gsm8k_xl(data_root: Path) -> None:
    bad: list[str] = []
    rows = list(gsm8k_xl.raw_rows(data_root / "gsm8k_xl"))
    texts = list(marked_texts("gsm8k_xl", path=data_root / "gsm8k_xl", on_bad=lambda row, why: bad.append(why)))
    tools = Counter(span.tool for text in texts for span in text.spans)
    assert tools == {"multiply": 7446, "add": 4970, "subtract": 3553, "divide": 2994}
    refused = [why for why in bad if "train_rebuilt" in why]
    assert len(texts) == 6258
    assert len(refused) == 1
    assert refused[0].startswith("gsm8k_xl/train_rebuilt/2415: '-10' does not stand")
    test = [row for row in rows if row["file"] == gsm8k_xl.TEST]
    steps = [step for row in test for step in gsm8k_xl.steps(row)]
    signs = [{sign for sign in "+-*/" if sign in step.expression[1:]} for step in steps]
    assert (len(test), len(steps), sum(len(each) > 1 for each in signs)) == (568, 1755, 106)
    assert not any("{" in gsm8k_xl.question(row) for row in test)
    for row in test:
        assert f"{gsm8k_xl.steps(row)[-1].value:.6f}" == f"{Decimal(gsm8k_xl.answer(row)):.6f}"


@pytest.mark.data
def test_results_are_found_where_the_real_offsets_are(data_root: Path) -> None:
    right = spans = rows = 0
    for text in marked_texts("gsm8k_xl", path=data_root / "gsm8k_xl", on_bad=lambda row, why: None):
        calls = [Call(span.tool, span.arguments, text.text[span.start : span.end]) for span in text.spans]
        found = result_places(text.text, calls, text.text.index(gsm8k_xl.THINKING))
        same = [place == (span.start, span.end) for place, span in zip(found, text.spans, strict=True)]
        right, spans, rows = right + sum(same), spans + len(same), rows + all(same)
    assert (right, spans, rows) == (18944, 18963, 6243)


# --- VirtualHome

SOLVED = """Task {n}:
I am in ['dining_room']. The objects I can manipulate are ['desk', 'food_food'].
Goal:
{goal}
Hint:
{hint}
Plan:
{plan}"""


def plan_row(plan: str, **changes: Any) -> dict[str, Any]:
    first = SOLVED.format(n=1, goal="Eat", hint="Eat it.", plan="[FIND] <food_food>\n[END]")
    last = SOLVED.format(n=4, goal="Write", hint="At the desk,\nwrite.", plan=plan)
    return {"text": f"{first}\n\n{last}", "index": 3, **changes}


def test_only_the_last_plan_is_marked() -> None:
    marked = virtualhome.marked(plan_row("[WALK] <desk>\n[FIND] <desk>\n[END]"))
    assert covered(marked) == [
        ("WALK", "[WALK]"), ("desk", "<desk>"), ("FIND", "[FIND]"), ("desk", "<desk>"), ("END", "[END]"),
    ]  # fmt: skip
    assert marked.text[marked.start :] == "[WALK] <desk>\n[FIND] <desk>\n[END]"
    task = virtualhome.task(plan_row("[END]"))
    assert task == (("dining_room",), ("desk", "food_food"), "Write", "At the desk,\nwrite.", task.plan)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (plan_row("[WALK] <desk>"), "does not end with"),
        (plan_row(""), "the plan's line ''"),
        (plan_row("[WALK] <desk>\n[END]\n[WALK] <desk>"), "stands behind"),
        (plan_row("[WALK]\n[END]"), r"line '\[WALK\]' is not"),
        (plan_row("<desk> [WALK]\n[END]"), "is not"),
        (plan_row("[WALK] <desk>\n[END]", tar_eq=["[WALK]", "[END]"]), "listed items are not those of the plan"),
        ({"text": "Task 4: write"}, "wants a text that ends with"),
        ({}, "wants a text"),
    ],
)
def test_malformed_plans_are_told(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        virtualhome.marked(row)


def test_items_listed_in_either_form_are_compared() -> None:
    listed = [{"call_tool": item} for item in ("[WALK]", "<desk>", "[END]")]
    assert len(virtualhome.marked(plan_row("[WALK] <desk>\n[END]", tool_calling=listed)).spans) == 3
    assert len(virtualhome.marked(plan_row("[WALK] <desk>\n[END]\n")).spans) == 3


def test_a_plan_without_a_task_has_no_split(tmp_path: Path) -> None:
    write(tmp_path, legal_train_v4_embedding=[plan_row("[END]"), {"text": "Task 4: write"}, ["a path"]])
    bad: list[str] = []
    (row,) = load("virtualhome", path=tmp_path, on_bad=lambda row, why: bad.append(why))
    assert (row["goal"], row["hint"]) == ("Write", "At the desk,\nwrite.")
    assert len(bad) == 2
    assert "goal" in bad[0]


@pytest.mark.data
def test_the_real_virtualhome(data_root: Path) -> None:
    texts = list(marked_texts("virtualhome", path=data_root / "virtualhome"))
    table = json.loads((data_root / "virtualhome" / "func_dict.json").read_text())
    names = {name.strip("<>[]") for name in table}
    tools = Counter(span.tool for text in texts for span in text.spans)
    assert (len(texts), sum(tools.values()), tools["END"], len(names)) == (247, 5005, 247, 58)
    assert set(tools) < names
    rows = list(load("virtualhome", path=data_root / "virtualhome"))
    assert Counter(split_of("virtualhome", row) for row in rows) == {"train": 173, "test": 47, "validation": 27}
    # The solved tasks of every prompt are training rows, so that no test row's plan can be read there.
    shown = [(task["goal"], task["hint"]) for task in virtualhome._TASK.finditer(rows[0]["text"])][:3]
    assert {split_of("virtualhome", {"goal": goal, "hint": hint}) for goal, hint in shown} == {"train"}
    for row in rows:
        task = virtualhome.task(row)
        assert {span.tool for span in virtualhome.marked(row).spans[1::2]} <= set(task.objects)


# --- KAMEL

FACT = {
    "text": "Who made the Ferrari F8? It was Ferrari.",
    "call": ['<f>P176("Ferrari F8")="Ferrari"</f>'],
    "api": "P176",
}
ASKED = {
    "question": "Where did she work? ", "api": "P937",
    "answer": [{"rdf": "Paris", "alternative": ["City of Light", "Paris"], "chosen": "Paris"},
               {"rdf": None, "alternative": ["1935", "18 December 1935"], "chosen": "1935"}],
}  # fmt: skip


def test_facts_and_questions() -> None:
    marked = kamel.marked(FACT)
    assert marked.text == kamel.prompt("Who made the Ferrari F8?") + " Ferrari."
    assert covered(marked) == [("P176", "Ferrari")]
    assert marked.spans[0].arguments == ("Ferrari F8",)
    assert (kamel.question(ASKED), kamel.relation(ASKED)) == ("Where did she work?", "P937")
    assert kamel.answers(ASKED) == [("Paris", "City of Light"), ("1935", "18 December 1935")]


def test_facts_with_several_calls_and_with_offsets() -> None:
    calls = ['<f>P36("Norway")="Oslo"</f>', '<f>P38("Norway")="krone"</f>']
    marked = kamel.marked({"text": "You pay with krone in Oslo, Norway.", "call": calls})
    assert covered(marked) == [("P38", "krone"), ("P36", "Oslo")]
    call = {"call_tool": "P36", "call_param": ["Norway"], "return": ["Oslo"]}
    assert covered(kamel.marked({"text": "Oslo.", "start_str_idx": [0], "tool_calling": [call]})) == [("P36", "Oslo")]


@pytest.mark.parametrize(
    "changes",
    [{"call": []}, {"call": ["?"]}, {"call": ['<f>P176("x")="Fiat"</f>']}, {"call": ['<f>P176("x")=""</f>']}, {"text": None},
     {"text": "It was Ferrari</f>."}],
)  # fmt: skip
def test_malformed_facts_are_told(changes: dict[str, Any]) -> None:
    with pytest.raises(RowError, match=r"^kamel/"):
        kamel.marked({**FACT, **changes})


@pytest.mark.parametrize(
    "text", ["It was Ferrari that made it.", "Is it Ferrari? Yes.", "It is red. Who made it? Ferrari."]
)
def test_facts_that_are_no_answers_stay_as_they_are(text: str) -> None:
    assert kamel.marked({**FACT, "text": text}).text == text


def test_malformed_kamel_questions_are_told() -> None:
    for read, changes in (
        (kamel.question, {"question": 1}),
        (kamel.relation, {"api": None}),
        (kamel.answers, {"answer": []}),
        (kamel.answers, {"answer": ["Paris"]}),
        (kamel.answers, {"answer": [{"chosen": None}]}),
    ):
        with pytest.raises(RowError):
            read({**ASKED, **changes})


def test_kamel_files_and_descriptions(tmp_path: Path) -> None:
    write(
        tmp_path, train_clean=[FACT], test_first_100=[ASKED], test_first_30=[ASKED], api_desc={"P17": "country(x): y"}
    )
    assert [row["file"] for row in kamel.raw_rows(tmp_path)] == ["train_clean", "test_first_30", "test_first_100"]
    assert kamel.descriptions(tmp_path) == {"P17": "country(x): y"}
    (tmp_path / "api_desc.json").unlink()
    with pytest.raises(DataError, match="cannot read the relations' descriptions"):
        kamel.descriptions(tmp_path)


@pytest.mark.data
def test_the_real_kamel(data_root: Path) -> None:
    bad: list[str] = []
    folder = data_root / "kamel"
    texts = list(marked_texts("kamel", path=folder, on_bad=lambda row, why: bad.append(why)))
    refused = [why for why in bad if "train_clean" in why]
    assert (len(texts), len(refused), sum("left-over" in why for why in refused)) == (9061, 35, 8)
    assert len({span.tool for text in texts for span in text.spans}) == 233
    assert sum(text.text.startswith("Question: ") for text in texts) == 5775
    assert len(kamel.descriptions(folder)) == 234
    tests = list(load("kamel", path=folder, split="test"))
    assert Counter(row["file"] for row in tests) == {"test_first_30": 500, "test_first_100": 500}
    assert all(kamel.question(row) and kamel.answers(row) and kamel.relation(row).startswith("P") for row in tests)
    shares = {part: sum(1 for _ in load("kamel", path=folder, split=part)) for part in SPLITS}
    assert shares == {"train": 8154, "validation": 942, "test": 1000}
