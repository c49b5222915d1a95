"""Help comes at once and loads nothing heavy; mistakes are one line and exit code 2; unknown verbs are corrected."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import cli

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("ray", "torch", "transformers", "deepspeed", "peft", "sklearn", "pandas", "matplotlib", "numpy", "pyarrow")


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_help_takes_less_than_a_second(verb):
    """CPU time, least of three: the machine's load is not the program's fault."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = run("-m", f"jobs.{verb}", "--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert found.returncode == 0, found.stderr
        assert found.stdout.startswith(f"usage: python -m jobs.{verb}")
    assert min(spent) < 1.0


@pytest.mark.parametrize("verb", cli.VERBS)
def test_importing_a_job_loads_nothing_heavy(verb):
    code = f"import sys, jobs.{verb}; print([m for m in {HEAVY} if m in sys.modules])"
    found = run("-c", code)
    assert found.stdout.strip() == "[]", found.stderr


def test_console_command_is_the_same_as_the_module(capsys):
    with pytest.raises(SystemExit) as by_command:
        cli.main(["prepare", "--help"])
    assert by_command.value.code == 0
    assert capsys.readouterr().out == run("-m", "jobs.prepare", "--help").stdout


def test_unknown_verb_is_corrected(capsys):
    assert cli.main(["trian"]) == 2
    assert capsys.readouterr().err.strip() == "toolschool: unknown verb 'trian'; did you mean train?"
    assert cli.main([]) == 2
    assert cli.main(["--help"]) == 0
    assert "usage: toolschool VERB" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verb", "words", "said"),
    [
        ("prepare", ["output.name=x", "data.path=/no/such/file"], "/no/such/file does not exist"),
        ("prepare", ["output.name=x", "data.source=nosuch"], "no data set 'nosuch'"),
        ("prepare", ["output.name=x", "data.source=gsm8k"], "has no plans"),
        ("prepare", ["output.name=x", "data.source=tinyagent"], "TOOLSCHOOL_DATA"),
        ("prepare", ["output.name=a/b", "data.source=desk"], "plain folder name"),
        ("prepare", ["output.name=x", "data.source=desk", "cluster.profile=mainframe"], "no profile 'mainframe'"),
        ("prepare", ["output.name=x", "data.source=desk", "output.storage=nosuch://b"], "nosuch"),
        (
            "evaluate",
            ["output.name=x", "data.source=desk", "toolrag=null", "planner=/none"],
            "planner: there is no model in /none",
        ),
        ("evaluate", ["output.name=x", "data.source=desk", "planner=null", "toolrag=null"], "nothing to evaluate"),
        ("serve", ["app.toolrag=/none"], "app.toolrag: there is no model in /none"),
    ],
)
def test_mistakes_are_one_line_before_ray_starts(verb, words, said, monkeypatch, capsys):
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    import importlib

    assert importlib.import_module(f"jobs.{verb}").main([*words, "--dry-run"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith(f"python -m jobs.{verb}: ")
    assert error.count("\n") == 1


def test_jobs_without_their_rows_say_so(tmp_path, capsys):
    from jobs import train

    words = [f"rows={tmp_path}", "model.name=x", f"output.storage={tmp_path}", "output.name=x"]
    assert train.main(words) == 2
    assert "make them with python -m jobs.prepare" in capsys.readouterr().err
    assert "RAY_ADDRESS" not in os.environ
