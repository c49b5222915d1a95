"""The same tasks for any chat endpoint: asked with functions to call, played where calls have results, judged by one set of rules.

    tasks = load_tasks("bfcl", 100, seed=0, on_bad=print)             # sources.py
    outcome = await play(task, ask, DIALECTS["tool_calls"], asking)   # talk.py
    verdict = task.judge(outcome)                                     # tasks.py
    scores = score(judged, prices)                                    # scores.py

`tool_calls.py` and `python_text.py` are the two ways in which a model may say its calls. `jobs.ask` does all of it.
"""
